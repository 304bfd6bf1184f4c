package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/redis/go-redis/v9"
)

// limitMemory lets a server use a mebibyte more than now. Then it does what the policy says.
func limitMemory(t *testing.T, client redis.UniversalClient, policy string) {
	t.Helper()
	info, err := client.InfoMap(t.Context(), "memory").Result()
	must(t, err)
	var used int
	_, err = fmt.Sscan(info["Memory"]["used_memory"], &used)
	must(t, err)
	must(t, client.ConfigSet(t.Context(), "maxmemory-policy", policy).Err())
	must(t, client.ConfigSet(t.Context(), "maxmemory", fmt.Sprint(used+1<<20)).Err())
}

// fillUntil stores keys of another program until a condition holds.
func fillUntil(t *testing.T, client redis.UniversalClient, holds func(err error) bool) {
	t.Helper()
	for n := range 10000 {
		if holds(client.Set(t.Context(), fmt.Sprint("other:", n), strings.Repeat("x", 4096), 0).Err()) {
			return
		}
	}
	t.Fatal("Redis does not become full")
}

// at is the engine on a server of the test's own.
func (e engine) at(address string) engine {
	return engine{name: e.name, open: func([]string) redis.UniversalClient { return e.open(strings.Fields(address)) }}
}

// A Redis that is full and has the policy noeviction forgets nothing: what was used stays used, and
// what has ended stays so. What it cannot remember is refused with 503. When it has memory again,
// everything works again.
func TestFullRedisRefuses(t *testing.T) {
	t.Parallel()
	servers := startServers(t, "Redis", "CARDEA_TEST_REDIS")
	client := redisEngine.clientOf(t, servers.address)
	s := newSite(t, redisEngine.at(servers.address), func(c *cardea.Config) {
		c.Session.Strategy, c.Session.ShareSignOuts = cardea.StrategyJWT, true
	})
	gone := cardeatest.SignIn(t, s.URL, "idp", "")
	thief, staying := s.copied(t, gone), cardeatest.SignIn(t, s.URL, "idp", "")
	gone.SignOut()
	used := &cardea.VerificationToken{Identifier: "once:idp", Token: "a", Expires: inTime(time.Hour)}
	tokens := tokensOf(t, wrap(t, s.stores[0], s.database))
	must(t, tokens.CreateVerificationToken(t.Context(), used))

	limitMemory(t, client, "noeviction")
	fillUntil(t, client, func(err error) bool { return err != nil })
	for i := range s.instances {
		s.at.Store(int32(i))
		if s.copied(t, thief).Session() != nil {
			t.Errorf("instance %d has forgotten a sign-out", i)
		}
		if s.copied(t, staying).Session() == nil {
			t.Errorf("instance %d has forgotten a session", i)
		}
	}
	if err := tokens.CreateVerificationToken(t.Context(), used); err == nil {
		t.Error("what was used was used again")
	}
	b := cardeatest.NewBrowser(t, s.URL)
	if res := b.Post("/signin/idp", nil); res.StatusCode != http.StatusServiceUnavailable ||
		res.Header.Get("Retry-After") == "" || b.Session() != nil {
		t.Errorf("a sign-in that cannot be remembered: status %d", res.StatusCode)
	}
	if res := staying.Post("/signout", nil); res.StatusCode != http.StatusServiceUnavailable ||
		res.Header.Get("Retry-After") == "" {
		t.Errorf("a sign-out that cannot be remembered: status %d", res.StatusCode)
	}
	if err := count(t.Context(), s.stores[0]); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a count that cannot be stored: %v", err)
	}
	if n := s.log.count("OOM"); n < 1 || n > len(s.instances) {
		t.Errorf("%d lines in the log, want one of each instance that was used", n)
	}
	if n := s.log.count("maxmemory-policy"); n != 0 {
		t.Errorf("%d warnings of a policy that removes nothing", n)
	}

	must(t, client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	eventually(t, "count again", func(ctx context.Context) error { return count(ctx, s.stores[0]) })
	cardeatest.SignIn(t, s.URL, "idp", "")
	staying.SignOut()
	if staying.Session() != nil {
		t.Error("still signed in")
	}
}

// With a policy that removes keys, a Redis that is full forgets what was used. Nobody can notice
// that later, so the log says it at the first use.
func TestRedisThatEvictsForgets(t *testing.T) {
	t.Parallel()
	servers := startServers(t, "Redis", "CARDEA_TEST_REDIS")
	client := redisEngine.clientOf(t, servers.address)
	limitMemory(t, client, "allkeys-lru")
	o, log, inner := withSessions(), new(logbook), &database{Adapter: memadapter.New(), t: t}
	o.Logger = log.logger()
	a := wrap(t, newStore(t, client, o), inner)
	tokens, sessions, u := tokensOf(t, a), sessionsOf(t, a), &cardea.User{Name: "Ann"}
	must(t, inner.CreateUser(t.Context(), u))
	must(t, inner.CreateSession(t.Context(), &cardea.Session{Token: "a", UserID: u.ID, Expires: inTime(time.Hour)}))
	used := &cardea.VerificationToken{Identifier: "once:idp", Token: "a", Expires: inTime(time.Hour)}
	must(t, tokens.CreateVerificationToken(t.Context(), used))
	_, err := sessions.Session(t.Context(), "a")
	must(t, err)

	fillUntil(t, client, func(err error) bool {
		must(t, err)
		return len(client.Keys(t.Context(), o.Prefix+"*").Val()) == 0
	})
	if err := tokens.CreateVerificationToken(t.Context(), used); err != nil {
		t.Errorf("docs/redis.md says that it can be used again: %v", err)
	}
	before := inner.reads.Load()
	if _, err := sessions.Session(t.Context(), "a"); err != nil || inner.reads.Load() != before+1 {
		t.Errorf("a session whose copy is gone: %v, read from the database %d times", err, inner.reads.Load()-before)
	}
	if n := log.count("maxmemory-policy is allkeys-lru"); n != 1 || log.count("Redis is away") > 0 {
		t.Errorf("%d warnings of the policy, want 1: %s", n, &log.text)
	}
}

// One node of a cluster that removes keys is enough for the warning. A server that does not tell
// its policy is not warned of.
func TestPolicyThatRemovesKeys(t *testing.T) {
	t.Parallel()
	cluster := startServers(t, "RedisCluster", "CARDEA_TEST_REDIS_CLUSTER")
	nodes := strings.Fields(cluster.address)
	for i, address := range nodes {
		policy := map[bool]string{true: "volatile-ttl", false: "noeviction"}[i == 2]
		must(t, redisEngine.clientOf(t, address).ConfigSet(t.Context(), "maxmemory-policy", policy).Err())
	}
	silent := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: nodes, ContextTimeoutEnabled: true, Username: "silent", Password: "silent",
	})
	defer silent.Close()
	for _, address := range nodes {
		must(t, redisEngine.clientOf(t, address).Do(t.Context(),
			"ACL", "SETUSER", "silent", "on", ">silent", "~*", "+@all", "-info").Err())
	}
	for name, test := range map[string]struct {
		client redis.UniversalClient
		want   int
	}{
		"one node": {clusterEngine.clientOf(t, cluster.address), 1}, "no INFO": {silent, 0},
	} {
		o, log := options(), new(logbook)
		o.Logger = log.logger()
		s := newStore(t, test.client, o)
		for range 3 {
			must(t, count(t.Context(), s))
		}
		if n := log.count("maxmemory-policy is volatile-ttl"); n != test.want || log.count("level=") != test.want {
			t.Errorf("%s: %d warnings, want %d: %s", name, n, test.want, &log.text)
		}
	}
}
