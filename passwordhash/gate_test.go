package passwordhash

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestGateBoundsHashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const parallel, all = 3, 40
		g := newGate(parallel, parallel*10)
		var inside, most, busy, done atomic.Int32
		hold := make(chan struct{})
		for range all {
			go func() {
				release, err := g.enter(t.Context(), 10)
				if errors.Is(err, ErrBusy) {
					busy.Add(1)
					return
				}
				most.Store(max(most.Load(), inside.Add(1)))
				<-hold
				inside.Add(-1)
				release()
				done.Add(1)
			}()
		}
		synctest.Wait()
		const served = parallel + queuePerHash*parallel
		if inside.Load() != parallel || busy.Load() != all-served {
			t.Errorf("%d inside, %d busy", inside.Load(), busy.Load())
		}
		close(hold)
		synctest.Wait()
		if done.Load() != served || most.Load() > parallel {
			t.Errorf("%d done, at most %d at once", done.Load(), most.Load())
		}
		if g.inside != 0 || g.inUse != 0 || len(g.waiting) != 0 {
			t.Errorf("afterwards: %d inside, %d bytes, %d waiting", g.inside, g.inUse, len(g.waiting))
		}
	})
}

// A hash that needs more memory than all others together is computed alone, in its turn.
func TestGateBoundsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(4, 40)
		enter := func(bytes int) *atomic.Pointer[func()] {
			var got atomic.Pointer[func()]
			go func() {
				release, err := g.enter(t.Context(), bytes)
				if err != nil {
					t.Error(err)
				}
				got.Store(&release)
			}()
			synctest.Wait()
			return &got
		}
		small, large := enter(10), enter(1000)
		if small.Load() == nil || large.Load() != nil {
			t.Fatal("the large one did not wait")
		}
		next := enter(10)
		if next.Load() != nil {
			t.Error("one that came later was first")
		}
		(*small.Load())()
		synctest.Wait()
		if large.Load() == nil || next.Load() != nil {
			t.Fatal("the large one is not alone")
		}
		(*large.Load())()
		synctest.Wait()
		if next.Load() == nil {
			t.Error("the last one did not enter")
		}
	})
}

func TestGateLetsGoOfCanceledRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 10)
		release, err := g.enter(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error, 4)
		for range 4 {
			go func() {
				_, err := g.enter(ctx, 10)
				failed <- err
			}()
		}
		synctest.Wait()
		cancel()
		for range 4 {
			if err := <-failed; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		release()
		if release, err = g.enter(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		release()
		if g.inside != 0 || g.inUse != 0 || len(g.waiting) != 0 {
			t.Errorf("afterwards: %d inside, %d bytes, %d waiting", g.inside, g.inUse, len(g.waiting))
		}
	})
}
