package gormadapter

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm/clause"
)

// removal deletes a user with what hangs on it in one statement. It is nil where the database has
// no such statement, or where GORM has more to do.
type removal struct{ plain, passkeys *statement } // in a database without the table of authenticators, and with it

func (p *parser) removal(user, session, account, authenticator *table) removal {
	var together func(user *table, owned ...*table) clause.Expr
	switch dialect(p.db.Dialector.Name()) {
	case postgreSQLDialect:
		together = p.removeWith
	case mySQLDialect:
		together = p.removeJoined
	}
	if together == nil || !user.plainlyDeleted() {
		return removal{}
	}
	return removal{
		plain:    p.compile(user.schema, text{together(user, session, account)}),
		passkeys: p.compile(user.schema, text{together(user, session, account, authenticator)}),
	}
}

// removeWith is PostgreSQL's: all parts see the database as it was before, and foreign keys are
// checked when all of them are done.
func (p *parser) removeWith(user *table, owned ...*table) clause.Expr {
	var parts []string
	var vars []any
	for i, t := range owned {
		parts = append(parts, fmt.Sprintf("owned%d AS (DELETE FROM ? WHERE ?)", i))
		vars = append(vars, named(t), p.is(p.column(t, "UserID"), 0))
	}
	return clause.Expr{
		SQL:  "WITH " + strings.Join(parts, ", ") + " DELETE FROM ? WHERE ?",
		Vars: append(vars, named(user), p.is(p.column(user, "ID"), 0)),
	}
}

// removeJoined is MySQL's, which begins with the user, and so is refused where a foreign key does
// not cascade.
func (p *parser) removeJoined(user *table, owned ...*table) clause.Expr {
	tables, joins := []any{named(user)}, []any{named(user)}
	for _, t := range owned {
		tables = append(tables, named(t))
		joins = append(joins, named(t), is(mySQLDialect, p.column(t, "UserID"), p.column(user, "ID")))
	}
	return clause.Expr{
		SQL: "DELETE ?" + strings.Repeat(", ?", len(owned)) + " FROM ?" + strings.Repeat(" LEFT JOIN ? ON ?",
			len(owned)) + " WHERE ?",
		Vars: append(append(tables, joins...), p.is(p.column(user, "ID"), 0)),
	}
}

func named(t *table) clause.Table { return clause.Table{Name: t.schema.Table} }

// text is a whole statement among the clauses of one.
type text struct{ clause.Expr }

func (text) Name() string { return "SELECT" }

func (t text) MergeClause(c *clause.Clause) { c.Name, c.Expression = "", t.Expr }

// deleteAtOnce reports whether it deleted the user with what hung on it. Where it did not, there
// may be something left of a user that is gone, or MySQL has refused the statement because of a
// foreign key that does not cascade: the adapter's own, or one of the application's.
func (a *Adapter) deleteAtOnce(ctx context.Context, key any) (bool, error) {
	s := a.statements.removal.plain
	if s != nil && a.seesPasskeys(ctx) {
		s = a.statements.removal.passkeys
	}
	if s == nil {
		return false, nil
	}
	n, err := a.exec(ctx, s, key)
	if a.errors.isReferenced(err) {
		return false, nil
	}
	return n > 0, err
}
