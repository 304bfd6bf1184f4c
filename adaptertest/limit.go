package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/ratelimit"
)

// RunLimitStore tests a [ratelimit.Store] that is not part of an Adapter. It calls open as [Run]
// does.
func RunLimitStore(t *testing.T, open func(t *testing.T) ratelimit.Store) {
	t.Helper()
	runGroups(t, limitGroups(), func(t *testing.T) cardea.Adapter { return limitsOnly{Store: open(t)} })
}

// limitsOnly is a store that has limits and nothing else.
type limitsOnly struct {
	cardea.Adapter // nil
	ratelimit.Store
}

func limitGroups() []group {
	return []group{
		{"TakeLimit", takeLimit()},
		{"GiveLimit", giveLimit()},
		{"ResetLimit", resetLimit()},
		{"DeleteExpiredLimits", deleteExpiredLimits()},
	}
}

// limitStore is the store under test, with methods that count events and check the answer.
type limitStore struct {
	store
	ratelimit.Store
}

// limitPromise is a promise about a ratelimit.Store.
func limitPromise(words string, run func(t *testing.T, s limitStore)) promise {
	return promise{words, func(t *testing.T, s store) { run(t, limitStore{s, storeOf[ratelimit.Store](s)}) }}
}

// key makes a key of a text as a caller's: 64 hexadecimal digits.
func key(text string) string { return fmt.Sprintf("%064x", text) }

// hourly is a limit whose events all count until the end of the test.
var hourly = ratelimit.Rate{Count: 3, Within: 3 * time.Hour}

// takes counts an event, which must be allowed.
func (s limitStore) takes(key string, limit ratelimit.Rate) {
	s.t.Helper()
	ok, _, err := s.TakeLimit(s.t.Context(), key, limit, time.Now())
	s.want("TakeLimit", err, nil)
	if err == nil && !ok {
		s.t.Errorf("TakeLimit: an event within the limit was refused")
	}
}

// refuses counts an event, which must not be allowed for another time of at most longest.
func (s limitStore) refuses(key string, limit ratelimit.Rate, longest time.Duration) {
	s.t.Helper()
	ok, retry, err := s.TakeLimit(s.t.Context(), key, limit, time.Now())
	s.want("TakeLimit", err, nil)
	if err == nil && (ok || retry <= 0 || retry > longest) {
		s.t.Errorf("TakeLimit: allowed %t, again in %v; want a refusal for %v at most", ok, retry, longest)
	}
}

func (s limitStore) uses(key string, limit ratelimit.Rate) {
	s.t.Helper()
	for range limit.Count {
		s.takes(key, limit)
	}
}

func takeLimit() []promise {
	return []promise{
		limitPromise("allows Count events at once, and then one more each Within/Count",
			func(t *testing.T, s limitStore) {
				limit := ratelimit.Rate{Count: 4, Within: 4 * time.Second}
				const interval = time.Second
				begin := time.Now()
				s.uses(key("a"), limit)
				if time.Since(begin) < interval { // otherwise the machine is too slow for this part
					s.refuses(key("a"), limit, interval)
				}
				s.allowedAgain(key("a"), limit, begin.Add(interval), begin.Add(10*interval))
				s.refusedWithin(key("a"), limit, begin.Add(2*interval))
			}),
		limitPromise("if it does not allow the event, nothing changes", func(t *testing.T, s limitStore) {
			s.uses(key("a"), hourly)
			for range 5 {
				s.refuses(key("a"), hourly, time.Hour)
			}
		}),
		limitPromise("of any number of concurrent callers exactly as many succeed as the limit allows",
			func(t *testing.T, s limitStore) {
				limit := ratelimit.Rate{Count: 7, Within: 7 * time.Hour}
				refused := errors.New("refused")
				allowed := 0
				for _, err := range race(func(int) error {
					ok, _, err := s.TakeLimit(t.Context(), key("a"), limit, time.Now())
					if err == nil && !ok {
						return refused
					}
					return err
				}) {
					switch {
					case err == nil:
						allowed++
					case !errors.Is(err, refused):
						t.Errorf("TakeLimit: %v", err)
					}
				}
				if allowed != limit.Count {
					t.Errorf("%d of %d concurrent events were allowed, want %d", allowed, parallel, limit.Count)
				}
			}),
		limitPromise("keys are counted apart, and compare byte for byte", func(t *testing.T, s limitStore) {
			s.uses(key("a"), hourly)
			once := ratelimit.Rate{Count: 1, Within: time.Hour}
			for _, other := range []string{key("b"), strings.Repeat("a", 64), strings.Repeat("A", 64), "a", "A"} {
				s.takes(other, once)
			}
			s.refuses(key("a"), hourly, time.Hour)
		}),
		limitPromise("a limit of many events counts each", func(t *testing.T, s limitStore) {
			limit := ratelimit.Rate{Count: 25, Within: 1000 * time.Hour}
			s.uses(key("a"), limit)
			s.refuses(key("a"), limit, 40*time.Hour)
		}),
		limitPromise("what was counted stays counted if the transaction is undone", func(t *testing.T, s limitStore) {
			undo := errors.New("undo")
			if _, ok := s.Adapter.(limitsOnly); ok {
				t.Skip("the store has no transactions")
			}
			err := s.Transact(t.Context(), func(ctx context.Context) error {
				for range hourly.Count {
					if _, _, err := s.TakeLimit(ctx, key("a"), hourly, time.Now()); err != nil {
						return err
					}
				}
				return undo
			})
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip("the store counts nothing while a transaction runs")
			}
			s.want("Transact", err, undo)
			s.refuses(key("a"), hourly, time.Hour)
		}),
		limitPromise("stops when ctx ends", func(t *testing.T, s limitStore) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			calls := map[string]error{}
			_, _, calls["TakeLimit"] = s.TakeLimit(ctx, key("a"), hourly, time.Now())
			calls["GiveLimit"] = s.GiveLimit(ctx, key("a"), hourly)
			calls["ResetLimit"] = s.ResetLimit(ctx, key("a"))
			_, calls["DeleteExpiredLimits"] = s.DeleteExpiredLimits(ctx, soon, 1)
			for name, err := range calls {
				if err == nil {
					t.Errorf("%s: got no error, want one because ctx has ended", name)
				}
			}
			s.uses(key("a"), hourly)
		}),
	}
}

// allowedAgain repeats TakeLimit until it allows an event, which must not be before earliest.
func (s limitStore) allowedAgain(key string, limit ratelimit.Rate, earliest, latest time.Time) {
	s.t.Helper()
	for {
		ok, retry, err := s.TakeLimit(s.t.Context(), key, limit, time.Now())
		s.want("TakeLimit", err, nil)
		now := time.Now()
		switch {
		case err != nil:
			return
		case ok && now.Before(earliest):
			s.t.Errorf("allowed again %v too early", earliest.Sub(now))
			return
		case ok:
			return
		case now.After(latest):
			s.t.Error("never allowed again")
			return
		}
		time.Sleep(min(retry, 100*time.Millisecond)) // a store may have a clock of its own
	}
}

// refusedWithin counts another event, which must not be allowed before the given time.
func (s limitStore) refusedWithin(key string, limit ratelimit.Rate, before time.Time) {
	s.t.Helper()
	ok, _, err := s.TakeLimit(s.t.Context(), key, limit, time.Now())
	s.want("TakeLimit", err, nil)
	if ok && time.Now().Before(before) {
		s.t.Error("more than one event was allowed after Within/Count")
	}
}

func giveLimit() []promise {
	return []promise{
		limitPromise("takes back one event", func(t *testing.T, s limitStore) {
			s.uses(key("a"), hourly)
			s.want("GiveLimit", s.GiveLimit(t.Context(), key("a"), hourly), nil)
			s.takes(key("a"), hourly)
			s.refuses(key("a"), hourly, time.Hour)
		}),
		limitPromise("never allows more than Count events at once", func(t *testing.T, s limitStore) {
			s.takes(key("a"), hourly)
			for range 5 {
				s.want("GiveLimit", s.GiveLimit(t.Context(), key("a"), hourly), nil)
			}
			s.uses(key("a"), hourly)
			s.refuses(key("a"), hourly, time.Hour)
		}),
		limitPromise("if the key is unknown, nothing changes and the error is nil", func(t *testing.T, s limitStore) {
			s.want("GiveLimit", s.GiveLimit(t.Context(), key("a"), hourly), nil)
			s.uses(key("a"), hourly)
			s.refuses(key("a"), hourly, time.Hour)
		}),
	}
}

func resetLimit() []promise {
	return []promise{
		limitPromise("forgets all events of the key, and of no other", func(t *testing.T, s limitStore) {
			s.uses(key("a"), hourly)
			s.uses(key("b"), hourly)
			s.want("ResetLimit", s.ResetLimit(t.Context(), key("a")), nil)
			s.uses(key("a"), hourly)
			s.refuses(key("b"), hourly, time.Hour)
		}),
		limitPromise("if the key is unknown, the error is nil", func(t *testing.T, s limitStore) {
			s.want("ResetLimit", s.ResetLimit(t.Context(), key("a")), nil)
		}),
	}
}

func deleteExpiredLimits() []promise {
	return []promise{
		limitPromise("deletes at most limit keys whose events no longer counted, and returns how many",
			func(t *testing.T, s limitStore) {
				short := ratelimit.Rate{Count: 1, Within: time.Minute}
				for i := range 5 {
					s.takes(key(fmt.Sprint("old ", i)), short)
				}
				s.uses(key("now"), hourly)
				if _, err := s.DeleteExpiredLimits(t.Context(), time.Now(), 1); errors.Is(err, errors.ErrUnsupported) {
					t.Skip("the keys of the store expire by themselves")
				}
				s.deletesExpired(func(limit int) (int, error) {
					return s.DeleteExpiredLimits(t.Context(), time.Now().Add(time.Hour), limit)
				})
				for i := range 5 {
					s.takes(key(fmt.Sprint("old ", i)), short)
				}
				s.refuses(key("now"), hourly, time.Hour)
			}),
	}
}
