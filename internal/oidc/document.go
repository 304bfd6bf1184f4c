package oidc

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
)

const (
	maxAge     = time.Hour       // after which a copy is fetched again
	retryAfter = 2 * time.Second // during which a failed fetch is not tried again, by any caller
)

// document is a copy of a remote document, shared by all callers. At most one fetch runs at a time.
// Every caller who needs its result waits for it, each until its own context ends, and none of them
// can abort it for the others.
//
// It does not use package singleflight: whether a caller joins a fetch, starts one or does neither
// depends on the copy and on earlier fetches, and must be decided under the same lock.
type document[T any] struct {
	now   func() time.Time
	fetch func(context.Context) (T, error)

	mu       sync.Mutex
	copy     version[T]
	fetched  time.Time     // when copy was fetched
	err      error         // of the last fetch; nil if it succeeded
	failed   time.Time     // when err happened
	budget   budget        // of the fetches that newer starts
	fetching chan struct{} // closed when the running fetch has ended; nil if none is running
}

// version is one fetched copy. Versions are numbered from 1; number 0 means that nothing was
// fetched yet.
type version[T any] struct {
	number int
	value  T
}

// get returns the copy, fetched again if it is older than maxAge. If that fails, the old copy is
// returned; the error is that of the fetch if there is no old copy.
func (d *document[T]) get(ctx context.Context) (version[T], error) {
	if err := wait(ctx, d.fetchIfOld(ctx)); err != nil {
		return version[T]{}, err
	}
	return d.after(0)
}

// newer returns a version after the one with that number. If there is none it is fetched, unless
// the budget for that reason is spent: what the caller misses in the copy. However many callers
// miss something in the copy, and for how long, they cause only as many fetches as the budget
// allows. Each of these fetches serves all callers, so that something which the document has now is
// missed no longer than until the next one.
func (d *document[T]) newer(ctx context.Context, number int, reason string) (version[T], error) {
	fetching, err := d.fetchAfter(ctx, number, reason)
	if err != nil {
		return version[T]{}, err
	}
	if err := wait(ctx, fetching); err != nil {
		return version[T]{}, err
	}
	return d.after(number)
}

// refund puts the last fetch of newer back into the budget. Call it if that version had what the
// one before it lacked.
func (d *document[T]) refund() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.budget.refund()
}

// fetchIfOld returns the fetch to wait for before the copy is used; nil if there is none.
func (d *document[T]) fetchIfOld(ctx context.Context) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.copy.number != 0 && d.now().Sub(d.fetched) < maxAge {
		return nil
	}
	return d.startFetch(ctx)
}

// fetchAfter returns the fetch to wait for before a version after number is used; nil if there is
// none. It returns an error if a fetch is needed and the budget is spent.
func (d *document[T]) fetchAfter(ctx context.Context, number int, reason string) (<-chan struct{}, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.copy.number != number {
		return nil, nil
	}
	if d.fetching == nil && !d.justFailed() && !d.budget.spend(d.now(), reason) {
		return nil, errors.New("they were fetched a moment ago")
	}
	return d.startFetch(ctx), nil
}

// justFailed reports whether the last fetch failed less than retryAfter ago. The caller must hold
// d.mu.
func (d *document[T]) justFailed() bool {
	return d.err != nil && d.now().Sub(d.failed) < retryAfter
}

// startFetch starts a fetch, or joins the running one. It returns nil if the last fetch has just
// failed. The caller must hold d.mu.
func (d *document[T]) startFetch(ctx context.Context) <-chan struct{} {
	if d.fetching == nil {
		if d.justFailed() {
			return nil
		}
		d.fetching = make(chan struct{})
		go d.update(context.WithoutCancel(ctx))
	}
	return d.fetching
}

// wait returns when the fetch has ended, whether it succeeded or not, or with an error when ctx has
// ended. It returns at once if there is no fetch.
func wait(ctx context.Context, fetching <-chan struct{}) error {
	if fetching == nil {
		return nil
	}
	select {
	case <-fetching:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// after returns the copy if it is a version after number, and the error of the last fetch
// otherwise.
func (d *document[T]) after(number int) (version[T], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.copy.number == number {
		return version[T]{}, d.err
	}
	return d.copy, nil
}

// update fetches the document and stores the result.
func (d *document[T]) update(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, outbound.Timeout)
	defer cancel()
	value, err := d.fetchSafely(ctx)

	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
	if err != nil {
		d.failed = d.now()
		d.budget.refund() // retryAfter bounds those that fail
	} else {
		d.fetched, d.copy = d.now(), version[T]{d.copy.number + 1, value}
	}
	close(d.fetching)
	d.fetching = nil
}

// fetchSafely turns a panic into an error. No handler above this goroutine would recover it, and a
// hostile document that makes a parser panic must not end the program.
func (d *document[T]) fetchSafely(ctx context.Context) (value T, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("reading the document panicked")
		}
	}()
	return d.fetch(ctx)
}
