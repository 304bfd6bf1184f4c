package redisstore_test

import (
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
)

// Three instances under load: Redis, or a node of it, is killed and comes back or is replaced, and
// then an instance is killed and started again. Every answer is right or 503, comes in time, and
// everything works again without help. Each instance says once a minute that Redis is away, if it
// notices.
func TestRedisAndAnInstanceAreKilled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		engine
		kind, victim string
		restarts     bool // otherwise another server takes over
		strategies   []string
	}{
		{redisEngine, "Redis", "redis", true, []string{"database", "JWT"}},
		{clusterEngine, "RedisCluster", "redis2", true, []string{"JWT"}},
		{sentinelEngine, "RedisSentinel", "redis_primary", false, []string{"database"}},
	} {
		for _, strategy := range test.strategies {
			t.Run(test.name+", "+strategy, func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				servers := startServers(t, test.kind, test.variable)
				idp := cardeatest.NewIssuer(t, cardeatest.Person{
					Subject: "1001", Name: "Ann", Email: "ann@example.com", EmailVerified: true,
				})
				instances := newInstances(t, test.engine, servers.address, strategy, idp)
				l := startLoad(t, instances)
				l.awaitAll("before")
				if n := l.unavailable.Load(); n > 0 {
					t.Errorf("%d answers are 503 before anything was killed", n)
				}

				l.outages.Add(1)
				servers.kill(test.victim)
				for before := l.unavailable.Load(); test.restarts && l.unavailable.Load() < before+20; {
					time.Sleep(10 * time.Millisecond)
				}
				if test.restarts {
					servers.restart(test.victim)
				}
				l.awaitAll("after Redis was killed")
				l.outages.Add(1)

				instances[1].kill()
				instances[1].start(t)
				l.awaitAll("after an instance was killed")
				l.end()
				least := 1
				if !test.restarts {
					least = 0 // another server may take over while calls still wait
				}
				for i, each := range instances {
					n, most := each.log.count("Redis is away"), 1+int(time.Since(began)/time.Minute)
					if i == 1 {
						most *= 2 // two processes
					}
					if n < least || n > most {
						t.Errorf("instance %d: %d lines in the log, want %d to %d", i, n, least, most)
					}
				}
			})
		}
	}
}
