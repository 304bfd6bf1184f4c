package gormadapter

import (
	"cmp"
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
)

// statement is SQL that was compiled once. It is prepared on a connection pool at its first use
// there, because its table may not exist earlier.
type statement struct {
	sql      string
	vars     []any    // its arguments in order; a param stands for one of the caller's
	plain    bool     // vars are the caller's arguments as they come
	prepared sync.Map // *sql.DB to *sql.Stmt
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

// prepare returns s prepared on pool, or nil where it cannot be prepared; running it then tells
// why.
func (s *statement) prepare(ctx context.Context, pool *sql.DB) *sql.Stmt {
	if stmt := s.preparedOn(pool); stmt != nil {
		return stmt
	}
	stmt, err := pool.PrepareContext(ctx, s.sql)
	if err != nil {
		return nil
	}
	if first, loaded := s.prepared.LoadOrStore(pool, stmt); loaded {
		stmt.Close()
		return first.(*sql.Stmt)
	}
	return stmt
}

func (s *statement) preparedOn(pool *sql.DB) *sql.Stmt {
	stmt, _ := s.prepared.Load(pool)
	prepared, _ := stmt.(*sql.Stmt)
	return prepared
}

// runner is a prepared statement, or a statement with the pool or transaction on which it runs
// unprepared.
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

// runner finds where s runs in ctx.
//
// On PostgreSQL nothing is prepared at all. pgx does that by itself, faster than database/sql, and
// leaves it where default_query_exec_mode says so, which a pooler in transaction mode needs.
func (a *Adapter) runner(ctx context.Context, s *statement) runner {
	if tx := a.joined(ctx); tx != nil {
		return a.inTx(ctx, tx.Statement.ConnPool, s)
	}
	pool := a.pool
	if replica := a.replicaOf(ctx); replica != nil {
		pool = replica
	}
	switch {
	case pool == nil:
		return unprepared{s.sql, a.db.Statement.ConnPool}
	case a.dialect == postgreSQLDialect:
		return unprepared{s.sql, pool}
	}
	if stmt := s.prepare(ctx, pool); stmt != nil {
		return stmt
	}
	return unprepared{s.sql, pool}
}

// query returns ErrNotFound for values that no row can have.
func (a *Adapter) query(ctx context.Context, s *statement, values ...any) (*sql.Rows, error) {
	if !a.dialect.allStorable(values) {
		return nil, cardea.ErrNotFound
	}
	trace := a.trace(ctx, s)
	rows, err := a.runner(ctx, s).QueryContext(ctx, s.args(values)...)
	trace(-1, err)
	return rows, err
}

// exec returns the number of rows that s changed.
func (a *Adapter) exec(ctx context.Context, s *statement, values ...any) (int64, error) {
	if !a.dialect.allStorable(values) {
		return 0, nil
	}
	var n int64
	err := a.retried(ctx, func() error {
		trace := a.trace(ctx, s)
		result, err := a.runner(ctx, s).ExecContext(ctx, s.args(values)...)
		if err == nil {
			n, err = result.RowsAffected()
		}
		trace(n, err)
		return err
	})
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
