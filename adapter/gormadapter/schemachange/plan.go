// Package schemachange brings a live database to what the adapter's entities say, by a plan that can
// be read before it runs: new tables, columns, indexes, foreign keys and checks, and changed types,
// defaults and checks, on SQLite, PostgreSQL, MySQL and MariaDB.
//
// [Diff] makes the plan, [Apply] makes and runs it, [Fresh] writes the schema of an empty database,
// and [Main] is all of that as a command of the application, numbered files for goose and
// golang-migrate among it. The entities are described by GORM itself, so tags, naming strategies
// and prefixes mean what they mean to the adapter; the difference is found by Atlas
// (ariga.io/atlas), which is why this is a module of its own.
//
// # What is never touched
//
// Only the tables of the entities are looked at. Columns, indexes, constraints, triggers and
// defaults in them that no entity knows stay as they are, and are listed in [Plan.Extra]. Nothing
// is dropped but to be made anew in another shape: an index, a check or a foreign key whose
// definition changed, and on SQLite the old copy of a table that had to be rebuilt.
//
// [gormadapter.Adapter.Migrate] needs none of this and only adds. Use it where a new column is all
// that ever happens.
package schemachange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// Plan is what makes a database from what it is into what the entities say, and back.
type Plan struct {
	// Dialect is sqlite, postgres, mysql, mariadb or sqlserver. A plan for a live MariaDB says
	// mysql, as GORM does.
	Dialect string

	// Up is empty when there is nothing to do. Down undoes it, in order.
	Up, Down []Statement

	// Differences says what Up is about, one line each, such as "column user.role is missing".
	Differences []string

	// Extra lists what the database has and no entity knows. It stays.
	Extra []string

	upApart, downApart bool
	steps              [][]string // what undoes each statement of Up, where the database commits each
}

// Statement is one SQL statement, without a semicolon at its end.
type Statement struct {
	SQL     string
	Comment string
}

// Script returns Up as a script for the database's own shell. Where SQLite has to rebuild a table
// the script opens its own transaction, and must not run inside another: see docs/migrations.md.
func (p *Plan) Script() string { return script(p.Up, p.upApart) }

// DownScript is Script for Down.
func (p *Plan) DownScript() string { return script(p.Down, p.downApart) }

func script(statements []Statement, apart bool) string {
	if apart {
		statements = slices.Concat(enterRebuild, statements, leaveRebuild)
	}
	var b strings.Builder
	for _, s := range statements {
		fmt.Fprintf(&b, "-- %s\n%s;\n", strings.ReplaceAll(s.Comment, "\n", " "), s.SQL)
	}
	return b.String()
}

// Diff returns the plan that brings the database of the adapter to its entities and to the
// application's own, if any are given. It changes nothing; where it has to hear from PostgreSQL or
// MySQL what they make of a type, a default or a check, it creates a temporary table.
func Diff(ctx context.Context, a *gormadapter.Adapter, own ...any) (*Plan, error) {
	t, err := newTarget(a, own)
	if err != nil {
		return nil, err
	}
	var p *Plan
	err = t.pinned(ctx, func(conn pinned) error {
		return t.engine.look(ctx, conn, func(q schema.ExecQuerier) (err error) {
			p, err = t.plan(ctx, q)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("schemachange: %w", err)
	}
	return p, nil
}

// Fresh returns the schema of an empty database in a dialect: sqlite, postgres, mysql, mariadb or
// sqlserver. Of the adapter it uses the entities and the naming, never the connection.
func Fresh(dialect string, a *gormadapter.Adapter, own ...any) (*Plan, error) {
	e, err := engineOf(dialect)
	if err != nil {
		return nil, err
	}
	types, err := offlineDB(dialect)
	if err != nil {
		return nil, fmt.Errorf("schemachange: %w", err)
	}
	wanted, err := describe(a.DB(), types, e, append(a.Entities(), own...))
	if err != nil {
		return nil, fmt.Errorf("schemachange: %w", err)
	}
	var changes []schema.Change
	for _, name := range schemaNames(wanted) {
		if name != "" {
			changes = append(changes, addSchema(name))
		}
	}
	for _, table := range wanted {
		changes = append(changes, &schema.AddTable{T: table})
	}
	planned, err := e.offline().PlanChanges(context.Background(), "cardea", changes, indented)
	if err != nil {
		return nil, fmt.Errorf("schemachange: plan: %w", err)
	}
	p := &Plan{Dialect: dialect, Up: statements(planned), Differences: differences(changes)}
	_, p.Down, err = reversed(planned)
	return p, err
}

func indented(o *migrate.PlanOptions) { o.Indent = "\t" }

func addSchema(name string) schema.Change {
	return &schema.AddSchema{S: schema.New(name), Extra: []schema.Clause{&schema.IfNotExists{}}}
}

func schemaNames(tables []*schema.Table) (names []string) {
	for _, t := range tables {
		if !slices.Contains(names, t.Schema.Name) {
			names = append(names, t.Schema.Name)
		}
	}
	return names
}

func statements(p *migrate.Plan) (list []Statement) {
	for _, c := range p.Changes {
		list = append(list, Statement{c.Cmd, c.Comment})
	}
	return list
}

// reversed returns what undoes each statement of a plan, and all of it in the order in which to run
// it.
func reversed(p *migrate.Plan) (steps [][]string, down []Statement, err error) {
	for _, c := range p.Changes {
		undo, err := c.ReverseStmts()
		if err != nil {
			return nil, nil, err
		}
		steps = append(steps, undo)
	}
	for i, undo := range slices.Backward(steps) {
		for _, sql := range undo {
			down = append(down, Statement{sql, "undo: " + p.Changes[i].Comment})
		}
	}
	return steps, down, nil
}

// errDialect says what can be planned.
var errDialect = errors.New("known are sqlite, postgres, mysql, mariadb and sqlserver")

func engineOf(dialect string) (engine, error) {
	switch dialect {
	case "sqlite":
		return sqliteEngine{}, nil
	case "postgres":
		return postgresEngine{}, nil
	case "mysql":
		return mysqlEngine{collation: "utf8mb4_0900_bin"}, nil
	case "mariadb":
		return mysqlEngine{collation: "utf8mb4_nopad_bin"}, nil
	case "sqlserver":
		return sqlserverEngine{}, nil
	}
	return nil, fmt.Errorf("schemachange: dialect %q: %w", dialect, errDialect)
}
