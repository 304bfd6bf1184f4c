package gormadapter

import (
	"context"
	"database/sql"
	"sync"

	"gorm.io/gorm"
)

// prepareQueue holds the statements that ran unprepared in a transaction, to prepare them before
// the next transaction begins. Inside a transaction nothing can be prepared on the pool, because
// the transaction may have the pool's only connection.
type prepareQueue struct {
	mu      sync.Mutex
	waiting []*statement
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

// statementCache keeps the statements that GORM has written, so that each text is prepared once.
type statementCache struct {
	mu         sync.Mutex
	statements map[string]*statement // by their SQL
}

// maxCachedStatements limits a statementCache. If an entity has values that write SQL
// (gorm.Valuer), each of its statements may have another text.
const maxCachedStatements = 100

// get returns the statement with that SQL. It returns nil if the SQL is new and the cache is full.
func (c *statementCache) get(query string) *statement {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.statements[query]
	if s == nil && len(c.statements) < maxCachedStatements {
		if c.statements == nil {
			c.statements = map[string]*statement{}
		}
		s = &statement{sql: query}
		c.statements[query] = s
	}
	return s
}

// prepareWaiting prepares the statements that earlier transactions have queued. It ignores errors:
// running the statement returns the error again and queues it again.
func (d *database) prepareWaiting(ctx context.Context) {
	for _, s := range d.queue.take() {
		s.prepare(ctx, d.pool)
	}
}

// runnerInTx returns the runner of s in a transaction. If s is not prepared yet, it runs unprepared
// and is queued.
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
// PostgreSQL pgx itself prepares them. On SQL Server they must not be prepared: GORM writes
// statements whose effect lasts until the end of their batch, and each prepared statement is a
// separate batch.
func (d *database) prepared(db *gorm.DB) *gorm.DB {
	tx, ok := db.Statement.ConnPool.(*sql.Tx)
	if ok && d.pool != nil && (d.dialect == sqliteDialect || d.dialect == mySQLDialect) {
		db.Statement.ConnPool = &preparedTx{tx, d}
	}
	return db
}

// GetDBConn returns the connection pool. GORM requires the method.
func (tx *preparedTx) GetDBConn() (*sql.DB, error) { return tx.d.pool, nil }

// QueryContext runs a query that GORM wrote.
func (tx *preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.runner(ctx, query).QueryContext(ctx, args...)
}

// ExecContext runs a statement that GORM wrote.
func (tx *preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.runner(ctx, query).ExecContext(ctx, args...)
}

func (tx *preparedTx) runner(ctx context.Context, query string) runner {
	s := tx.d.gormStatements.get(query)
	if s == nil {
		return unprepared{query, tx.Tx}
	}
	return tx.d.runnerInTx(ctx, tx.Tx, s)
}
