// Package sqladapter is a whole cardea.Adapter on database/sql and SQLite: the worked example of
// docs/adapters.md. Copy it, change the SQL to that of your own tables, and let adaptertest tell
// what is missing.
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
)

var (
	_ cardea.Adapter            = (*Adapter)(nil)
	_ cardea.SessionStore       = (*Adapter)(nil)
	_ cardea.TokenStore         = (*Adapter)(nil)
	_ cardea.AuthenticatorStore = (*Adapter)(nil)
)

// Adapter keeps users, accounts, sessions, sign-in tokens and passkeys in the five tables of
// Schema.
type Adapter struct {
	db         *sql.DB
	savepoints atomic.Int64
}

// New returns an adapter on the application's own connections. Foreign keys must be on, and
// transactions must begin with the write lock.
func New(db *sql.DB) *Adapter { return &Adapter{db: db} }

// Schema creates the tables.
//
//go:embed schema.sql
var Schema string

// txKey is the context key of a transaction; the pool in it keeps two databases apart.
type txKey struct{ db *sql.DB }

// WithTx returns a context in which the adapter on db takes part in tx, a transaction of the
// application's own.
func WithTx(ctx context.Context, db *sql.DB, tx *sql.Tx) context.Context {
	return context.WithValue(ctx, txKey{db}, tx)
}

// Transact runs fn in one transaction, or in a savepoint of the one that ctx carries.
func (a *Adapter) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx, ok := ctx.Value(txKey{a.db}).(*sql.Tx); ok {
		return a.part(ctx, tx, fn)
	}
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return failed("begin transaction", err)
	}
	defer tx.Rollback() // also when fn panics; after Commit it does nothing
	if err := fn(WithTx(ctx, a.db, tx)); err != nil {
		return err
	}
	return failed("commit transaction", tx.Commit())
}

// part is a transaction within another one.
func (a *Adapter) part(ctx context.Context, tx *sql.Tx, fn func(ctx context.Context) error) error {
	name := fmt.Sprintf("part%d", a.savepoints.Add(1))
	if _, err := tx.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		return failed("set savepoint", err)
	}
	kept := false
	defer func() {
		if kept {
			return
		}
		// Where an interrupted statement has taken the whole transaction along there is no
		// savepoint, and nothing more may be written.
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
	kept = true
	return nil
}

// connection is a pool or a transaction.
type connection interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// in is where statements run in ctx.
func (a *Adapter) in(ctx context.Context) connection {
	if tx, ok := ctx.Value(txKey{a.db}).(*sql.Tx); ok {
		return tx
	}
	return a.db
}

// write runs a statement and returns how many rows it changed.
func (a *Adapter) write(ctx context.Context, doing, query string, args ...any) (int64, error) {
	result, err := a.in(ctx).ExecContext(ctx, query, args...)
	if err != nil {
		return 0, failed(doing, err)
	}
	n, err := result.RowsAffected()
	return n, failed(doing, err)
}

// change is write for a row that must be there.
func (a *Adapter) change(ctx context.Context, doing, query string, args ...any) error {
	n, err := a.write(ctx, doing, query, args...)
	if err == nil && n == 0 {
		err = failed(doing, sql.ErrNoRows)
	}
	return err
}

// read reads the only row of a query into dest. It asks for a second row, because SQLite has
// deleted what DELETE ... RETURNING returns only then.
func (a *Adapter) read(ctx context.Context, doing, query string, args []any, dest ...any) error {
	rows, err := a.in(ctx).QueryContext(ctx, query, args...)
	if err != nil {
		return failed(doing, err)
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		found = true
		if err := rows.Scan(dest...); err != nil {
			return failed(doing, err)
		}
	}
	if err := rows.Err(); err != nil || found {
		return failed(doing, err)
	}
	return failed(doing, sql.ErrNoRows)
}

// failed turns what database/sql and SQLite say into what the contract says.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	var coded interface{ Code() int }
	code := 0
	if errors.As(err, &coded) {
		code = coded.Code()
	}
	switch {
	case errors.Is(err, sql.ErrNoRows), code == 787: // SQLITE_CONSTRAINT_FOREIGNKEY: there is no such user
		err = cardea.ErrNotFound
	case code == 2067, code == 1555: // SQLITE_CONSTRAINT_UNIQUE and _PRIMARYKEY
		err = cardea.ErrConflict
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// millis is a time as the tables have it, 0 where there is none; moment is the way back.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
