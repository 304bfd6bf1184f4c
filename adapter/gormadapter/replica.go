package gormadapter

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// resolver is the name under which gorm.io/plugin/dbresolver hangs itself into GORM.
const resolver = "gorm:db_resolver"

// replicaKey is the context key of the replica on which the adapter's statements run.
type replicaKey struct{ a *Adapter }

func (a *Adapter) replicaOf(ctx context.Context) *sql.DB {
	if a.choose == nil {
		return nil
	}
	replica, _ := ctx.Value(replicaKey{a}).(*sql.DB)
	return replica
}

// withReplica returns a context in which statements run on a replica that the application's
// dbresolver chooses for the session table, if there is one and no transaction is open.
func (a *Adapter) withReplica(ctx context.Context) (context.Context, bool) {
	if a.choose == nil || a.joined(ctx) != nil {
		return ctx, false
	}
	pool := a.chosen(ctx, a.choose, a.session.schema)
	if pool == nil || pool == a.pool {
		return ctx, false
	}
	return context.WithValue(ctx, replicaKey{a}, pool), true
}

// chosen asks dbresolver for the pool on which a statement on a table runs.
func (a *Adapter) chosen(ctx context.Context, choose func(*gorm.DB), s *schema.Schema) *sql.DB {
	db := a.on(ctx, a.db)
	db.Statement.Table = s.Table
	choose(db)
	pool, err := db.DB()
	if err != nil {
		return nil
	}
	return pool
}

// findResolver finds the application's dbresolver. Its replicas are for reading sessions. Other
// sources to write to than the connection itself are refused, because GORM begins transactions on
// the connection.
func (a *Adapter) findResolver() (faults []error) {
	write := a.db.Callback().Update().Get(resolver)
	if write == nil || a.pool == nil {
		return nil
	}
	for _, t := range a.tables() {
		if a.chosen(context.Background(), write, t.schema) != a.pool {
			faults = append(faults, fmt.Errorf("dbresolver writes table %s elsewhere than where GORM begins "+
				"transactions: give it replicas only, "+
				"and no sources for this table", t.schema.Table))
		}
	}
	a.choose = a.db.Callback().Query().Get(resolver)
	return faults
}
