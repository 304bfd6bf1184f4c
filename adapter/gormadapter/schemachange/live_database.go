package schemachange

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
	orm "gorm.io/gorm/schema"
)

// pinned is the one connection that a plan is made and run on: SQLite's foreign_keys and MySQL's
// locks belong to a connection.
type pinned = *sql.Conn

// engine is what the databases disagree about.
type engine interface {
	open(q schema.ExecQuerier) (migrate.Driver, error)
	offline() migrate.PlanApplier

	// column gives c the type that GORM has for f, attributes and index what comes with a new table
	// and with an index's tag.
	column(c *schema.Column, sqlType string, f *orm.Field) error
	attributes(t *schema.Table)
	index(i *schema.Index, from *orm.Index) error
	prefix(part *schema.IndexPart, length int)

	// fit gives new tables what the database has to be asked about. The users' table is the first.
	fit(ctx context.Context, q schema.ExecQuerier, tables []*schema.Table) error

	// settle makes what in want means the same as in live equal to it, as the database itself sees
	// it, and returns the changes of checks.
	settle(ctx context.Context, q schema.ExecQuerier, live, want *schema.Table) ([]schema.Change, error)

	// keep takes out of live what a rebuild of the table would lose.
	keep(ctx context.Context, q schema.ExecQuerier, live, want *schema.Table) (kept, error)

	// complete turns Atlas's plan into statements. The plan is apart when it cannot run in a
	// transaction that others opened.
	complete(p *migrate.Plan, keep map[string]kept) (list []Statement, apart bool, err error)

	// look runs fn where what it reads fits together, and undoes what it writes.
	look(ctx context.Context, conn pinned, fn func(schema.ExecQuerier) error) error

	// change runs the plan that fn returns under a lock which two processes cannot have. When it
	// fails, nothing has changed.
	change(ctx context.Context, conn pinned, fn func(schema.ExecQuerier) (*Plan, error)) error

	// busy reports whether change may succeed when it is tried again.
	busy(err error) bool
}

// kept is what no rebuild of a table may lose: statements that make it anew, and what there is no
// statement for.
type kept struct {
	statements []Statement
	obstacle   string
}

// target is a live database.
type target struct {
	engine   engine
	db       *gorm.DB
	entities []any
}

func newTarget(a *gormadapter.Adapter, own []any) (*target, error) {
	name := a.DB().Dialector.Name()
	e, err := engineOf(name)
	if err != nil {
		return nil, err
	}
	if name == "sqlserver" {
		return nil, fmt.Errorf(
			"schemachange: a live SQL Server cannot be compared: use Adapter.Migrate, or Fresh for its SQL",
		)
	}
	if _, ok := a.DB().Statement.ConnPool.(gorm.TxCommitter); ok {
		return nil, errors.New("schemachange: the adapter was made on a transaction, of which a plan cannot be part: " +
			"make it on the *gorm.DB that the transaction was begun on")
	}
	return &target{e, a.DB(), append(a.Entities(), own...)}, nil
}

func (t *target) pinned(ctx context.Context, fn func(pinned) error) error {
	pool, err := t.db.DB()
	if err != nil {
		return fmt.Errorf("connection pool: %w", err)
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return fn(conn)
}

// tracked runs fn and closes the rows that it leaves open, as Atlas does where it fails halfway: a
// connection does not close before they do.
func tracked(q schema.ExecQuerier, fn func(schema.ExecQuerier) error) error {
	t := &tracker{ExecQuerier: q}
	defer t.close()
	return fn(t)
}

type tracker struct {
	schema.ExecQuerier
	open []*sql.Rows
}

func (t *tracker) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := t.ExecQuerier.QueryContext(ctx, query, args...)
	if err == nil {
		t.open = append(t.open, rows)
	}
	return rows, err
}

func (t *tracker) close() {
	for _, rows := range t.open {
		rows.Close()
	}
}

// plan compares what q shows with the entities.
func (t *target) plan(ctx context.Context, q schema.ExecQuerier) (*Plan, error) {
	wanted, err := describe(t.db, t.db, t.engine, t.entities)
	if err != nil {
		return nil, err
	}
	if err := t.engine.fit(ctx, q, wanted); err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	driver, err := t.engine.open(q)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	c := &comparison{engine: t.engine, driver: driver, q: q, kept: make(map[string]kept)}
	if err := c.compare(ctx, wanted); err != nil {
		return nil, err
	}
	if len(c.changes) == 0 {
		return &Plan{Dialect: t.db.Dialector.Name(), Extra: c.extra}, nil
	}
	planned, err := driver.PlanChanges(ctx, "cardea", c.changes)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	p := &Plan{Dialect: t.db.Dialector.Name(), Differences: differences(c.changes), Extra: c.extra}
	if p.Up, p.upApart, err = t.engine.complete(planned, c.kept); err != nil {
		return nil, err
	}
	if planned.Reversible {
		p.steps, p.Down, err = reversed(planned)
		return p, err
	}
	back, err := c.back(ctx)
	if err != nil {
		return nil, err
	}
	if planned, err = driver.PlanChanges(ctx, "cardea", back, indented); err != nil {
		return nil, fmt.Errorf("plan the way back: %w", err)
	}
	p.Down, p.downApart, err = t.engine.complete(planned, c.kept)
	return p, err
}
