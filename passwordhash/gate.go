package passwordhash

import (
	"context"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
)

// gate bounds how many hashes are computed at once, and how much memory they take together. Those
// that wait enter in the order in which they came.
type gate struct {
	parallel func() int // how many may be computed
	each     int        // bytes for each of them, which all may use together

	mu      sync.Mutex
	inside  int // how many are computed
	inUse   int // bytes that they take
	garbage int // bytes that those before them took, since the heap was last collected
	waiting []*waiter

	collections uint64 // of the heap, when garbage was last counted
}

// waiter is one hash that waits.
type waiter struct {
	bytes   int
	collect bool          // whether it calls collect first
	garbage int           // bytes that it collects then
	entered chan struct{} // closed when it may enter
}

// queuePerHash is how many may wait for each that is computed. With the default parameters that is
// less than half a second, also for the last one.
const queuePerHash = 16

// spareHashes is the memory that hashes and what they leave behind may take together on a machine
// with few processors, in hashes. A small program collects before that, because its heap has
// doubled: then a collection by the gate would only be one more.
const spareHashes = 4

// spareProcessor is how many hashes are computed at once by default: one fewer than Go uses
// processors, at least one. While a hash is computed, Go takes its processor away only after ten
// milliseconds, so a request that finds none free would wait for that. GOMAXPROCS may change while
// the program runs, for example with the limit of a container.
func spareProcessor() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// enter waits until a hash of so many bytes may be computed. Release must be called after it. The
// error is ErrBusy if too many wait, and otherwise that of ctx.
func (g *gate) enter(ctx context.Context, bytes int) (release func(), err error) {
	w := &waiter{bytes: bytes, entered: make(chan struct{})}
	release = func() { g.leave(w) }
	g.mu.Lock()
	if len(g.waiting) >= queuePerHash*g.parallel() {
		g.mu.Unlock()
		return nil, ErrBusy
	}
	g.waiting = append(g.waiting, w)
	g.letIn()
	g.mu.Unlock()
	select {
	case <-w.entered:
		if w.collect {
			collect()
		}
		return release, nil
	case <-ctx.Done():
		g.abandon(w)
		return nil, ctx.Err()
	}
}

// tryEnter is enter for a hash that does not wait: the error is ErrBusy if it would have to.
func (g *gate) tryEnter(bytes int) (release func(), err error) {
	g.mu.Lock()
	if len(g.waiting) > 0 {
		g.mu.Unlock()
		return nil, ErrBusy
	}
	w := &waiter{bytes: bytes, entered: make(chan struct{})}
	g.waiting = append(g.waiting, w)
	g.letIn()
	isWaiting := len(g.waiting) > 0
	if isWaiting {
		g.waiting = nil
	}
	g.mu.Unlock()
	if isWaiting {
		return nil, ErrBusy
	}
	if w.collect {
		collect()
	}
	return func() { g.leave(w) }, nil
}

// letIn lets those in that come first and have room. One that needs more memory than there is
// enters alone. It is called with the lock.
func (g *gate) letIn() {
	parallel := g.parallel()
	memory := parallel * g.each
	for len(g.waiting) > 0 {
		w := g.waiting[0]
		if g.inside >= parallel || g.inside > 0 && g.inUse+w.bytes > memory {
			return
		}
		g.waiting = g.waiting[1:]
		g.inside++
		g.inUse += w.bytes
		g.countGarbage(0)
		if w.collect = g.inUse+g.garbage > max(memory, spareHashes*g.each); w.collect {
			w.garbage, g.garbage = g.garbage, 0
		}
		close(w.entered)
	}
}

// leave makes room for others.
func (g *gate) leave(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.inUse -= w.bytes
	g.countGarbage(w.bytes)
	g.letIn()
}

// countGarbage adds bytes to the garbage. What was there before is gone if Go has collected since.
// It is called with the lock.
func (g *gate) countGarbage(bytes int) {
	sample := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(sample)
	if v := sample[0].Value; v.Kind() == metrics.KindUint64 && v.Uint64() != g.collections {
		g.collections, g.garbage = v.Uint64(), 0
	}
	g.garbage += bytes
}

// abandon removes a hash that waits no longer.
func (g *gate) abandon(w *waiter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, w); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	} else { // it has entered meanwhile
		g.inside--
		g.inUse -= w.bytes
		g.countGarbage(w.garbage)
	}
	g.letIn()
}

// smallHeap is the size of a heap, in bytes, up to which a collection takes well under a
// millisecond.
const smallHeap = 64 << 20

// collect frees the memory of the hashes that have ended before the next one begins, which the
// garbage collector would do only when the heap has doubled. A large heap is left to it: there,
// collecting costs more, and the memory of some hashes matters less.
func collect() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() == metrics.KindUint64 && sample[0].Value.Uint64() < smallHeap {
		runtime.GC()
	}
}
