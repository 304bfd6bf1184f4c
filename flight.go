package cardea

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// flights let one do in this process what many want done at the same time.
type flights struct {
	mu     sync.Mutex
	flying map[string]*flight
}

type flight struct {
	done  chan struct{} // closed when the others are set
	value string
	err   error
}

// do returns what fn returns, which runs once for all who come with the same key while it runs. It
// belongs to none of them: it runs to its end, at most as long as limit, when their contexts have
// ended, and sees nothing of what these carry, such as a transaction.
func (f *flights) do(
	ctx context.Context, key string, limit time.Duration, fn func(ctx context.Context) (string, error),
) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	fl := f.board(key, limit, fn)
	select {
	case <-fl.done:
		return fl.value, fl.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (f *flights) board(key string, limit time.Duration, fn func(ctx context.Context) (string, error)) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl, ok := f.flying[key]; ok {
		return fl
	}
	fl := &flight{done: make(chan struct{})}
	if f.flying == nil {
		f.flying = map[string]*flight{}
	}
	f.flying[key] = fl
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		defer f.land(key, fl)
		fl.value, fl.err = fn(ctx)
	}()
	return fl
}

// land is deferred, so that a panic of the application's code in fn fails those who wait, rather
// than the program.
func (f *flights) land(key string, fl *flight) {
	if r := recover(); r != nil {
		fl.err = fmt.Errorf("panic: %v", r)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.flying, key)
	close(fl.done)
}
