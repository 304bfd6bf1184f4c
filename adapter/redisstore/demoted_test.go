package redisstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/redis/go-redis/v9"
)

// A master becomes a replica, and answers READONLY. Who knows of Sentinel goes to the new master:
// what was used there stays used, and a limit goes on. Who knows only the old address remembers
// nothing there, and says so.
func TestDemotedMaster(t *testing.T) {
	t.Parallel()
	servers := startServers(t, "RedisSentinel", "CARDEA_TEST_REDIS_SENTINEL")
	sentinel := redis.NewSentinelClient(&redis.Options{Addr: servers.address})
	defer sentinel.Close()
	master, err := sentinel.GetMasterAddrByName(t.Context(), "cardea").Result()
	must(t, err)
	o, log := withSessions(), new(logbook)
	o.Logger = log.logger()
	inner := memadapter.New()
	oldStore := newStore(t, redisEngine.clientOf(t, master[0]+":"+master[1]), o)
	o.Logger = new(logbook).logger()
	store := newStore(t, sentinelEngine.clientOf(t, servers.address), o)
	a, old := wrap(t, store, inner), wrap(t, oldStore, inner)
	row := func(token string) *cardea.VerificationToken {
		return &cardea.VerificationToken{Identifier: "once:idp", Token: token, Expires: inTime(time.Hour)}
	}
	u := &cardea.User{Name: "Ann"}
	must(t, a.CreateUser(t.Context(), u))
	must(t, sessionsOf(t, a).CreateSession(t.Context(),
		&cardea.Session{Token: "a", UserID: u.ID, Expires: inTime(time.Hour)}))
	for _, each := range []cardea.Adapter{a, old} {
		_, err := sessionsOf(t, each).Session(t.Context(), "a")
		must(t, err)
	}
	must(t, tokensOf(t, a).CreateVerificationToken(t.Context(), row("before")))
	must(t, count(t.Context(), store))
	awaitReplica(t, servers.address)

	eventually(t, "fail over", func(ctx context.Context) error {
		return sentinel.Failover(ctx, "cardea").Err()
	})
	eventually(t, "the old master is a replica", func(ctx context.Context) error {
		err := tokensOf(t, old).CreateVerificationToken(ctx, row(rand.Text()))
		if log.count("READONLY") == 0 {
			return fmt.Errorf("it has not answered so: %w", err)
		}
		return nil
	})
	if err := tokensOf(t, old).CreateVerificationToken(t.Context(), row("at the old one")); err == nil ||
		errors.Is(err, cardea.ErrConflict) {
		t.Errorf("use at a replica: %v", err)
	}
	if err := tokensOf(t, old).ExtendVerificationToken(t.Context(), row("at the old one")); err == nil {
		t.Error("the end of a session is acknowledged by a replica")
	}
	if err := oldStore.GiveLimit(t.Context(), "a", once); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("count at a replica: %v", err)
	}
	if n, err := sessionsOf(t, old).DeleteSessions(t.Context(), u.ID, ""); n != 0 || err == nil {
		t.Errorf("the end of all sessions at a replica: %d, %v", n, err)
	}
	if n := log.count("Redis is away"); n != 1 {
		t.Errorf("%d lines in the log, want 1", n)
	}

	eventually(t, "use at the new master", func(ctx context.Context) error {
		return tokensOf(t, a).CreateVerificationToken(ctx, row("after"))
	})
	for _, token := range []string{"before", "after", "at the old one"} {
		err := tokensOf(t, a).CreateVerificationToken(t.Context(), row(token))
		if want := token != "at the old one"; errors.Is(err, cardea.ErrConflict) != want {
			t.Errorf("used %s: %v, want a conflict: %t", token, err, want)
		}
	}
	if ok, _, err := store.TakeLimit(t.Context(), "a", once, time.Now()); ok || err != nil {
		t.Errorf("the limit starts anew: %t, %v", ok, err)
	}
}
