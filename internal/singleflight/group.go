// Package singleflight lets concurrent calls with the same key share one execution and its result.
// Unlike golang.org/x/sync/singleflight it observes the context of each caller and limits how long
// an execution may take.
package singleflight

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Group has the running calls by their keys. The zero value is ready to use. It is safe for
// concurrent use. A Group keeps nothing of a call that has ended.
type Group[T any] struct {
	mu    sync.Mutex
	calls map[string]*call[T]
}

type call[T any] struct {
	done  chan struct{} // closed when value and err are set
	value T
	err   error
}

// Do runs fn and returns its result. If a call with the same key is running, Do waits for that one
// instead and returns its result; fn is then not used.
//
// A caller whose ctx ends stops waiting and gets the error of ctx. This does not end fn, which
// other callers may need. The context of fn ends after limit. It has no values of any caller's
// context, such as a transaction. If fn panics, Do returns an error to all callers.
func (g *Group[T]) Do(
	ctx context.Context, key string, limit time.Duration, fn func(ctx context.Context) (T, error),
) (T, error) {
	var zero T
	if err := ctx.Err(); err != nil {
		return zero, err
	}
	c := g.join(key, limit, fn)
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		return zero, ctx.Err()
	}
}

// join returns the running call of the key, which it starts if there is none.
func (g *Group[T]) join(key string, limit time.Duration, fn func(ctx context.Context) (T, error)) *call[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c, ok := g.calls[key]; ok {
		return c
	}
	c := &call[T]{done: make(chan struct{})}
	if g.calls == nil {
		g.calls = map[string]*call[T]{}
	}
	g.calls[key] = c
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		defer g.finish(key, c)
		c.value, c.err = fn(ctx)
	}()
	return c
}

// finish must be deferred: it recovers, so that a panic in fn fails the waiting callers and does
// not end the program.
func (g *Group[T]) finish(key string, c *call[T]) {
	if r := recover(); r != nil {
		c.err = fmt.Errorf("panic: %v", r)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.calls, key)
	close(c.done)
}
