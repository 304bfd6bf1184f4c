package gormadapter

import (
	"fmt"
	"strings"

	"gorm.io/gorm/clause"
)

// ownedTables says which of the tables that a database need not have are there.
type ownedTables struct{ authenticators, passwords bool }

// cascadingDelete compiles the statement that deletes a user with the rows that belong to the user,
// one for each set of tables. It is nil if the database has no such statement, or if the user
// entity has hooks or soft deletion.
func (c *compiler) cascadingDelete(t tables) map[ownedTables]*statement {
	var build func(user *table, owned ...*table) clause.Expr
	switch c.dialect {
	case postgreSQLDialect:
		build = c.deleteWith
	case mySQLDialect:
		build = c.deleteJoined
	}
	if build == nil || !t.user.needsOnlyDelete() {
		return nil
	}
	forms := map[ownedTables]*statement{}
	for _, o := range []ownedTables{{}, {authenticators: true}, {passwords: true}, {true, true}} {
		if o.passwords && t.passwordInUser {
			continue
		}
		owned := []*table{t.session, t.account}
		if o.authenticators {
			owned = append(owned, t.authenticator)
		}
		if o.passwords {
			owned = append(owned, t.password)
		}
		forms[o] = c.compile(t.user.schema, rawStatement{build(t.user, owned...)})
	}
	return forms
}

// deleteWith is the statement of PostgreSQL. All its parts see the database as it was before the
// statement, and foreign keys are checked after all parts have run.
func (c *compiler) deleteWith(user *table, owned ...*table) clause.Expr {
	var parts []string
	var vars []any
	for i, t := range owned {
		parts = append(parts, fmt.Sprintf("owned%d AS (DELETE FROM ? WHERE ?)", i))
		vars = append(vars, tableClause(t), t.sameKey("UserID", param(0)))
	}
	return clause.Expr{
		SQL:  "WITH " + strings.Join(parts, ", ") + " DELETE FROM ? WHERE ?",
		Vars: append(vars, tableClause(user), user.sameKey("ID", param(0))),
	}
}

// deleteJoined is the statement of MySQL. MySQL deletes the user first, so it refuses the statement
// if a foreign key does not cascade.
func (c *compiler) deleteJoined(user *table, owned ...*table) clause.Expr {
	tables, joins := []any{tableClause(user)}, []any{tableClause(user)}
	for _, t := range owned {
		tables = append(tables, tableClause(t))
		joins = append(joins, tableClause(t), t.sameKey("UserID", user.column("ID")))
	}
	return clause.Expr{
		SQL: "DELETE ?" + strings.Repeat(", ?", len(owned)) +
			" FROM ?" + strings.Repeat(" LEFT JOIN ? ON ?", len(owned)) + " WHERE ?",
		Vars: append(append(tables, joins...), user.sameKey("ID", param(0))),
	}
}

// rawStatement is a complete statement in the form of a clause, which compile needs.
type rawStatement struct{ clause.Expr }

// Name returns SELECT, because that is the first clause that compile builds.
func (rawStatement) Name() string { return "SELECT" }

// MergeClause removes the clause's name, so that GORM writes the SQL without a keyword before it.
func (s rawStatement) MergeClause(c *clause.Clause) { c.Name, c.Expression = "", s.Expr }
