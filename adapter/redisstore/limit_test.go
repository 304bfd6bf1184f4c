package redisstore_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/ratelimit"
)

var once = ratelimit.Rate{Count: 1, Within: time.Hour}

func takes(t *testing.T, s ratelimit.Store, key string, limit ratelimit.Rate) {
	t.Helper()
	if ok, _, err := s.TakeLimit(t.Context(), key, limit, time.Now()); !ok || err != nil {
		t.Errorf("an event within %v was refused: %t, %v", limit, ok, err)
	}
}

// Of concurrent callers in two processes as many succeed as the limit allows.
func TestProcessesShareALimit(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o, limit := options(), ratelimit.Rate{Count: 5, Within: 5 * time.Hour}
			stores := []ratelimit.Store{newStore(t, e.client(t), o), newStore(t, e.client(t), o)}
			var allowed atomic.Int32
			var all sync.WaitGroup
			for i := range 40 {
				all.Go(func() {
					ok, retry, err := stores[i%2].TakeLimit(t.Context(), "a", limit, time.Now())
					switch {
					case err != nil:
						t.Error(err)
					case ok:
						allowed.Add(1)
					case retry <= 0 || retry > time.Hour:
						t.Errorf("again in %v", retry)
					}
				})
			}
			all.Wait()
			if n := allowed.Load(); n != 5 {
				t.Errorf("%d events, want 5", n)
			}
		})
	}
}

// Limits of any size count right: the numbers of Lua are floats.
func TestLimitsOfAnySize(t *testing.T) {
	t.Parallel()
	s := newStore(t, redisEngine.client(t), options())
	const century = 100 * 365 * 24 * time.Hour
	for name, limit := range map[string]ratelimit.Rate{
		"the longest time": {Count: 3, Within: math.MaxInt64},
		"a century":        {Count: 3, Within: century},
		"a year":           {Count: 3, Within: century / 100},
	} {
		for range 3 {
			takes(t, s, name, limit)
		}
		ok, retry, err := s.TakeLimit(t.Context(), name, limit, time.Now())
		must(t, err)
		if interval := min(limit.Within, century/2) / 3; ok || retry > interval || retry < interval-time.Minute {
			t.Errorf("%s: allowed %t, again in %v, want %v", name, ok, retry, interval)
		}
		must(t, s.GiveLimit(t.Context(), name, limit))
		takes(t, s, name, limit)
		if ok, _, _ := s.TakeLimit(t.Context(), name, limit, time.Now()); ok {
			t.Errorf("%s: an event too many after one was given back", name)
		}
	}
	for range 100 { // each event is paid for in less than a microsecond
		takes(t, s, "fast", ratelimit.Rate{Count: math.MaxInt, Within: time.Hour})
	}
}

// A state that no events can have led to, because the limit was another, does not lock the key.
func TestLimitThatBecomesSmaller(t *testing.T) {
	t.Parallel()
	s := newStore(t, redisEngine.client(t), options())
	takes(t, s, "a", ratelimit.Rate{Count: 1, Within: 1000 * time.Hour})
	takes(t, s, "a", ratelimit.Rate{Count: 3, Within: time.Minute})
}
