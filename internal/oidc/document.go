package oidc

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
)

const (
	maxAge = time.Hour // how long a copy is used without asking again
	// how long a failed fetch stands for all callers, so that a dead server is not hammered
	retryAfter = 2 * time.Second
	patience   = 30 * time.Second // how long nobody can ask for a newer copy after a newer one was of no use
)

// document is a copy of a remote document that all callers share. At most one fetch runs at a time;
// everybody who needs it waits for that one, each until its own context ends, and none can abort it
// for the others.
type document[T any] struct {
	now   func() time.Time
	fetch func(context.Context) (T, error)

	mu      sync.Mutex
	copy    edition[T]
	fetched time.Time     // when copy was
	err     error         // of the last fetch
	failed  time.Time     // when err happened
	patient time.Time     // until then newer fetches nothing
	flight  chan struct{} // closed when the running fetch has ended; nil when none runs
}

// edition is one fetched copy. Editions count up from 1; number 0 is no copy.
type edition[T any] struct {
	number int
	value  T
}

// get returns the copy, renewed when it is too old. When it cannot be renewed the old one does.
func (d *document[T]) get(ctx context.Context) (edition[T], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.copy.number == 0 || d.now().Sub(d.fetched) >= maxAge {
		if err := d.wait(ctx); err != nil {
			return edition[T]{}, err
		}
	}
	if d.copy.number == 0 {
		return edition[T]{}, d.err
	}
	return d.copy, nil
}

// newer returns an edition after the one with that number. It fetches one if there is none yet, but
// after that not again for a while, unless helped is called: however many callers find something
// missing in the copy, they cause a handful of fetches.
func (d *document[T]) newer(ctx context.Context, number int) (edition[T], error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.copy.number == number {
		if d.flight == nil && d.now().Before(d.patient) {
			return edition[T]{}, errors.New("asked for a newer copy a moment ago")
		}
		d.patient = d.now().Add(patience)
		if err := d.wait(ctx); err != nil {
			return edition[T]{}, err
		}
	}
	if d.copy.number == number {
		d.patient = time.Time{}
		return edition[T]{}, d.err
	}
	return d.copy, nil
}

// helped tells that a newer edition had what the one before it lacked, so that it makes sense to
// ask again soon.
func (d *document[T]) helped() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.patient = time.Time{}
}

// wait returns when a fetch has ended, well or not, or ctx has. It starts the fetch unless one is
// running, and returns at once if the last one failed just now. d.mu is held, except while waiting.
func (d *document[T]) wait(ctx context.Context) error {
	if d.flight == nil {
		if d.err != nil && d.now().Sub(d.failed) < retryAfter {
			return nil
		}
		d.flight = make(chan struct{})
		go d.fly(context.WithoutCancel(ctx))
	}
	flight := d.flight
	d.mu.Unlock()
	defer d.mu.Lock()
	select {
	case <-flight:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *document[T]) fly(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, outbound.Timeout)
	defer cancel()
	value, err := d.careful(ctx)

	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err = err; err != nil {
		d.failed, d.patient = d.now(), time.Time{}
	} else {
		d.fetched, d.copy = d.now(), edition[T]{d.copy.number + 1, value}
	}
	close(d.flight)
	d.flight = nil
}

// careful makes a panic an error: no handler stands above this goroutine to recover, and a parser
// that a hostile document brings down must not take the program with it.
func (d *document[T]) careful(ctx context.Context) (value T, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("reading the document panicked")
		}
	}()
	return d.fetch(ctx)
}
