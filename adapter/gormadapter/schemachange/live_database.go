package schemachange

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ariga.io/atlas/sql/schema"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

// liveDatabase is the database of an adapter, with the entities to compare it with.
type liveDatabase struct {
	engine   liveEngine
	db       *gorm.DB
	entities []any
}

func newLiveDatabase(a *gormadapter.Adapter, entities []any) (*liveDatabase, error) {
	dialect := a.DB().Dialector.Name()
	e, err := engineFor(dialect)
	if err != nil {
		return nil, err
	}
	live, ok := e.(liveEngine)
	if !ok { // SQL Server
		return nil, errors.New("schemachange: a live SQL Server cannot be compared: " +
			"use Adapter.Migrate, or Fresh for the SQL of an empty database")
	}
	if _, ok := a.DB().Statement.ConnPool.(gorm.TxCommitter); ok {
		return nil, errors.New("schemachange: the adapter was made on a transaction, " +
			"and a plan cannot be part of one: make the adapter on the *gorm.DB that began the transaction")
	}
	return &liveDatabase{live, a.DB(), append(a.Entities(), entities...)}, nil
}

// diff makes the plan and changes nothing.
func (d *liveDatabase) diff(ctx context.Context) (*Plan, error) {
	return d.onConnection(ctx, d.engine.planOnly)
}

// apply makes the plan and runs it, once.
func (d *liveDatabase) apply(ctx context.Context) (*Plan, error) {
	return d.onConnection(ctx, d.engine.planAndRun)
}

// onConnection calls do with one connection of the pool, because SQLite's foreign_keys and MySQL's
// locks belong to a connection.
func (d *liveDatabase) onConnection(
	ctx context.Context, do func(context.Context, *sql.Conn, planFunc) (*Plan, error),
) (*Plan, error) {
	pool, err := d.db.DB()
	if err != nil {
		return nil, fmt.Errorf("connection pool: %w", err)
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return do(ctx, conn, func(q schema.ExecQuerier) (*Plan, error) { return d.plan(ctx, q) })
}

// plan compares the database with the entities. It returns the statements that remove the
// differences and those that undo them.
func (d *liveDatabase) plan(ctx context.Context, q schema.ExecQuerier) (*Plan, error) {
	c, err := d.compare(ctx, q)
	if err != nil {
		return nil, err
	}
	p := &Plan{
		Dialect: d.db.Dialector.Name(), Differences: differences(c.changes), Extra: c.extra,
	}
	p.Risks, err = findRisks(d.db, c.changes, func(t *schema.Table, c *schema.ModifyColumn) (bool, error) {
		return d.engine.refuses(ctx, q, t, c)
	})
	if err != nil {
		return nil, err
	}
	if len(c.changes) == 0 {
		return p, nil
	}
	planned, err := c.driver.PlanChanges(ctx, "cardea", c.changes)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	if p.Up, p.upOwnTransaction, err = d.engine.finish(planned, c.preserved); err != nil {
		return nil, err
	}
	if planned.Reversible {
		p.undo, p.Down, err = reverse(planned)
		return p, err
	}
	p.Down, p.downOwnTransaction, err = d.planUndo(ctx, c)
	return p, err
}

func (d *liveDatabase) compare(ctx context.Context, q schema.ExecQuerier) (*comparison, error) {
	want, err := convert(d.db, d.db, d.engine, d.entities)
	if err != nil {
		return nil, err
	}
	if err := d.engine.matchCollation(ctx, q, want); err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	driver, err := d.engine.open(q)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	c := &comparison{
		engine: d.engine, driver: driver, q: q, want: want, preserved: make(map[string]preserved),
	}
	return c, c.compare(ctx)
}

// planUndo returns the statements that undo a plan if Atlas cannot reverse the plan by itself.
func (d *liveDatabase) planUndo(ctx context.Context, c *comparison) ([]Statement, bool, error) {
	changes, err := c.reverseChanges(ctx)
	if err != nil {
		return nil, false, err
	}
	planned, err := c.driver.PlanChanges(ctx, "cardea", changes, indented)
	if err != nil {
		return nil, false, fmt.Errorf("plan the undo statements: %w", err)
	}
	return d.engine.finish(planned, c.preserved)
}
