package gormadapter

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
)

// txKey is the context key of a transaction on a connection pool: adapters on the same pool share
// it, others don't see it.
type txKey struct{ pool *sql.DB }

var errNoTransaction = errors.New("the *gorm.DB given to WithTx is not in a transaction")

// WithTx returns a context in which every adapter on tx's connection takes part in tx, a
// transaction of the application's own:
//
//	db.Transaction(func(tx *gorm.DB) error {
//		if err := tx.Create(&invoice).Error; err != nil {
//			return err
//		}
//		return adapter.DeleteUser(gormadapter.WithTx(ctx, tx), id)
//	})
//
// The context must not be used after tx has ended.
func WithTx(ctx context.Context, tx *gorm.DB) context.Context {
	pool, _ := tx.DB()
	return context.WithValue(ctx, txKey{pool}, tx)
}

// joined returns the transaction that ctx carries, or the one on which the adapter was made, or
// nil.
func (a *Adapter) joined(ctx context.Context) *gorm.DB {
	if tx, ok := ctx.Value(txKey{a.pool}).(*gorm.DB); ok {
		return tx
	}
	return a.tx
}

func inTransaction(db *gorm.DB) bool {
	_, ok := db.Statement.ConnPool.(gorm.TxCommitter)
	return ok
}

// Transact runs fn in one transaction. When ctx carries one, fn runs in a savepoint of it.
// Otherwise fn may run up to eight times within five seconds, while the database gives up the
// transaction because of others (SQLITE_BUSY, SQLSTATE 40001 and 40P01, MySQL's 1213 and 1020). The
// other methods do the same with their statements outside a transaction.
func (a *Adapter) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx := a.joined(ctx); tx != nil {
		return a.part(ctx, tx, fn)
	}
	return a.retried(ctx, func() error { return a.whole(ctx, fn) })
}

// retried runs a transaction, or a statement that is one by itself, again while the database gives
// it up because of others. In a transaction that ctx carries there is nothing to repeat: it is lost
// as a whole.
func (a *Adapter) retried(ctx context.Context, run func() error) error {
	begin := time.Now()
	for try := 0; ; try++ {
		err := run()
		if err == nil || !a.errors.isRetryable(err) || a.joined(ctx) != nil || try == maxRetries ||
			time.Since(begin) > maxRetryTime {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(retryStep << try)):
		}
	}
}

const (
	maxRetries   = 7
	maxRetryTime = 5 * time.Second
	retryStep    = 4 * time.Millisecond // doubled each time
)

func (a *Adapter) whole(ctx context.Context, fn func(ctx context.Context) error) error {
	a.prepareWaiting(ctx)
	tx := a.on(ctx, a.db).Begin()
	if tx.Error != nil {
		return a.errors.wrap(ctx, "begin transaction", tx.Error)
	}
	finished := false
	defer func() {
		if !finished { // fn panics
			_ = ended(ctx, tx.Rollback)
		}
	}()
	err := fn(context.WithValue(ctx, txKey{a.pool}, tx))
	finished = true
	if err != nil {
		return a.undone(ctx, err, ended(ctx, tx.Rollback))
	}
	if err := ended(ctx, tx.Commit); err != nil {
		return a.errors.wrap(ctx, "commit transaction", err)
	}
	return nil
}

// undone is the error of a transaction that cause has ended. A transaction that cannot be rolled
// back was lost with its connection, and then cause may be what the application made of it: that is
// left out of the chain of errors, so that nobody takes it for the application's decision.
func (a *Adapter) undone(ctx context.Context, cause, rollback error) error {
	if rollback == nil || errors.Is(rollback, sql.ErrTxDone) || ctx.Err() != nil || a.errors.isRetryable(cause) {
		return cause
	}
	return fmt.Errorf("roll back transaction: %w, after: %v", rollback, cause)
}

// endPatience is how long the end of a transaction may take when ctx has ended.
const endPatience = time.Second

// ended runs the end of a transaction and does not wait for it much longer than ctx lasts. MySQL's
// driver would wait for an answer for ever; whether the transaction is kept is not known then, as
// with any connection that is lost in the middle of a commit.
func ended(ctx context.Context, end func() *gorm.DB) error {
	done := make(chan error, 1)
	go func() { done <- end().Error }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(endPatience):
		return ctx.Err()
	}
}

func (a *Adapter) part(ctx context.Context, tx *gorm.DB, fn func(ctx context.Context) error) error {
	if !inTransaction(tx) {
		return errNoTransaction
	}
	name := fmt.Sprintf("cardea%d", a.savepoints.Add(1))
	if err := a.on(ctx, tx).SavePoint(name).Error; err != nil {
		return a.errors.wrap(ctx, "set savepoint", err)
	}
	kept := false
	defer func() {
		if !kept {
			a.rollBackTo(ctx, tx, name)
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

// rollBackTo also works when ctx has ended. If the savepoint is gone, so is the database's
// transaction (an interrupted SQLite statement takes it along), and what would be written after
// that would stay: then tx ends, and whoever goes on with it gets errors.
func (a *Adapter) rollBackTo(ctx context.Context, tx *gorm.DB, name string) {
	ctx = context.WithoutCancel(ctx)
	if err := a.on(ctx, tx).RollbackTo(name).Error; err != nil {
		a.on(ctx, tx).Rollback()
	}
}
