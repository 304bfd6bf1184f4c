package schemachange

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// Plan is a list of statements that change a database so that it has what the entities describe,
// and a list of those that undo them. [Diff], [Apply] and [Fresh] return plans. A Plan is data: it
// may be read concurrently.
type Plan struct {
	// Dialect is sqlite, postgres, mysql, mariadb or sqlserver. For a live MariaDB it is mysql,
	// because GORM does not distinguish the two.
	Dialect string

	// Up has the statements to run, in order. It is empty if the database has everything that the
	// entities describe.
	Up []Statement

	// Down has the statements that undo Up, in the order in which to run them.
	Down []Statement

	// Differences describes the changes of Up, one line each, for example "column user.role is
	// missing".
	Differences []string

	// Risks has the changes of Up that fail if a table has certain rows. [Plan.Script] begins with
	// them, as comments. It is empty for an empty database.
	Risks []Risk

	// Extra lists what is in the compared tables but in no entity, one line each, for example
	// "column user.legacy". The plan does not change it.
	Extra []string

	// upOwnTransaction and downOwnTransaction are set if the script must begin its own transaction:
	// it switches SQLite's foreign keys off before the transaction and on after it.
	upOwnTransaction, downOwnTransaction bool

	// undo has, for each statement of Up, the statements that undo it. It is nil if one of the
	// statements cannot be undone separately.
	undo [][]string
}

// Statement is one SQL statement of a [Plan].
type Statement struct {
	// SQL is the statement, without a semicolon at its end.
	SQL string

	// Comment says what the statement does, for example "create table user".
	Comment string
}

// Script returns Up as a script for the database's shell, or the empty string if Up is empty. If
// SQLite has to rebuild a table, the script begins its own transaction and must not run inside
// another one: see docs/migrations.md.
func (p *Plan) Script() string { return riskComments(p.Risks) + script(p.Up, p.upOwnTransaction) }

// riskComments describes risks at the top of a script.
func riskComments(list []Risk) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("-- CAUTION: rows that exist may stand in the way. Run these queries where this script runs.\n")
	for _, r := range list {
		fmt.Fprintf(&b, "--   %s\n--   %s:\n--     %s\n", oneLine(r.Change), r.Kind, oneLine(r.Query))
	}
	return b.String()
}

// String says what the number of rows means.
func (k RiskKind) String() string {
	switch k {
	case RiskValues:
		return "this counts the values to convert, and each must be one of the new type"
	case RiskTable:
		return "this counts rows that belong to those of the other table"
	case RiskAlways:
		return "this fails with and without rows, and this counts the values to convert"
	}
	return "this must return 0"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// DownScript returns Down as a script, in the same form as [Plan.Script].
func (p *Plan) DownScript() string { return script(p.Down, p.downOwnTransaction) }

func script(statements []Statement, ownTransaction bool) string {
	if ownTransaction {
		statements = slices.Concat(beginRebuildScript, statements, endRebuildScript)
	}
	var b strings.Builder
	for _, s := range statements {
		fmt.Fprintf(&b, "-- %s\n%s;\n", strings.ReplaceAll(s.Comment, "\n", " "), s.SQL)
	}
	return b.String()
}

// Diff compares the adapter's database with the adapter's entities and with the given ones, which
// are those of the application, each a pointer to a struct. It returns the plan that removes the
// differences. If there are none, the plan has no statements.
//
// Diff changes nothing. Sometimes only PostgreSQL or MySQL itself can decide whether two types,
// defaults or checks are the same. Diff then creates a temporary table, reads it and drops it. It
// may be called concurrently.
//
// On PostgreSQL, MySQL and MariaDB, Diff waits while an [Apply] of another process is running. On
// MySQL and MariaDB it waits for at most 60 seconds and then returns an error.
//
// Diff also returns an error for SQL Server, for an adapter that was made on a transaction, if a
// table has another primary key than its entity, and if the database returns an error.
func Diff(ctx context.Context, a *gormadapter.Adapter, entities ...any) (*Plan, error) {
	d, err := newLiveDatabase(a, entities)
	if err != nil {
		return nil, err
	}
	p, err := d.diff(ctx)
	if err != nil {
		return nil, d.describe(err)
	}
	return p, nil
}

func toStatements(p *migrate.Plan) (list []Statement) {
	for _, c := range p.Changes {
		list = append(list, Statement{SQL: c.Cmd, Comment: c.Comment})
	}
	return list
}

// reverse returns the statements that undo a plan: undo has a list for each statement of the plan,
// and down has all of them in the order in which to run them.
func reverse(p *migrate.Plan) (undo [][]string, down []Statement, err error) {
	for _, c := range p.Changes {
		statements, err := c.ReverseStmts()
		if err != nil {
			return nil, nil, err
		}
		undo = append(undo, statements)
	}
	for i, statements := range slices.Backward(undo) {
		for _, sql := range statements {
			down = append(down, Statement{SQL: sql, Comment: "undo: " + p.Changes[i].Comment})
		}
	}
	return undo, down, nil
}

func indented(o *migrate.PlanOptions) { o.Indent = "\t" }
