package gormadapter

import (
	"context"
	"database/sql"
	"sync"

	"gorm.io/gorm"
)

// prepareQueue holds the statements that ran unprepared in a transaction. They are prepared before
// the next transaction begins: inside one, nothing can be prepared on the pool, because its only
// connection may be the transaction's.
type prepareQueue struct {
	mu      sync.Mutex
	waiting []*statement
	texts   map[string]*statement // GORM's, by their SQL
}

// maxTexts limits how many of GORM's statements are kept. If values write SQL of their own
// (gorm.Valuer), no two statements have the same text.
const maxTexts = 100

// text returns GORM's statement with that SQL, or nil if it is new and maxTexts are kept already.
func (q *prepareQueue) text(query string) *statement {
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

func (q *prepareQueue) add(s *statement) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, s)
}

func (q *prepareQueue) take() []*statement {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := q.waiting
	q.waiting = nil
	return waiting
}

// prepareWaiting prepares the statements that earlier transactions have queued. It ignores those
// that cannot be prepared: running them returns the error and queues them again.
func (d *database) prepareWaiting(ctx context.Context) {
	for _, s := range d.queue.take() {
		s.prepare(ctx, d.pool)
	}
}

// runnerInTx returns what runs s in a transaction.
func (d *database) runnerInTx(ctx context.Context, tx gorm.ConnPool, s *statement) runner {
	preparing, ok := tx.(gorm.Tx)
	if !ok || d.pool == nil || d.dialect == postgreSQLDialect {
		return unprepared{s.sql, tx}
	}
	if stmt := s.preparedOn(d.pool); stmt != nil {
		return preparing.StmtContext(ctx, stmt)
	}
	d.queue.add(s)
	return unprepared{s.sql, tx}
}

// preparedTx is a transaction in which GORM's statements run prepared.
type preparedTx struct {
	*sql.Tx
	d *database
}

// prepared makes GORM's statements run prepared if db is a transaction on SQLite or MySQL. On
// PostgreSQL, pgx prepares them by itself. On SQL Server, GORM writes statements whose effect lasts
// until the end of their batch, and a prepared statement ends the batch.
func (d *database) prepared(db *gorm.DB) *gorm.DB {
	tx, ok := db.Statement.ConnPool.(*sql.Tx)
	if ok && d.pool != nil && (d.dialect == sqliteDialect || d.dialect == mySQLDialect) {
		db.Statement.ConnPool = &preparedTx{tx, d}
	}
	return db
}

// GetDBConn returns the pool. GORM calls it.
func (tx *preparedTx) GetDBConn() (*sql.DB, error) { return tx.d.pool, nil }

// QueryContext runs a query of GORM's.
func (tx *preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.runner(ctx, query).QueryContext(ctx, args...)
}

// ExecContext runs a statement of GORM's.
func (tx *preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.runner(ctx, query).ExecContext(ctx, args...)
}

func (tx *preparedTx) runner(ctx context.Context, query string) runner {
	s := tx.d.queue.text(query)
	if s == nil {
		return unprepared{query, tx.Tx}
	}
	return tx.d.runnerInTx(ctx, tx.Tx, s)
}
