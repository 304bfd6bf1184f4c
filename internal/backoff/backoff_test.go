package backoff_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea/internal/backoff"
)

func TestWaitsGrowAndDiffer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for attempt, longest := range []time.Duration{
			50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond,
			400 * time.Millisecond, 400 * time.Millisecond,
		} {
			seen := map[time.Duration]bool{}
			for range 20 {
				start := time.Now()
				if err := backoff.Wait(t.Context(), attempt); err != nil {
					t.Fatal(err)
				}
				took := time.Since(start)
				if took < longest/2 || took >= longest {
					t.Errorf("attempt %d: waited %v, want %v to %v", attempt, took, longest/2, longest)
				}
				seen[took] = true
			}
			if len(seen) == 1 {
				t.Errorf("attempt %d: all waits are the same", attempt)
			}
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		start := time.Now()
		err := backoff.Wait(ctx, 3)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != time.Millisecond {
			t.Errorf("got %v after %v", err, took)
		}
	})
}
