package gormadapter

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// txKey is the context key of a transaction. It contains the connection pool, so adapters on the
// same pool share the transaction and adapters on another pool do not see it.
type txKey struct{ pool *sql.DB }

var errNoTransaction = errors.New("the *gorm.DB given to WithTx is not a transaction: " +
	"give it the one that Transaction passes to its function, or that Begin returns")

// WithTx returns a context that carries tx, a transaction of the application. Every adapter on the
// same connection pool runs its statements in tx:
//
//	db.Transaction(func(tx *gorm.DB) error {
//		if err := tx.Create(&invoice).Error; err != nil {
//			return err
//		}
//		return adapter.DeleteUser(gormadapter.WithTx(ctx, tx), id)
//	})
//
// tx must not be nil, and the context must not be used after tx has ended. If tx is not a
// transaction, [Adapter.Transact] and the methods that need it return an error.
func WithTx(ctx context.Context, tx *gorm.DB) context.Context {
	pool, _ := tx.DB()
	return context.WithValue(ctx, txKey{pool}, tx)
}

// transaction returns the transaction that ctx carries. If there is none, it returns the one on
// which the adapter was made, or nil.
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
//
// If fn returns an error or panics, everything that it wrote is undone. Transact returns the error
// of fn, unless the connection was lost: then it returns the error of the rollback.
//
// If the database aborts the transaction because another one has won, Transact runs fn again, until
// thirty seconds have passed in which it did not wait for a connection. If the transaction waited
// too long for a lock, the limit is five seconds. If the connection is lost before the commit,
// Transact runs fn again on another one, and if that is lost too, it returns the error. The other
// methods do the same with their statements. If the connection is lost during the commit, nothing
// runs again, because it may have been committed. If ctx carries a transaction, nothing runs again,
// because that whole transaction is lost.
func (a *Adapter) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	return a.db.transact(ctx, fn)
}

func (d *database) transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx := d.transaction(ctx); tx != nil {
		return d.runSavepoint(ctx, tx, fn)
	}
	r := retries{d: d, begin: time.Now()}
	return r.until(ctx, func() error { return d.runTransaction(ctx, fn, r.connected) })
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
		return d.retry(ctx, func() error { return d.queued(ctx, func() error { return run(ctx) }) })
	}
	return d.transact(ctx, func(ctx context.Context) error { return d.errors.withoutValues(run(ctx)) })
}

// runTransaction runs fn in a transaction. When that has begun, it calls connected with the time at
// which it asked for a connection.
func (d *database) runTransaction(
	ctx context.Context, fn func(ctx context.Context) error, connected func(asked time.Time),
) error {
	d.prepareWaiting(ctx)
	asked := time.Now()
	leave := d.writers.enter(ctx)
	defer leave()
	tx := d.sessionOn(ctx, d.gorm).Begin()
	if tx.Error != nil {
		return d.errors.wrap(ctx, "begin transaction", tx.Error)
	}
	connected(asked)
	finished := false
	defer func() {
		if !finished { // fn panics
			_ = endTransaction(ctx, tx.Rollback)
		}
	}()
	err := fn(context.WithValue(WithTx(ctx, tx), ownTxKey{}, tx))
	finished = true
	if err != nil {
		return d.rolledBack(ctx, err, endTransaction(ctx, tx.Rollback))
	}
	if err := endTransaction(ctx, tx.Commit); err != nil {
		return withUnknownResult(d.errors.wrap(ctx, "commit transaction", err))
	}
	return nil
}

// rolledBack returns the error of a transaction that ended because of cause. If the rollback
// failed, the connection was lost, and cause may only be a result of that. It is then in the text
// but not in the chain of errors, so that callers do not treat it as a decision of the application.
func (d *database) rolledBack(ctx context.Context, cause, rollback error) error {
	if rollback == nil || errors.Is(rollback, sql.ErrTxDone) || ctx.Err() != nil || d.errors.isAborted(cause) {
		return cause
	}
	return fmt.Errorf("roll back transaction: %w, after: %v",
		d.errors.withoutValues(rollback), d.errors.withoutServerText(cause))
}

// endTimeout is how long a commit or rollback may take after ctx has ended.
const endTimeout = time.Second

// endTransaction calls end, a commit or a rollback. If ctx ends, it waits for endTimeout more and
// then returns ctx's error, because MySQL's driver would wait forever for the answer of a lost
// server. It is then unknown whether the transaction was committed, as for any connection that is
// lost during a commit.
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

// rollBackTo undoes what was written after the savepoint, even if ctx has ended. If the savepoint
// is gone, the database has ended the whole transaction, as SQLite does if a statement is
// interrupted; later statements would then be committed one by one. So rollBackTo ends tx, and
// later statements in it return errors.
func (d *database) rollBackTo(ctx context.Context, tx *gorm.DB, name string) {
	ctx = context.WithoutCancel(ctx)
	if err := d.sessionOn(ctx, tx).RollbackTo(name).Error; err != nil {
		d.sessionOn(ctx, tx).Rollback()
	}
}
