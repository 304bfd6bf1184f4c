package memadapter

import (
	"context"
	"errors"
	"sync"
)

// txKey is the context key of an adapter's transaction; the pointer in it keeps two adapters apart.
type txKey struct{ a *Adapter }

var errDone = errors.New("transaction has ended")

// transaction is a log of how to take back what was written. mu orders the operations of goroutines
// that share the transaction.
type transaction struct {
	mu   sync.Mutex
	undo []func()
	done bool
}

// part runs fn and takes back what it wrote unless it returns nil before ctx ends.
func (tx *transaction) part(ctx context.Context, fn func(ctx context.Context) error) error {
	start, err := tx.mark()
	if err != nil {
		return err
	}
	kept := false
	defer func() { // deferred, so that it also runs when fn panics
		if !kept {
			tx.rollBack(start)
		}
	}()
	if err := fn(ctx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	kept = true
	return nil
}

func (tx *transaction) operate(ctx context.Context, op func(tx *transaction) error) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.done {
		return errDone
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return op(tx)
}

func (tx *transaction) mark() (int, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.done {
		return 0, errDone
	}
	return len(tx.undo), nil
}

func (tx *transaction) rollBack(start int) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	for i := len(tx.undo) - 1; i >= start; i-- {
		tx.undo[i]()
	}
	tx.undo = tx.undo[:start]
}

func (tx *transaction) close() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.done = true
}

// put is m[k] = v, and remove is delete(m, k), as part of tx.
func put[K comparable, V any](tx *transaction, m map[K]V, k K, v V) {
	tx.undo = append(tx.undo, restore(m, k))
	m[k] = v
}

func remove[K comparable, V any](tx *transaction, m map[K]V, k K) {
	tx.undo = append(tx.undo, restore(m, k))
	delete(m, k)
}

func restore[K comparable, V any](m map[K]V, k K) func() {
	old, had := m[k]
	return func() {
		if had {
			m[k] = old
		} else {
			delete(m, k)
		}
	}
}
