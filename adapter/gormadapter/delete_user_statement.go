package gormadapter

import (
	"fmt"
	"strings"

	"gorm.io/gorm/clause"
)

// deleteUserAtOnce deletes a user with what belongs to it in one statement, in a database without
// the table of authenticators, or with it. The statements are nil if the database has none for
// that, or if GORM has more to do.
type deleteUserAtOnce struct{ without, with *statement }

func (c *compiler) deleteUserAtOnce(t tables) deleteUserAtOnce {
	var together func(user *table, owned ...*table) clause.Expr
	switch c.dialect {
	case postgreSQLDialect:
		together = c.deleteWith
	case mySQLDialect:
		together = c.deleteJoined
	}
	if together == nil || !t.user.plainlyDeleted() {
		return deleteUserAtOnce{}
	}
	return deleteUserAtOnce{
		without: c.compile(t.user.schema, wholeStatement{together(t.user, t.session, t.account)}),
		with:    c.compile(t.user.schema, wholeStatement{together(t.user, t.session, t.account, t.authenticator)}),
	}
}

// deleteWith is PostgreSQL's statement. All its parts see the database as it was before, and
// foreign keys are checked after all of them.
func (c *compiler) deleteWith(user *table, owned ...*table) clause.Expr {
	var parts []string
	var vars []any
	for i, t := range owned {
		parts = append(parts, fmt.Sprintf("owned%d AS (DELETE FROM ? WHERE ?)", i))
		vars = append(vars, clauseTable(t), c.equal(t.column("UserID"), 0))
	}
	return clause.Expr{
		SQL:  "WITH " + strings.Join(parts, ", ") + " DELETE FROM ? WHERE ?",
		Vars: append(vars, clauseTable(user), c.equal(user.column("ID"), 0)),
	}
}

// deleteJoined is MySQL's statement. It begins with the user, so MySQL refuses it if a foreign key
// does not cascade.
func (c *compiler) deleteJoined(user *table, owned ...*table) clause.Expr {
	tables, joins := []any{clauseTable(user)}, []any{clauseTable(user)}
	for _, t := range owned {
		tables = append(tables, clauseTable(t))
		joins = append(joins, clauseTable(t), c.dialect.bytewiseEqual(t.column("UserID"), user.column("ID")))
	}
	return clause.Expr{
		SQL: "DELETE ?" + strings.Repeat(", ?", len(owned)) +
			" FROM ?" + strings.Repeat(" LEFT JOIN ? ON ?", len(owned)) + " WHERE ?",
		Vars: append(append(tables, joins...), c.equal(user.column("ID"), 0)),
	}
}

// wholeStatement is a statement that consists of one clause.
type wholeStatement struct{ clause.Expr }

// Name is the place of the clause among those that compile builds.
func (wholeStatement) Name() string { return "SELECT" }

// MergeClause leaves out the clause's name, so that the SQL is written as it is.
func (s wholeStatement) MergeClause(c *clause.Clause) { c.Name, c.Expression = "", s.Expr }
