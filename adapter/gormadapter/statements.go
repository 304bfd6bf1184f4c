package gormadapter

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// statements has the SQL that the adapter runs without GORM, but for that of [sessionTable].
type statements struct {
	userByID, userByEmail, userByAccount lookup
	userByFoldedEmail                    map[string]lookup // by the SQL function, lower or upper
	lockUser, deleteUser                 *statement
	cascadingDelete                      map[ownedTables]*statement

	accounts, hasAccount, unlinkAccount, deleteAccounts *statement

	hasSession, renewSession                                                  *statement
	deleteSession, deleteSessions, deleteOtherSessions, deleteExpiredSessions *statement

	token, deleteToken, deleteTokens, deleteExpiredTokens *statement
	listTokens                                            *statement
	consumeToken                                          *statement // nil if the database has no RETURNING

	authenticator, authenticators, raiseCounter *statement
	deleteAuthenticator, deleteAuthenticators   *statement

	factors, useFactor, replaceFactorSecret                   *statement
	deleteFactor, deleteFactors                               *statement
	recoveryCodes, deleteRecoveryCodes, deleteOneRecoveryCode *statement

	password, setPassword, replacePassword, deletePassword *statement

	takeLimit, limit, giveLimit, resetLimit, deleteExpiredLimits *statement
	insertLimit                                                  *statement // nil if takeLimit inserts too
}

// statements returns the statements on the tables.
func (c *compiler) statements(t tables) statements {
	var s statements
	c.users(&s, t)
	c.accounts(&s, t)
	c.sessions(&s, t)
	c.tokens(&s, t)
	c.authenticators(&s, t)
	c.limits(&s, t)
	c.factors(&s, t)
	if t.passwordInUser {
		c.passwordColumns(&s, t)
	} else {
		c.passwords(&s, t)
	}
	return s
}

// compiler builds statements with GORM's dialect, which quotes the names of tables and columns. It
// collects all faults.
type compiler struct {
	db      *gorm.DB
	dialect dialect
	faults  []error
}

func (c *compiler) users(s *statements, t tables) {
	byID := where(t.user.sameKey("ID", param(0)))
	s.userByID = c.lookup(t.user, nil, byID)
	// Only the collation compares here. UserByEmail then compares the bytes.
	email := t.user.column("Email")
	s.userByEmail = c.lookup(t.user, nil, where(clause.Eq{Column: email, Value: param(0)}))
	s.userByFoldedEmail = map[string]lookup{}
	for _, function := range []string{"lower", "upper"} {
		s.userByFoldedEmail[function] = c.lookup(t.user, nil, where(clause.Expr{
			SQL: function + "(?) = " + function + "(?)", Vars: []any{email, param(0)},
		}))
	}
	withAccount := join(t.account, t.account.sameKey("UserID", t.user.column("ID")))
	s.userByAccount = c.lookup(t.user, withAccount, c.accountKey(t.account))
	s.lockUser = c.lockRow(t.user, byID)
	s.deleteUser = c.deleteRows(t.user, byID)
	s.cascadingDelete = c.cascadingDelete(t)
}

func (c *compiler) accounts(s *statements, t tables) {
	byKey, byOwner := c.accountKey(t.account), where(t.account.sameKey("UserID", param(0)))
	s.accounts = c.selectRows(t.account, byOwner)
	s.hasAccount = c.selectColumns(t.account, byKey)
	s.unlinkAccount = c.deleteRows(t.account, byKey)
	s.deleteAccounts = c.deleteRows(t.account, byOwner)
}

// accountKey is the condition for one account: argument 0 is the provider, argument 1 the account's
// ID there.
func (c *compiler) accountKey(account *table) clause.Where {
	return where(c.sameText(account.column("Provider"), 0), c.sameText(account.column("ProviderAccountID"), 1))
}

func (c *compiler) sessions(s *statements, t tables) {
	token, expires := t.session.column("SessionToken"), t.session.column("Expires")
	owned := t.session.sameKey("UserID", param(0))
	s.hasSession = c.selectCommitted(t.session, where(c.sameText(token, 0)))
	s.renewSession = c.update(t.session, expires, where(c.sameText(token, 1)))
	s.deleteSession = c.deleteRows(t.session, where(c.sameText(token, 0)))
	s.deleteSessions = c.deleteRows(t.session, where(owned))
	// Not clause.Not, which would negate each part of the comparison.
	other := clause.Expr{SQL: "NOT (?)", Vars: []any{c.sameText(token, 1)}}
	s.deleteOtherSessions = c.deleteRows(t.session, where(owned, other))
	s.deleteExpiredSessions = c.deleteExpired(t.session, token, expires)
}

func (c *compiler) tokens(s *statements, t tables) {
	token, identifier, expires := t.token.column("Token"), t.token.column("Identifier"), t.token.column("Expires")
	byKey := where(c.sameText(token, 0), c.sameText(identifier, 1))
	when := c.read(t.token, t.token.byName["Expires"])
	s.token = c.selectColumns(t.token, byKey, when)
	s.deleteToken = c.deleteRows(t.token, byKey)
	s.deleteTokens = c.deleteRows(t.token, where(c.sameText(identifier, 0)))
	s.deleteExpiredTokens = c.deleteExpired(t.token, token, expires)
	s.listTokens = c.selectRows(t.token, where(
		clause.Expr{SQL: "? LIKE ? ESCAPE '!'", Vars: []any{identifier, param(0)}},
		clause.Lt{Column: expires, Value: param(1)},
	))
	if slices.Contains(c.db.Callback().Delete().Clauses, "RETURNING") {
		s.consumeToken = c.deleteRows(t.token, byKey, clause.Returning{Columns: []clause.Column{when}})
	}
}

func (c *compiler) authenticators(s *statements, t tables) {
	credential, owned := t.authenticator.column("CredentialID"), t.authenticator.sameKey("UserID", param(0))
	counter := t.authenticator.column("Counter")
	s.authenticator = c.selectRows(t.authenticator, where(c.sameText(credential, 0)))
	s.authenticators = c.selectRows(t.authenticator, where(owned))
	s.raiseCounter = c.update(t.authenticator, counter,
		where(c.sameText(credential, 1), clause.Lt{Column: counter, Value: param(0)}))
	s.deleteAuthenticator = c.deleteRows(t.authenticator, where(owned, c.sameText(credential, 1)))
	s.deleteAuthenticators = c.deleteRows(t.authenticator, where(owned))
}

func where(exprs ...clause.Expression) clause.Where { return clause.Where{Exprs: exprs} }

// sameText is [dialect.sameText] for argument n.
func (c *compiler) sameText(column clause.Column, n param) clause.Expression {
	return c.dialect.sameText(column, n)
}

// join is an inner join with another table.
func join(other *table, on clause.Expression) []clause.Join {
	return []clause.Join{{Table: clause.Table{Name: other.schema.Table}, ON: where(on)}}
}

// selectRows selects all columns of t.
func (c *compiler) selectRows(t *table, w clause.Where) *statement {
	return c.selectJoined(t, nil, nil, w)
}

// selectJoined selects the given columns, which are those of joined tables, and then all columns of
// t. The conditions of t's entity, such as soft deletion, apply.
func (c *compiler) selectJoined(
	t *table, joined []clause.Column, joins []clause.Join, w clause.Where, more ...clause.Interface,
) *statement {
	clauses := []clause.Interface{clause.Select{Columns: append(joined, c.columns(t)...)}, clause.From{Joins: joins}, w}
	return c.compile(t.schema, append(append(clauses, more...), t.schema.QueryClauses...)...)
}

// lookup finds a user.
type lookup struct {
	statement   *statement
	withDeleted *statement // finds a deleted one too; nil if the entity has no soft deletion
	locking     *statement // of LockReads; nil except on PostgreSQL
}

// lookup compiles the statements. The one that locks waits for the user before the joined account,
// as everybody does who changes accounts of a user.
func (c *compiler) lookup(t *table, joins []clause.Join, w clause.Where) lookup {
	l := lookup{statement: c.selectJoined(t, nil, joins, w)}
	if kept, ok := t.withDeleted(); ok {
		clauses := []clause.Interface{clause.Select{Columns: c.columns(t)}, clause.From{Joins: joins}, w}
		l.withDeleted = c.compile(t.schema, append(clauses, kept...)...)
	}
	if c.dialect == postgreSQLDialect {
		l.locking = c.selectJoined(t, nil, joins, w, clause.Locking{Strength: "NO KEY UPDATE"})
	}
	return l
}

// selectColumns selects the given columns, or the constant 1 if there are none.
func (c *compiler) selectColumns(t *table, w clause.Where, columns ...clause.Column) *statement {
	if len(columns) == 0 {
		columns = []clause.Column{{Name: "1", Raw: true}}
	}
	return c.compile(t.schema, clause.Select{Columns: columns}, clause.From{}, w)
}

// selectCommitted selects the constant 1 from a row that was written just before, without a change.
// On MySQL a transaction that reads would find a row that another transaction has deleted since it
// began, so the statement locks the row: then it reads what is committed.
func (c *compiler) selectCommitted(t *table, w clause.Where) *statement {
	clauses := []clause.Interface{clause.Select{Columns: []clause.Column{{Name: "1", Raw: true}}}, clause.From{}, w}
	if c.dialect == mySQLDialect {
		clauses = append(clauses, clause.Locking{Strength: clause.LockingStrengthUpdate})
	}
	return c.compile(t.schema, clauses...)
}

// update sets a column to argument 0. The assignment names the column without its table, as SQLite
// requires.
func (c *compiler) update(t *table, column clause.Column, w clause.Where) *statement {
	assignment := clause.Assignment{Column: clause.Column{Name: column.Name}, Value: param(0)}
	return c.compile(t.schema, clause.Update{}, clause.Set{assignment}, w)
}

// lockRow sets a column of the row to its own value, which locks the row.
func (c *compiler) lockRow(user *table, w clause.Where) *statement {
	name := clause.Column{Name: user.byName["Name"].DBName}
	clauses := []clause.Interface{clause.Update{}, clause.Set{{Column: name, Value: name}}, w}
	return c.compile(user.schema, append(clauses, user.schema.UpdateClauses...)...)
}

// deleteRows deletes rows of t. It runs no hooks and ignores soft deletion.
func (c *compiler) deleteRows(t *table, w clause.Where, more ...clause.Interface) *statement {
	return c.compile(t.schema, append([]clause.Interface{clause.Delete{}, clause.From{}, w}, more...)...)
}

// deleteExpired deletes rows that expired before argument 0. Argument 1 is the largest number of
// rows.
//
// The inner SELECT is in a derived table, because MySQL allows no LIMIT in a subquery of IN. The
// outer condition keeps a row that was renewed after the inner SELECT read it.
func (c *compiler) deleteExpired(t *table, key, expires clause.Column) *statement {
	name, when, from := clause.Column{Name: key.Name}, clause.Column{Name: expires.Name}, tableClause(t)
	batch := clause.Expr{
		SQL:  "? IN (SELECT ? FROM (SELECT ? FROM ? WHERE ? < ? LIMIT ?) AS expired)",
		Vars: []any{key, name, name, from, when, param(0), param(1)},
	}
	if c.dialect == sqlServerDialect {
		batch = clause.Expr{
			SQL: "? IN (SELECT TOP (?) ? FROM ? WHERE ? < ?)", Vars: []any{key, param(1), name, from, when, param(0)},
		}
	}
	return c.deleteRows(t, where(batch, clause.Lt{Column: expires, Value: param(0)}))
}

func tableClause(t *table) clause.Table { return clause.Table{Name: t.schema.Table} }

// compile builds a statement of the clauses, in the order that GORM's dialect requires.
func (c *compiler) compile(s *schema.Schema, clauses ...clause.Interface) *statement {
	stmt := c.statementOn(s)
	for _, c := range clauses {
		stmt.AddClause(c)
	}
	order := []string{"SELECT", "UPDATE", "SET", "FROM", "WHERE", "FOR"}
	// The dialect knows the order for DELETE: RETURNING is at the end, SQL Server's OUTPUT before
	// WHERE.
	if _, remove := stmt.Clauses["DELETE"]; remove {
		order = stmt.DB.Callback().Delete().Clauses
	}
	stmt.Build(order...)
	return c.compiled(stmt)
}

// statementOn returns a statement of GORM's without clauses.
func (c *compiler) statementOn(s *schema.Schema) *gorm.Statement {
	return &gorm.Statement{
		DB: c.db.Session(&gorm.Session{NewDB: true}), Schema: s, Table: s.Table, Context: context.Background(),
		Clauses: map[string]clause.Clause{},
	}
}

// compiled returns the statement that was built.
func (c *compiler) compiled(stmt *gorm.Statement) *statement {
	if err := stmt.DB.Error; err != nil {
		c.faults = append(c.faults, fmt.Errorf("compile a statement on %s: %w", stmt.Schema, err))
	}
	compiled := &statement{sql: stmt.SQL.String(), vars: stmt.Vars, inOrder: true}
	for i, v := range stmt.Vars {
		compiled.inOrder = compiled.inOrder && v == any(param(i))
	}
	return compiled
}
