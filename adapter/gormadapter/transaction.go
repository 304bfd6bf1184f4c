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

var errNoTransaction = errors.New("the *gorm.DB given to WithTx is not a transaction: give it the one that Transaction or Begin returns")

// WithTx returns a context in which every adapter on tx's connection takes part in tx, a
// transaction of the application:
//
//	db.Transaction(func(tx *gorm.DB) error {
//		if err := tx.Create(&invoice).Error; err != nil {
//			return err
//		}
//		return adapter.DeleteUser(gormadapter.WithTx(ctx, tx), id)
//	})
//
// The context must not be used after tx has ended. If tx is not a transaction, methods that need
// one return an error.
func WithTx(ctx context.Context, tx *gorm.DB) context.Context {
	pool, _ := tx.DB()
	return context.WithValue(ctx, txKey{pool}, tx)
}

// transaction returns the transaction that ctx carries, or the one on which the adapter was made,
// or nil.
func (d *database) transaction(ctx context.Context) *gorm.DB {
	if tx, ok := ctx.Value(txKey{d.pool}).(*gorm.DB); ok {
		return tx
	}
	return d.tx
}

func inTransaction(db *gorm.DB) bool {
	_, ok := db.Statement.ConnPool.(gorm.TxCommitter)
	return ok
}

// Transact runs fn in one transaction. If ctx carries a transaction, fn runs in a savepoint of it.
// Otherwise fn may run up to eight times within five seconds, as long as the database gives up the
// transaction because of others (SQLITE_BUSY, SQLSTATE 40001 and 40P01, MySQL's 1213 and 1020). The
// other methods retry their statements in the same way outside a transaction.
func (a *Adapter) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return a.db.transact(ctx, fn)
}

func (d *database) transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx := d.transaction(ctx); tx != nil {
		return d.runSavepoint(ctx, tx, fn)
	}
	return d.retry(ctx, func() error { return d.runTransaction(ctx, fn) })
}

// write runs a single write. On a server it runs in a transaction, unless ctx carries one.
//
// If ctx ends, no driver waits until the server has stopped the statement: MySQL's only closes the
// connection, and PostgreSQL's cancel request may be late or lost. A statement that waits for a
// lock would then write when it gets the lock, after its caller has been told that it failed, and
// perhaps over what was written meanwhile. In a transaction it writes nothing, because nobody
// commits it. SQLite's statements have ended when they return, and execAlone is for statements that
// may come late.
func (d *database) write(ctx context.Context, run func(ctx context.Context) error) error {
	if d.dialect == sqliteDialect || d.transaction(ctx) != nil {
		return d.retry(ctx, func() error { return run(ctx) })
	}
	return d.transact(ctx, func(ctx context.Context) error { return d.errors.withoutValues(run(ctx)) })
}

// retry runs a transaction, or a single statement, again as long as the database gives it up
// because of others. In a transaction that ctx carries it runs once: the database has given up the
// whole transaction.
func (d *database) retry(ctx context.Context, run func() error) error {
	begin := time.Now()
	for try := 0; ; try++ {
		err := run()
		if err == nil || !d.errors.isRetryable(err) || d.transaction(ctx) != nil || try == maxRetries ||
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

func (d *database) runTransaction(ctx context.Context, fn func(ctx context.Context) error) error {
	d.prepareWaiting(ctx)
	tx := d.sessionOn(ctx, d.gorm).Begin()
	if tx.Error != nil {
		return d.errors.wrap(ctx, "begin transaction", tx.Error)
	}
	finished := false
	defer func() {
		if !finished { // fn panics
			_ = endTransaction(ctx, tx.Rollback)
		}
	}()
	err := fn(context.WithValue(ctx, txKey{d.pool}, tx))
	finished = true
	if err != nil {
		return d.rolledBack(ctx, err, endTransaction(ctx, tx.Rollback))
	}
	if err := endTransaction(ctx, tx.Commit); err != nil {
		return d.errors.wrap(ctx, "commit transaction", err)
	}
	return nil
}

// rolledBack is the error of a transaction that ended because of cause. If it could not be rolled
// back, it was lost with its connection, and cause may be what the application made of that. Then
// cause is left out of the chain of errors, so that nobody takes it for the application's decision.
func (d *database) rolledBack(ctx context.Context, cause, rollback error) error {
	if rollback == nil || errors.Is(rollback, sql.ErrTxDone) || ctx.Err() != nil || d.errors.isRetryable(cause) {
		return cause
	}
	return fmt.Errorf("roll back transaction: %w, after: %v",
		d.errors.withoutValues(rollback), d.errors.withoutServerText(cause))
}

// endTimeout is how long the end of a transaction may take after ctx has ended.
const endTimeout = time.Second

// endTransaction runs end, a commit or a rollback, and waits for it until ctx ends and endTimeout
// has passed. MySQL's driver would wait for an answer for ever. If there is no answer, it is
// unknown whether the transaction was committed, as with any connection that is lost during a
// commit.
func endTransaction(ctx context.Context, end func() *gorm.DB) error {
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
	case <-time.After(endTimeout):
		return ctx.Err()
	}
}

func (d *database) runSavepoint(ctx context.Context, tx *gorm.DB, fn func(ctx context.Context) error) error {
	if !inTransaction(tx) {
		return errNoTransaction
	}
	name := fmt.Sprintf("cardea%d", d.savepoints.Add(1))
	if err := d.sessionOn(ctx, tx).SavePoint(name).Error; err != nil {
		return d.errors.wrap(ctx, "set savepoint", err)
	}
	kept := false
	defer func() {
		if !kept {
			d.rollBackTo(ctx, tx, name)
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

// rollBackTo also works after ctx has ended. If the savepoint is gone, so is the database's
// transaction (an interrupted statement of SQLite ends it), and what is written after that would be
// kept. Then rollBackTo ends tx, so that later statements in it return errors.
func (d *database) rollBackTo(ctx context.Context, tx *gorm.DB, name string) {
	ctx = context.WithoutCancel(ctx)
	if err := d.sessionOn(ctx, tx).RollbackTo(name).Error; err != nil {
		d.sessionOn(ctx, tx).Rollback()
	}
}
