package gormadapter

import (
	"context"
	"database/sql"
	"sync"

	"gorm.io/gorm"
)

// queue holds the statements that ran unprepared in a transaction. They are prepared before the
// next one begins: inside, nothing can be prepared on the pool, whose only connection may be the
// transaction's.
type queue struct {
	mu      sync.Mutex
	waiting []*statement
	texts   map[string]*statement // GORM's, by their SQL
}

// maxTexts bounds how many statements of GORM's are kept: values may write SQL of their own
// (gorm.Valuer), and then no text comes twice.
const maxTexts = 100

// text returns GORM's statement of that SQL, or nil when there are too many to keep another.
func (q *queue) text(query string) *statement {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.texts[query]
	if s == nil && len(q.texts) < maxTexts {
		if q.texts == nil {
			q.texts = map[string]*statement{}
		}
		s = &statement{sql: query}
		q.texts[query] = s
	}
	return s
}

func (q *queue) add(s *statement) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, s)
}

func (q *queue) take() []*statement {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.waiting
	q.waiting = nil
	return waiting
}

// prepareWaiting prepares what the transactions before have asked for. What cannot be prepared is
// left: to run it tells why, and asks again.
func (a *Adapter) prepareWaiting(ctx context.Context) {
	for _, s := range a.queue.take() {
		s.prepare(ctx, a.pool)
	}
}

// inTx finds how s runs in a transaction.
func (a *Adapter) inTx(ctx context.Context, tx gorm.ConnPool, s *statement) runner {
	preparing, ok := tx.(gorm.Tx)
	if !ok || a.pool == nil || a.dialect == postgreSQLDialect {
		return unprepared{s.sql, tx}
	}
	if stmt := s.preparedOn(a.pool); stmt != nil {
		return preparing.StmtContext(ctx, stmt)
	}
	a.queue.add(s)
	return unprepared{s.sql, tx}
}

// preparedTx is a transaction in which GORM's statements run prepared.
type preparedTx struct {
	*sql.Tx
	a *Adapter
}

// prepared makes GORM's statements in db run prepared, where that is a transaction. On PostgreSQL
// pgx does so by itself; on SQL Server GORM writes statements that hold for the rest of their
// batch, which a prepared one ends.
func (a *Adapter) prepared(db *gorm.DB) *gorm.DB {
	tx, ok := db.Statement.ConnPool.(*sql.Tx)
	if ok && a.pool != nil && (a.dialect == sqliteDialect || a.dialect == mySQLDialect) {
		db.Statement.ConnPool = &preparedTx{tx, a}
	}
	return db
}

// GetDBConn is how GORM finds the pool.
func (tx *preparedTx) GetDBConn() (*sql.DB, error) { return tx.a.pool, nil }

func (tx *preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.runner(ctx, query).QueryContext(ctx, args...)
}

func (tx *preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.runner(ctx, query).ExecContext(ctx, args...)
}

func (tx *preparedTx) runner(ctx context.Context, query string) runner {
	s := tx.a.queue.text(query)
	if s == nil {
		return unprepared{query, tx.Tx}
	}
	return tx.a.inTx(ctx, tx.Tx, s)
}
