package memadapter

import (
	"context"
	"errors"
	"sync"
)

// txKey is the context key of the transaction of adapter a.
type txKey struct{ a *Adapter }

var errDone = errors.New("the transaction has ended")

// transaction is a log of what undoes each write.
type transaction struct {
	mu   sync.Mutex // serializes operations of goroutines that share the transaction
	undo []func()   // in the order of the writes
	done bool       // the transaction has ended
}

// nested runs fn and undoes what fn wrote unless fn returns nil and ctx has not ended.
func (tx *transaction) nested(ctx context.Context, fn func(ctx context.Context) error) error {
	start, err := tx.mark()
	if err != nil {
		return err
	}
	kept := false
	defer func() { // deferred, because fn may panic
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

// operate runs op while no other operation of tx runs.
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

// mark returns the length of the log, for rollBack.
func (tx *transaction) mark() (int, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.done {
		return 0, errDone
	}
	return len(tx.undo), nil
}

// rollBack undoes the writes since the log had length start.
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

// put sets m[k] to v as a write of tx.
func put[K comparable, V any](tx *transaction, m map[K]V, k K, v V) {
	tx.undo = append(tx.undo, restore(m, k))
	m[k] = v
}

// remove deletes m[k] as a write of tx.
func remove[K comparable, V any](tx *transaction, m map[K]V, k K) {
	tx.undo = append(tx.undo, restore(m, k))
	delete(m, k)
}

// restore returns a function that gives m[k] its present value back.
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
