// Package sqladapter is a complete [cardea.Adapter] on database/sql and SQLite, the example of
// docs/adapters.md. Copy it, change the SQL to fit your own tables, and run package adaptertest:
// its failures show what is missing.
package sqladapter

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
)

var (
	_ cardea.Adapter            = (*Adapter)(nil)
	_ cardea.SessionStore       = (*Adapter)(nil)
	_ cardea.TokenStore         = (*Adapter)(nil)
	_ cardea.AuthenticatorStore = (*Adapter)(nil)
	_ account.DeletionStore     = (*Adapter)(nil)
)

// Adapter stores users, accounts, sessions, verification tokens and passkeys in the five tables of
// [Schema]. It is safe for concurrent use. [New] makes one.
type Adapter struct {
	db         *sql.DB
	savepoints atomic.Int64 // number of savepoints so far, for their names
}

// New returns an adapter on db, the application's own connection pool, which it never closes. In
// the settings of db, foreign keys must be on, and transactions must take the write lock when they
// begin (_txlock=immediate).
func New(db *sql.DB) *Adapter { return &Adapter{db: db} }

// Schema is the SQL that creates the tables.
//
//go:embed schema.sql
var Schema string

// txKey is the context key of a transaction. It contains the pool, so that adapters on different
// databases do not use each other's transactions.
type txKey struct{ db *sql.DB }

// WithTx returns a context in which the adapter on db joins tx, the application's own transaction.
// Do not use the context after tx has ended.
func WithTx(ctx context.Context, db *sql.DB, tx *sql.Tx) context.Context {
	return context.WithValue(ctx, txKey{db}, tx)
}

// Transact runs fn in one transaction. If ctx carries a transaction, fn runs in a savepoint of it.
func (a *Adapter) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx, ok := ctx.Value(txKey{a.db}).(*sql.Tx); ok {
		return a.savepoint(ctx, tx, fn)
	}
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return mapError("begin transaction", err)
	}
	defer tx.Rollback() // also if fn panics; does nothing after Commit
	if err := fn(WithTx(ctx, a.db, tx)); err != nil {
		return err
	}
	return mapError("commit transaction", tx.Commit())
}

// savepoint runs fn in a savepoint of tx and undoes what fn wrote if fn fails.
func (a *Adapter) savepoint(ctx context.Context, tx *sql.Tx, fn func(ctx context.Context) error) error {
	name := fmt.Sprintf("savepoint%d", a.savepoints.Add(1))
	if _, err := tx.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		return mapError("set savepoint", err)
	}
	succeeded := false
	defer func() {
		if succeeded {
			return
		}
		// An interrupted statement may have rolled back the whole transaction. Then the savepoint
		// no longer exists, and nothing more may be written in this transaction.
		if _, err := tx.ExecContext(context.WithoutCancel(ctx), "ROLLBACK TO "+name); err != nil {
			tx.Rollback()
		}
	}()
	if err := fn(ctx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	succeeded = true
	return nil
}

// querier is a connection pool or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// querier returns the transaction that ctx carries, or the pool if there is none.
func (a *Adapter) querier(ctx context.Context) querier {
	if tx, ok := ctx.Value(txKey{a.db}).(*sql.Tx); ok {
		return tx
	}
	return a.db
}

// exec runs a statement and returns the number of rows that it changed.
func (a *Adapter) exec(ctx context.Context, operation, query string, args ...any) (int64, error) {
	result, err := a.querier(ctx).ExecContext(ctx, query, args...)
	if err != nil {
		return 0, mapError(operation, err)
	}
	n, err := result.RowsAffected()
	return n, mapError(operation, err)
}

// execOne runs a statement that must change a row. If it changes none, the error is ErrNotFound.
func (a *Adapter) execOne(ctx context.Context, operation, query string, args ...any) error {
	n, err := a.exec(ctx, operation, query, args...)
	if err == nil && n == 0 {
		err = mapError(operation, sql.ErrNoRows)
	}
	return err
}

// queryOne scans the only row of a query into dest. It reads to the end of the rows, because SQLite
// completes a DELETE ... RETURNING only then. If there is no row, the error is ErrNotFound.
func (a *Adapter) queryOne(ctx context.Context, operation, query string, args []any, dest ...any) error {
	rows, err := a.querier(ctx).QueryContext(ctx, query, args...)
	if err != nil {
		return mapError(operation, err)
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		found = true
		if err := rows.Scan(dest...); err != nil {
			return mapError(operation, err)
		}
	}
	if err := rows.Err(); err != nil || found {
		return mapError(operation, err)
	}
	return mapError(operation, sql.ErrNoRows)
}

// mapError turns errors of database/sql and SQLite into the errors of the contract.
func mapError(operation string, err error) error {
	if err == nil {
		return nil
	}
	var coded interface{ Code() int }
	code := 0
	if errors.As(err, &coded) {
		code = coded.Code()
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), code == 787: // SQLITE_CONSTRAINT_FOREIGNKEY: no such user
		err = cardea.ErrNotFound
	case code == 2067, code == 1555: // SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY
		err = cardea.ErrConflict
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// toMillis returns t in Unix milliseconds, as the tables store times, and 0 for the zero time.
func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is the reverse of toMillis. The time is in UTC.
func fromMillis(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
