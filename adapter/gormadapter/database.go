package gormadapter

import (
	"cmp"
	"context"
	"database/sql"
	"sync/atomic"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// database runs statements on the application's connection, or on the one that Open made.
type database struct {
	gorm   *gorm.DB
	pool   *sql.DB          // the connection pool of gorm; nil if GORM cannot tell
	tx     *gorm.DB         // gorm, if that is itself a transaction
	logger logger.Interface // gorm's, without values
	silent bool             // logger logs nothing

	dialect dialect
	errors  errorClassifier

	replicas *replicas // nil without dbresolver
	queue    prepareQueue

	savepoints atomic.Int64 // their number, for their names
}

func newDatabase(db *gorm.DB) *database {
	d := &database{
		gorm:    db,
		logger:  quietLogger{db.Logger},
		silent:  db.Logger == logger.Discard,
		dialect: dialect(db.Dialector.Name()),
		errors:  newErrorClassifier(db),
	}
	d.pool, _ = db.DB()
	if inTransaction(db) {
		d.tx = db
	}
	return d
}

// session returns a GORM session, in the transaction that ctx carries if there is one.
func (d *database) session(ctx context.Context) *gorm.DB {
	return d.sessionOn(ctx, cmp.Or(d.transaction(ctx), d.gorm))
}

func (d *database) sessionOn(ctx context.Context, db *gorm.DB) *gorm.DB {
	return db.Session(&gorm.Session{NewDB: true, Context: ctx, Logger: d.logger})
}

// writer returns a session that writes an entity of t. If the entity has no hooks, there is only
// one statement: GORM's own transaction around each write is left out, and the statement is
// prepared. Hooks get the transaction as it is.
func (d *database) writer(ctx context.Context, t *table) *gorm.DB {
	if !t.simple {
		return d.session(ctx)
	}
	db := cmp.Or(d.transaction(ctx), d.gorm)
	return d.prepared(db.Session(&gorm.Session{
		NewDB: true, Context: ctx, Logger: d.logger, SkipDefaultTransaction: true,
	}))
}
