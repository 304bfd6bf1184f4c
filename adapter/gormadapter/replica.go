package gormadapter

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// resolverCallback is the name under which gorm.io/plugin/dbresolver registers its callbacks.
const resolverCallback = "gorm:db_resolver"

// replicas are the read replicas of the application's dbresolver.
type replicas struct {
	choose func(*gorm.DB) // sets the replica for a query
	schema *schema.Schema // of the session table
}

// replicaKey is the context key of the replica on which the statements of a database run.
type replicaKey struct{ d *database }

// replica returns the replica that ctx carries, or nil.
func (d *database) replica(ctx context.Context) *sql.DB {
	if d.replicas == nil {
		return nil
	}
	replica, _ := ctx.Value(replicaKey{d}).(*sql.DB)
	return replica
}

// withReplica returns a context in which statements run on the replica that the application's
// dbresolver chooses for the session table. It returns false if there is no replica, or if ctx
// carries a transaction.
func (d *database) withReplica(ctx context.Context) (context.Context, bool) {
	if d.replicas == nil || d.transaction(ctx) != nil {
		return ctx, false
	}
	pool := d.chosenPool(ctx, d.replicas.choose, d.replicas.schema)
	if pool == nil || pool == d.pool {
		return ctx, false
	}
	return context.WithValue(ctx, replicaKey{d}, pool), true
}

// chosenPool returns the connection pool that dbresolver chooses for a statement on a table, or
// nil. choose is the callback of dbresolver for that kind of statement.
func (d *database) chosenPool(ctx context.Context, choose func(*gorm.DB), s *schema.Schema) *sql.DB {
	db := d.sessionOn(ctx, d.gorm)
	db.Statement.Table = s.Table
	choose(db)
	pool, err := db.DB()
	if err != nil {
		return nil
	}
	return pool
}

// findResolver finds the application's dbresolver, whose replicas are for reading sessions. It
// returns a fault for each table that dbresolver would write to another database, because
// transactions begin on the connection itself.
func (d *database) findResolver(t tables) (faults []error) {
	write := d.gorm.Callback().Update().Get(resolverCallback)
	if write == nil || d.pool == nil {
		return nil
	}
	for _, t := range t.inOrder() {
		if d.chosenPool(context.Background(), write, t.schema) != d.pool {
			faults = append(faults, fmt.Errorf("dbresolver writes table %s to another database than "+
				"the one on which GORM begins transactions: give it replicas only, and no sources for this table",
				t.schema.Table))
		}
	}
	if choose := d.gorm.Callback().Query().Get(resolverCallback); choose != nil {
		d.replicas = &replicas{choose, t.session.schema}
	}
	return faults
}
