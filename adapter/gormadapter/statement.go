package gormadapter

import (
	"cmp"
	"context"
	"database/sql"
	"sync/atomic"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
)

// statement is SQL that was compiled once. It is prepared on the connection pool at its first use, because its table may not exist earlier.
type statement struct {
	sql      string
	vars     []any // its arguments in order; a param stands for one of the caller's
	plain    bool  // vars are the caller's arguments as they come
	prepared atomic.Pointer[sql.Stmt]
}

// param is the place of an argument in the caller's list.
type param int

func (s *statement) args(values []any) []any {
	if s.plain {
		return values
	}
	args := make([]any, len(s.vars))
	for i, v := range s.vars {
		if n, ok := v.(param); ok {
			v = values[n]
		}
		args[i] = v
	}
	return args
}

// prepare returns s prepared on pool, or nil where it cannot be prepared; running it then tells why.
func (s *statement) prepare(ctx context.Context, pool *sql.DB) *sql.Stmt {
	if stmt := s.prepared.Load(); stmt != nil {
		return stmt
	}
	stmt, err := pool.PrepareContext(ctx, s.sql)
	if err != nil {
		return nil
	}
	if !s.prepared.CompareAndSwap(nil, stmt) {
		stmt.Close()
		return s.prepared.Load()
	}
	return stmt
}

// runner is a prepared statement, or a statement with the pool or transaction on which it runs unprepared.
type runner interface {
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
}

type unprepared struct {
	sql  string
	pool gorm.ConnPool
}

func (u unprepared) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return u.pool.QueryContext(ctx, u.sql, args...)
}

func (u unprepared) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return u.pool.ExecContext(ctx, u.sql, args...)
}

// runner finds where s runs in ctx. Inside a transaction nothing is prepared on the pool: its only connection may be the transaction's.
func (a *Adapter) runner(ctx context.Context, s *statement) runner {
	if tx := a.joined(ctx); tx != nil {
		inTx, ok := tx.Statement.ConnPool.(interface {
			StmtContext(ctx context.Context, stmt *sql.Stmt) *sql.Stmt
		})
		if stmt := s.prepared.Load(); ok && stmt != nil {
			return inTx.StmtContext(ctx, stmt)
		}
		return unprepared{s.sql, tx.Statement.ConnPool}
	}
	if a.pool != nil {
		if stmt := s.prepare(ctx, a.pool); stmt != nil {
			return stmt
		}
	}
	return unprepared{s.sql, a.db.Statement.ConnPool}
}

func (a *Adapter) query(ctx context.Context, s *statement, values ...any) (*sql.Rows, error) {
	trace := a.trace(ctx, s)
	rows, err := a.runner(ctx, s).QueryContext(ctx, s.args(values)...)
	trace(-1, err)
	return rows, err
}

// exec returns the number of rows that s changed.
func (a *Adapter) exec(ctx context.Context, s *statement, values ...any) (int64, error) {
	trace := a.trace(ctx, s)
	result, err := a.runner(ctx, s).ExecContext(ctx, s.args(values)...)
	var n int64
	if err == nil {
		n, err = result.RowsAffected()
	}
	trace(n, err)
	return n, err
}

// exists returns ErrNotFound when s finds nothing.
func (a *Adapter) exists(ctx context.Context, s *statement, values ...any) error {
	rows, err := a.query(ctx, s, values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		return nil
	}
	return cmp.Or(rows.Err(), cardea.ErrNotFound)
}

// trace returns what logs s, with the number of rows that it changed, once it has run.
func (a *Adapter) trace(ctx context.Context, s *statement) func(rows int64, err error) {
	if a.silent {
		return func(int64, error) {}
	}
	begin := time.Now()
	return func(rows int64, err error) {
		a.logger.Trace(ctx, begin, func() (string, int64) { return s.sql, rows }, err)
	}
}
