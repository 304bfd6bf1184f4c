package gormadapter

import (
	"cmp"
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
)

// statement is SQL that was compiled once. It is prepared when it first runs on a connection pool,
// not earlier, because its table may not exist until then.
type statement struct {
	sql      string
	vars     []any    // the arguments in order; a param is replaced by the caller's value
	inOrder  bool     // vars are the caller's first values in their order
	isBrief  bool     // it reads one row by a unique key; see uncanceled and directReader
	prepared sync.Map // *sql.DB to *sql.Stmt

	isConverted atomic.Bool // directReader cannot read it
}

// param is the place of one of the caller's values, given by its index.
type param int

// args returns the arguments of the SQL for the caller's values.
func (s *statement) args(values []any) []any {
	if s.inOrder {
		return values[:len(s.vars)]
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

// prepare returns s prepared on pool. It returns nil if s cannot be prepared: the caller runs s
// unprepared and gets the reason as an error.
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

// preparedOn returns s prepared on pool, or nil if that has not happened.
func (s *statement) preparedOn(pool *sql.DB) *sql.Stmt {
	stmt, _ := s.prepared.Load(pool)
	prepared, _ := stmt.(*sql.Stmt)
	return prepared
}

// runner runs one statement. It is a *sql.Stmt or an unprepared statement.
type runner interface {
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
}

// unprepared is SQL with the pool or transaction on which it runs.
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

// runnerFor returns the runner of s in the transaction that ctx carries, otherwise on the replica
// that ctx carries, otherwise on the connection pool.
//
// On PostgreSQL the adapter prepares nothing. pgx itself prepares statements, which is faster than
// preparing them with database/sql, and with default_query_exec_mode an application can forbid it,
// as it must for a pooler in transaction mode.
func (d *database) runnerFor(ctx context.Context, s *statement) runner {
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

// query runs s and returns its rows, which the caller closes. It returns ErrNotFound if no row can
// contain the values.
func (d *database) query(ctx context.Context, s *statement, values ...any) (*sql.Rows, error) {
	if !d.dialect.allStorable(values) {
		return nil, cardea.ErrNotFound
	}
	trace := d.trace(ctx, s)
	runner := d.runnerFor(ctx, s)
	if s.isBrief {
		ctx = d.uncanceled(ctx)
	}
	rows, err := runner.QueryContext(ctx, s.args(values)...)
	trace(-1, err)
	if d.errors.isIncomparable(err) {
		return nil, cardea.ErrNotFound
	}
	return rows, err
}

// uncanceled returns the context with which a brief statement runs on SQLite: one that is never
// canceled. For one that may be, database/sql and the drivers of SQLite each start a goroutine that
// waits for it, for each query. That takes as much time as the query itself, which is over in
// microseconds. BenchmarkSession measures it.
//
// A wait must still end with ctx: for the lock of another transaction, which is limited, if ctx has
// a deadline; and for a connection if all are in use. A transaction has its own goroutine.
func (d *database) uncanceled(ctx context.Context) context.Context {
	if d.dialect != sqliteDialect || d.pool == nil || ctx.Err() != nil || d.transaction(ctx) != nil {
		return ctx
	}
	if _, limited := ctx.Deadline(); limited {
		return ctx
	}
	if stats := d.pool.Stats(); stats.MaxOpenConnections > 0 && stats.InUse >= stats.MaxOpenConnections {
		return ctx
	}
	return context.WithoutCancel(ctx)
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
		return d.queued(ctx, func() error {
			n, err = d.execOnce(ctx, s, values)
			return err
		})
	})
	return n, err
}

func (d *database) execOnce(ctx context.Context, s *statement, values []any) (n int64, err error) {
	if !d.dialect.allStorable(values) {
		return 0, nil
	}
	trace := d.trace(ctx, s)
	result, err := d.runnerFor(ctx, s).ExecContext(ctx, s.args(values)...)
	if err == nil {
		n, err = result.RowsAffected()
	}
	trace(n, err)
	if d.errors.isIncomparable(err) {
		return 0, nil
	}
	return n, err
}

// exists returns nil if s finds a row, and ErrNotFound if it finds none.
func (d *database) exists(ctx context.Context, s *statement, values ...any) error {
	return d.retry(ctx, func() error { return d.existsOnce(ctx, s, values) })
}

func (d *database) existsOnce(ctx context.Context, s *statement, values []any) error {
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

// deleteExpired runs s, which deletes at most limit rows that expired before the given time. It
// returns how many it deleted.
func (d *database) deleteExpired(ctx context.Context, s *statement, before time.Time, limit int) (int, error) {
	if limit <= 0 { // a negative LIMIT means no limit on SQLite
		return 0, nil
	}
	n, err := d.execAlone(ctx, s, before.UTC(), limit)
	return int(n), err
}

// trace starts a log entry for s. The caller calls the returned function after s has run, with the
// number of rows that s changed, or with -1 for a query.
func (d *database) trace(ctx context.Context, s *statement) func(rows int64, err error) {
	if d.silent {
		return func(int64, error) {}
	}
	begin := time.Now()
	return func(rows int64, err error) {
		d.logger.Trace(ctx, begin, func() (string, int64) { return s.sql, rows }, d.errors.withoutValues(err))
	}
}
