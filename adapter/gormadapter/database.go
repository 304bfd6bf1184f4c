package gormadapter

import (
	"cmp"
	"context"
	"database/sql"
	"log/slog"
	"sync/atomic"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// database runs statements on the application's connection, or on the one that Open made.
type database struct {
	gorm   *gorm.DB
	pool   *sql.DB          // the connection pool of gorm, or nil if GORM does not know it
	tx     *gorm.DB         // gorm if it is itself a transaction, otherwise nil
	logger logger.Interface // the logger of gorm, without values
	log    *slog.Logger     // where warnings go; nil for logger
	silent bool             // logger logs nothing

	dialect dialect
	errors  errorClassifier
	cluster cluster

	replicas *replicas // nil without dbresolver
	queue    prepareQueue
	writers  *writerQueue // of SQLite; nil for other databases

	gormStatements statementCache

	savepoints atomic.Int64 // how many were set; their names are numbered
}

func newDatabase(db *gorm.DB) *database {
	d := &database{
		gorm:    db,
		logger:  loggerFor(db),
		silent:  db.Logger == logger.Discard,
		dialect: dialect(db.Dialector.Name()),
		errors:  newErrorClassifier(db),
	}
	if d.dialect == sqliteDialect {
		d.writers = newWriterQueue(maxTurn)
	}
	d.pool, _ = db.DB()
	if inTransaction(db) {
		d.tx = db
	}
	return d
}

// warn logs a warning, which must not contain a value of a row.
func (d *database) warn(ctx context.Context, text string) {
	if d.log != nil {
		d.log.WarnContext(ctx, text)
		return
	}
	d.logger.Warn(ctx, text)
}

// session returns a GORM session, in the transaction that ctx carries if there is one.
func (d *database) session(ctx context.Context) *gorm.DB {
	return d.sessionOn(ctx, cmp.Or(d.transaction(ctx), d.gorm))
}

func (d *database) sessionOn(ctx context.Context, db *gorm.DB) *gorm.DB {
	return db.Session(&gorm.Session{NewDB: true, Context: ctx, Logger: d.logger})
}

// writer returns a session that inserts, updates or deletes an entity of t. If GORM needs only one
// statement for that, the session leaves out GORM's own transaction around it and prepares the
// statement. Otherwise it leaves everything to GORM, because the entity's hooks may use the
// session.
func (d *database) writer(ctx context.Context, t *table) *gorm.DB {
	if !t.singleStatement {
		return d.session(ctx)
	}
	db := cmp.Or(d.transaction(ctx), d.gorm)
	return d.prepared(db.Session(&gorm.Session{
		NewDB: true, Context: ctx, Logger: d.logger, SkipDefaultTransaction: true,
	}))
}
