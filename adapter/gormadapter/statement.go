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

// statement is SQL that was compiled once. It is prepared on a connection pool when it first runs
// there, because its table may not exist earlier.
type statement struct {
	sql      string
	vars     []any    // the arguments in order; a param stands for one of the caller's
	inOrder  bool     // vars are exactly the caller's arguments
	prepared sync.Map // *sql.DB to *sql.Stmt
}

// param is the index of an argument in the caller's list.
type param int

// args returns the arguments of the SQL for the caller's values.
func (s *statement) args(values []any) []any {
	if s.inOrder {
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

// prepare returns s prepared on pool, or nil if it cannot be prepared; running it then returns the
// reason.
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

// QueryContext runs the statement and returns its rows.
func (u unprepared) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return u.pool.QueryContext(ctx, u.sql, args...)
}

// ExecContext runs the statement, which returns no rows.
func (u unprepared) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return u.pool.ExecContext(ctx, u.sql, args...)
}

// runner returns what runs s in ctx: a transaction, a replica, or the pool.
//
// On PostgreSQL the adapter prepares nothing. pgx prepares by itself, faster than database/sql, and
// does not if default_query_exec_mode forbids it, as a pooler in transaction mode requires.
func (d *database) runner(ctx context.Context, s *statement) runner {
	if tx := d.transaction(ctx); tx != nil {
		return d.runnerInTx(ctx, tx.Statement.ConnPool, s)
	}
	pool := d.pool
	if replica := d.replica(ctx); replica != nil {
		pool = replica
	}
	switch {
	case pool == nil:
		return unprepared{s.sql, d.gorm.Statement.ConnPool}
	case d.dialect == postgreSQLDialect:
		return unprepared{s.sql, pool}
	}
	if stmt := s.prepare(ctx, pool); stmt != nil {
		return stmt
	}
	return unprepared{s.sql, pool}
}

// query returns the rows that s finds. It returns ErrNotFound for values that no row can contain.
func (d *database) query(ctx context.Context, s *statement, values ...any) (*sql.Rows, error) {
	if !d.dialect.allStorable(values) {
		return nil, cardea.ErrNotFound
	}
	trace := d.trace(ctx, s)
	rows, err := d.runner(ctx, s).QueryContext(ctx, s.args(values)...)
	trace(-1, err)
	return rows, err
}

// exec returns the number of rows that s changed. It is a write that does not happen after ctx has
// ended, see write.
func (d *database) exec(ctx context.Context, s *statement, values ...any) (n int64, err error) {
	err = d.write(ctx, func(ctx context.Context) error {
		n, err = d.execOnce(ctx, s, values)
		return err
	})
	return n, err
}

// execAlone is exec without a transaction, which takes two round trips less. It is for statements
// that overwrite nothing if the server runs them after ctx has ended: a session ends or is renewed,
// or expired rows are deleted, as the caller asked.
func (d *database) execAlone(ctx context.Context, s *statement, values ...any) (n int64, err error) {
	err = d.retry(ctx, func() error {
		n, err = d.execOnce(ctx, s, values)
		return err
	})
	return n, err
}

func (d *database) execOnce(ctx context.Context, s *statement, values []any) (n int64, err error) {
	if !d.dialect.allStorable(values) {
		return 0, nil
	}
	trace := d.trace(ctx, s)
	result, err := d.runner(ctx, s).ExecContext(ctx, s.args(values)...)
	if err == nil {
		n, err = result.RowsAffected()
	}
	trace(n, err)
	return n, err
}

// exists returns ErrNotFound if s finds nothing.
func (d *database) exists(ctx context.Context, s *statement, values ...any) error {
	rows, err := d.query(ctx, s, values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		return nil
	}
	return cmp.Or(rows.Err(), cardea.ErrNotFound)
}

// deleteExpired runs s, which deletes at most limit rows that expired before the given time, and
// returns how many it deleted.
func (d *database) deleteExpired(ctx context.Context, s *statement, before time.Time, limit int) (int, error) {
	if limit <= 0 { // SQLite takes a negative limit for no limit
		return 0, nil
	}
	n, err := d.execAlone(ctx, s, before.UTC(), limit)
	return int(n), err
}

// trace starts a log entry for s. Call the function that it returns after s has run, with the
// number of rows that s changed, or -1.
func (d *database) trace(ctx context.Context, s *statement) func(rows int64, err error) {
	if d.silent {
		return func(int64, error) {}
	}
	begin := time.Now()
	return func(rows int64, err error) {
		d.logger.Trace(ctx, begin, func() (string, int64) { return s.sql, rows }, d.errors.withoutValues(err))
	}
}
