package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/redisstore"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/redis/go-redis/v9"
)

// logbook is a logger whose lines can be counted.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logbook) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logbook) count(text string) int { return strings.Count(l.String(), text) }

// If Redis does not answer, or nobody listens, no call waits longer than it may, limits are counted
// in memory, what may be used once is refused, and the log says so once.
func TestRedisIsAway(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"silent": silentServer(t), "nobody listens": "127.0.0.1:1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := new(logbook)
			client := redis.NewClient(&redis.Options{
				Addr: address, ContextTimeoutEnabled: true, DialTimeout: time.Minute, ReadTimeout: time.Minute,
			})
			defer client.Close()
			s := newStore(t, client, redisstore.Options{Timeout: 50 * time.Millisecond, Logger: log.logger()})
			tokens := tokensOf(t, wrap(t, s, memadapter.New()))
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			for range 100 {
				if _, _, err := s.TakeLimit(ctx, "a", once, time.Now()); !errors.Is(err, errors.ErrUnsupported) {
					t.Fatalf("TakeLimit: %v", err)
				}
				if err := s.GiveLimit(ctx, "a", once); !errors.Is(err, errors.ErrUnsupported) {
					t.Fatalf("GiveLimit: %v", err)
				}
				err := tokens.CreateVerificationToken(ctx,
					&cardea.VerificationToken{Identifier: "once:idp", Token: "a", Expires: inTime(time.Hour)})
				if err == nil || errors.Is(err, cardea.ErrConflict) || errors.Is(err, errors.ErrUnsupported) {
					t.Fatalf("CreateVerificationToken: %v", err)
				}
				_, err = tokens.VerificationToken(ctx, "signout:", "a")
				if err == nil || errors.Is(err, cardea.ErrNotFound) {
					t.Fatalf("VerificationToken: %v", err)
				}
			}
			if n := log.count("Redis is away"); n != 1 {
				t.Errorf("%d lines in the log, want 1", n)
			}
		})
	}
}

// Redis dies in the middle and comes back: the store works again by itself.
func TestRedisComesBack(t *testing.T) {
	t.Parallel()
	servers := startServers(t, "Redis", "CARDEA_TEST_REDIS")
	client := redisEngine.clientOf(t, servers.address)
	s := newStore(t, client, redisstore.Options{Timeout: time.Second, Logger: new(logbook).logger()})
	eventually(t, "before", func(ctx context.Context) error { return count(ctx, s) })
	servers.kill("redis")
	if err := count(t.Context(), s); err == nil {
		t.Fatal("counted in a server that is dead")
	}
	servers.restart("redis")
	eventually(t, "after", func(ctx context.Context) error { return count(ctx, s) })
}

func count(ctx context.Context, s *redisstore.Store) error {
	_, _, err := s.TakeLimit(ctx, "a", once, time.Now())
	return err
}

// The master dies, and Sentinel makes its replica the master, which does not know the scripts.
func TestSentinelFailsOver(t *testing.T) {
	t.Parallel()
	servers := startServers(t, "RedisSentinel", "CARDEA_TEST_REDIS_SENTINEL")
	client := sentinelEngine.clientOf(t, servers.address)
	s := newStore(t, client, redisstore.Options{Timeout: time.Second, Logger: new(logbook).logger()})
	tokens := tokensOf(t, wrap(t, s, memadapter.New()))
	used := &cardea.VerificationToken{Identifier: "once:idp", Token: "a", Expires: inTime(time.Hour)}
	eventually(t, "use", func(ctx context.Context) error { return tokens.CreateVerificationToken(ctx, used) })
	eventually(t, "count", func(ctx context.Context) error { return count(ctx, s) })
	awaitReplica(t, servers.address)
	servers.kill("redis_primary")
	eventually(t, "use again", func(ctx context.Context) error {
		err := tokens.CreateVerificationToken(ctx, used)
		if err == nil {
			t.Fatal("used twice")
		}
		if errors.Is(err, cardea.ErrConflict) {
			return nil
		}
		return err
	})
	eventually(t, "count again", func(ctx context.Context) error { return count(ctx, s) })
	if ok, _, err := s.TakeLimit(t.Context(), "a", once, time.Now()); ok || err != nil {
		t.Errorf("the limit starts anew: %t, %v", ok, err)
	}
}

// awaitReplica waits until the replica has as many keys as its master, if nobody writes. Before
// that, the end of the master loses what it has acknowledged.
func awaitReplica(t *testing.T, sentinel string) {
	t.Helper()
	master := sentinelEngine.clientOf(t, sentinel)
	replica := redis.NewClient(&redis.Options{Addr: replicaOf(t, sentinel)})
	defer replica.Close()
	eventually(t, "replicate", func(ctx context.Context) error {
		want, err := master.DBSize(ctx).Result()
		if err != nil {
			return err
		}
		if n, err := replica.DBSize(ctx).Result(); err != nil || n != want || n == 0 {
			return fmt.Errorf("the replica has %d keys, the master %d: %v", n, want, err)
		}
		return nil
	})
}

// replicaOf asks a sentinel for the address of the replica.
func replicaOf(t *testing.T, sentinel string) string {
	t.Helper()
	client := redis.NewSentinelClient(&redis.Options{Addr: sentinel})
	defer client.Close()
	replicas, err := client.Replicas(t.Context(), "cardea").Result()
	must(t, err)
	if len(replicas) != 1 {
		t.Fatalf("%d replicas, want 1", len(replicas))
	}
	return replicas[0]["ip"] + ":" + replicas[0]["port"]
}

// A server that has lost the scripts gets them again.
func TestScriptsAreSentAgain(t *testing.T) {
	t.Parallel()
	client := redisEngine.client(t)
	s := newStore(t, client, options())
	takes(t, s, "a", once)
	must(t, client.ScriptFlush(t.Context()).Err())
	takes(t, s, "b", once)
}

func TestNewRefusesClientsThatCannotWork(t *testing.T) {
	t.Parallel()
	clusterOptions := redis.ClusterOptions{Addrs: []string{"127.0.0.1:1"}}
	fromReplicas := redis.ClusterOptions{
		Addrs: []string{"127.0.0.1:1"}, ContextTimeoutEnabled: true, RouteByLatency: true,
	}
	for _, test := range []struct {
		client redis.UniversalClient
		want   string
	}{
		{nil, "the client is nil"},
		{redis.NewClient(&redis.Options{}), "set ContextTimeoutEnabled"},
		{redis.NewClusterClient(&clusterOptions), "set ContextTimeoutEnabled"},
		{redis.NewClusterClient(&fromReplicas), "reads from replicas"},
		{redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}}), "is a Ring"},
	} {
		_, err := redisstore.New(test.client, redisstore.Options{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%T: got %v, want %q", test.client, err, test.want)
		}
		if test.client != nil {
			test.client.Close()
		}
	}
	_, err := redisstore.New(redisEngine.clientOf(t, "127.0.0.1:1"), redisstore.Options{Timeout: -1})
	if err == nil || !strings.Contains(err.Error(), "Options.Timeout") {
		t.Errorf("a negative timeout: %v", err)
	}
}
