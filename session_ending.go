package cardea

import (
	"context"
	"slices"
	"sync"
)

// transactEnding runs fn in a transaction that ends the sessions of a user. Fn deletes their rows;
// JWT sessions end after it, because nobody is signed out if it is undone.
func transactEnding(ctx context.Context, a *Auth, userID string, fn func(ctx context.Context) error) error {
	if a.jwt == nil {
		return transact(ctx, a, fn)
	}
	e := ending{userID: userID}
	defer a.jwt.endings.remove(&e)
	err := transact(ctx, a, func(ctx context.Context) error {
		a.jwt.endings.remove(&e) // of a run that was undone
		if err := fn(ctx); err != nil {
			return err
		}
		e.order = a.jwt.order.cut(a.now())
		a.jwt.endings.add(&e)
		return nil
	})
	if err != nil {
		return err
	}
	return a.jwt.endAll(ctx, userID, a.now())
}

// endings are the ends of JWT sessions whose transaction is being stored. Who waits for its lock of
// the user comes before the end, and must not change anything with a session that has ended.
type endings struct {
	mu   sync.Mutex
	list []*ending
}

type ending struct {
	userID string
	order  int64 // the sign-ins with a lower number end
}

func (e *endings) add(one *ending) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, one)
}

// remove does nothing if that one was not added.
func (e *endings) remove(one *ending) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = slices.DeleteFunc(e.list, func(other *ending) bool { return other == one })
}

// of returns the number below which the sign-ins of a user end, 0 for none.
func (e *endings) of(userID string) (order int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, one := range e.list {
		if one.userID == userID {
			order = max(order, one.order)
		}
	}
	return order
}
