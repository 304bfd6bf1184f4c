package passwordhash

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func newGate(parallel, each int) *gate {
	return &gate{parallel: func() int { return parallel }, each: each}
}

func TestGateBoundsHashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const parallel, all = 3, 60
		g := newGate(parallel, 10)
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
		g := newGate(4, 10)
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

// By default one processor is free, also if Go gets more or fewer while the program runs.
func TestOneProcessorIsFree(t *testing.T) {
	h, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for processors, want := range map[int]int{1: 1, 2: 1, 3: 2, 8: 7} {
		runtime.GOMAXPROCS(processors)
		if got := h.gate.parallel(); got != want {
			t.Errorf("with %d processors, %d hashes at once, want %d", processors, got, want)
		}
	}
}

// If there are fewer processors than before, those that are inside go on, and nobody enters before
// enough of them have left. If there are more, those that wait enter with the next one.
func TestGateFollowsTheProcessors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parallel := 3
		g := &gate{parallel: func() int { return parallel }, each: 10}
		leave := make(chan struct{})
		var inside atomic.Int32
		enter := func() {
			go func() {
				release, err := g.enter(t.Context(), 10)
				if err != nil {
					t.Error(err)
					return
				}
				inside.Add(1)
				<-leave
				inside.Add(-1)
				release()
			}()
			synctest.Wait()
		}
		for range 3 {
			enter()
		}
		parallel = 1
		enter()
		for _, want := range []int32{2, 1, 1, 0} {
			leave <- struct{}{}
			synctest.Wait()
			if inside.Load() != want {
				t.Errorf("%d are inside, want %d", inside.Load(), want)
			}
		}
		for range 3 {
			enter()
		}
		if inside.Load() != 1 {
			t.Errorf("%d are inside, want 1", inside.Load())
		}
		parallel = 4
		if enter(); inside.Load() != 4 {
			t.Errorf("with more processors %d are inside, want 4", inside.Load())
		}
		close(leave)
	})
}

// A hash that does not wait takes no place of one that does, and leaves nothing behind.
func TestGateWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 10)
		release, err := g.tryEnter(10)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.tryEnter(10); !errors.Is(err, ErrBusy) {
			t.Errorf("entered beside another one: %v", err)
		}
		entered := false
		go func() {
			release, err := g.enter(t.Context(), 10)
			if entered = err == nil; entered {
				release()
			}
		}()
		synctest.Wait()
		if _, err := g.tryEnter(10); !errors.Is(err, ErrBusy) || entered {
			t.Errorf("entered before one that waits: %v", err)
		}
		release()
		synctest.Wait()
		if !entered || g.inside != 0 || g.inUse != 0 || len(g.waiting) != 0 {
			t.Errorf("afterwards: %d inside, %d bytes, %d waiting", g.inside, g.inUse, len(g.waiting))
		}
	})
}

// The gate collects what hashes have left behind, unless Go has done so by itself. Not parallel:
// nothing else may collect meanwhile.
func TestGateCountsWhatGoCollects(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	collections := func() uint64 {
		sample := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	g := newGate(1, 10)
	hash := func() {
		release, err := g.enter(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		release()
	}
	runtime.GC()
	begin := collections()
	for range spareHashes {
		hash()
	}
	if n := collections() - begin; n != 0 {
		t.Errorf("%d collections, want none for %d hashes", n, spareHashes)
	}
	if hash(); collections()-begin != 1 {
		t.Errorf("%d collections, want one for %d hashes", collections()-begin, spareHashes+1)
	}
	for range spareHashes - 2 {
		hash()
	}
	runtime.GC()
	for range spareHashes {
		hash()
	}
	if n := collections() - begin; n != 2 {
		t.Errorf("%d collections, want none after Go's own", n-2)
	}
}

// One that has entered, and whose visitor has left at the same moment, collects nothing. What there
// was to collect is left to the next one. Not parallel, as above.
func TestGateCollectsAfterOneThatHasLeft(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	g := newGate(1, 10)
	for range spareHashes {
		release, err := g.enter(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		release()
	}
	enter := func() *waiter {
		w := &waiter{bytes: 10, entered: make(chan struct{})}
		g.waiting = append(g.waiting, w)
		g.letIn()
		return w
	}
	g.abandon(enter())
	if !enter().collect {
		t.Error("the next one collects nothing")
	}
}
