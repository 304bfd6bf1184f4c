package adaptertest_test

import (
	"context"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adaptertest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

func TestLimitStoreAlone(t *testing.T) {
	t.Parallel()
	adaptertest.RunLimitStore(t, func(*testing.T) ratelimit.Store { return memadapter.New() })
}

// brokenLimits are adapters that break one promise of LimitStore each.
var brokenLimits = map[string]brokenAdapter{
	"counts in two steps": {
		func() cardea.Adapter { return newWindow(func(w *window) { w.twoSteps = true }) },
		"TakeLimit/of_any_number_of_concurrent_callers_exactly_as_many_succeed_as_the_limit_allows",
	},
	"counts refused events": {
		func() cardea.Adapter { return newWindow(func(w *window) { w.countsRefused = true }) },
		"TakeLimit/if_it_does_not_allow_the_event,_nothing_changes",
	},
	"allows all events again when the first has expired": {
		func() cardea.Adapter { return newWindow(func(*window) {}) },
		"TakeLimit/allows_Count_events_at_once,_and_then_one_more_each_Within/Count",
	},
	"folds the case of keys": {
		func() cardea.Adapter { return foldsKeys{memadapter.New()} },
		"TakeLimit/keys_are_counted_apart,_and_compare_byte_for_byte",
	},
	"counts in the transaction": {
		func() cardea.Adapter { return undoesLimits{newWindow(func(*window) {})} },
		"TakeLimit/what_was_counted_stays_counted_if_the_transaction_is_undone",
	},
	"gives back what nobody has taken": {
		func() cardea.Adapter { return newWindow(func(w *window) { w.givesMore = true }) },
		"GiveLimit/never_allows_more_than_Count_events_at_once",
	},
	"gives back nothing": {
		func() cardea.Adapter { return givesNothing{memadapter.New()} },
		"GiveLimit/takes_back_one_event",
	},
	"resets every key": {
		func() cardea.Adapter { return newWindow(func(w *window) { w.resetsAll = true }) },
		"ResetLimit/forgets_all_events_of_the_key,_and_of_no_other",
	},
	"purges limits without a limit": {
		func() cardea.Adapter { return purgesAllLimits{memadapter.New()} },
		"DeleteExpiredLimits/deletes_at_most_limit_keys_whose_events_no_longer_counted,_and_returns_how_many",
	},
}

// window counts events in a fixed window, which begins with the first event.
type window struct {
	*memadapter.Adapter
	twoSteps, countsRefused, givesMore, resetsAll bool

	mu      *sync.Mutex
	meeting *meeting
	counts  map[string]int
	ends    map[string]time.Time
}

func newWindow(change func(*window)) window {
	w := window{
		Adapter: memadapter.New(), mu: new(sync.Mutex), meeting: newMeeting(),
		counts: map[string]int{}, ends: map[string]time.Time{},
	}
	change(&w)
	return w
}

func (w window) TakeLimit(
	ctx context.Context, key string, limit ratelimit.Rate, now time.Time,
) (bool, time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !now.Before(w.ends[key]) {
		w.counts[key], w.ends[key] = 0, now.Add(limit.Within/time.Duration(limit.Count))
	}
	n := w.counts[key]
	if w.twoSteps {
		w.mu.Unlock()
		w.meeting.wait(key)
		w.mu.Lock()
	}
	if n >= limit.Count {
		if w.countsRefused {
			w.ends[key] = w.ends[key].Add(limit.Within)
		}
		return false, w.ends[key].Sub(now), ctx.Err()
	}
	w.counts[key] = n + 1
	return true, 0, ctx.Err()
}

func (w window) GiveLimit(ctx context.Context, key string, _ ratelimit.Rate) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.givesMore || w.counts[key] > 0 {
		w.counts[key]--
	}
	return ctx.Err()
}

func (w window) ResetLimit(ctx context.Context, key string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.resetsAll {
		clear(w.counts)
	}
	delete(w.counts, key)
	return ctx.Err()
}

type foldsKeys struct{ *memadapter.Adapter }

func (a foldsKeys) TakeLimit(
	ctx context.Context, key string, limit ratelimit.Rate, now time.Time,
) (bool, time.Duration, error) {
	return a.Adapter.TakeLimit(ctx, strings.ToLower(key), limit, now)
}

// undoesLimits restores the counts if the transaction is undone.
type undoesLimits struct{ window }

func (a undoesLimits) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	before := maps.Clone(a.counts)
	err := a.Adapter.Transact(ctx, fn)
	if err != nil {
		clear(a.counts)
		maps.Copy(a.counts, before)
	}
	return err
}

type givesNothing struct{ *memadapter.Adapter }

func (a givesNothing) GiveLimit(ctx context.Context, _ string, _ ratelimit.Rate) error {
	return ctx.Err()
}

type purgesAllLimits struct{ *memadapter.Adapter }

func (a purgesAllLimits) DeleteExpiredLimits(ctx context.Context, before time.Time, _ int) (int, error) {
	return a.Adapter.DeleteExpiredLimits(ctx, before, 1<<30)
}
