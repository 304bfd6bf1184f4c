package gormadapter

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// statements are those that the adapter runs without GORM.
type statements struct {
	userByID, userByEmail, userByAccount *statement
	lockUser, deleteUser                 *statement
	deleteUserAtOnce                     deleteUserAtOnce

	accounts, hasAccount, unlinkAccount, deleteAccounts *statement

	session, hasSession, sessions, renewSession                               *statement
	deleteSession, deleteSessions, deleteOtherSessions, deleteExpiredSessions *statement

	token, deleteToken, deleteTokens, deleteExpiredTokens *statement
	consumeToken                                          *statement // nil without RETURNING

	authenticator, authenticators, countAuthenticator *statement
	deleteAuthenticator, deleteAuthenticators         *statement
}

// compileStatements returns the statements on the tables, or what is wrong with them.
func compileStatements(db *gorm.DB, t tables) (statements, []error) {
	c := compiler{db: db, dialect: dialect(db.Dialector.Name())}
	var s statements
	c.users(&s, t)
	c.accounts(&s, t)
	c.sessions(&s, t)
	c.tokens(&s, t)
	c.authenticators(&s, t)
	return s, c.faults
}

// compiler makes statements with GORM's dialect, which quotes the names that GORM gives to tables
// and columns. It collects all faults.
type compiler struct {
	db      *gorm.DB
	dialect dialect
	faults  []error
}

func (c *compiler) users(s *statements, t tables) {
	id := t.user.column("ID")
	byID := where(c.equal(id, 0))
	s.userByID = c.find(t.user, nil, nil, byID)
	s.userByEmail = c.find(t.user, nil, nil, where(c.equal(t.user.column("Email"), 0)))
	s.userByAccount = c.find(t.user, nil, join(t.account, t.account.column("UserID"), id), c.accountKey(t.account))
	s.lockUser = c.lock(t.user, byID)
	s.deleteUser = c.remove(t.user, byID)
	s.deleteUserAtOnce = c.deleteUserAtOnce(t)
}

func (c *compiler) accounts(s *statements, t tables) {
	byKey, byOwner := c.accountKey(t.account), where(c.equal(t.account.column("UserID"), 0))
	s.accounts = c.find(t.account, nil, nil, byOwner)
	s.hasAccount = c.one(t.account, byKey)
	s.unlinkAccount = c.remove(t.account, byKey)
	s.deleteAccounts = c.remove(t.account, byOwner)
}

// accountKey is the condition for one account, by its provider and its ID there.
func (c *compiler) accountKey(account *table) clause.Where {
	return where(c.equal(account.column("Provider"), 0), c.equal(account.column("ProviderAccountID"), 1))
}

func (c *compiler) sessions(s *statements, t tables) {
	token, owner, expires := t.session.column("SessionToken"), t.session.column("UserID"), t.session.column("Expires")
	columns := []clause.Column{token, owner, expires}
	if t.session.custom { // the application sees the whole row
		columns = t.session.columns()
	}
	// findSession compares the bytes itself, which is faster.
	byUniqueToken := where(clause.Eq{Column: token, Value: param(0)})
	s.session = c.find(t.user, columns, join(t.session, owner, t.user.column("ID")), byUniqueToken)
	s.hasSession = c.current(t.session, where(c.equal(token, 0)))
	s.sessions = c.find(t.session, nil, nil, where(c.equal(owner, 0)))
	s.renewSession = c.set(t.session, expires, where(c.equal(token, 1)))
	s.deleteSession = c.remove(t.session, where(c.equal(token, 0)))
	s.deleteSessions = c.remove(t.session, where(c.equal(owner, 0)))
	// clause.Not would negate each part of the comparison.
	other := clause.Expr{SQL: "NOT (?)", Vars: []any{c.equal(token, 1)}}
	s.deleteOtherSessions = c.remove(t.session, where(c.equal(owner, 0), other))
	s.deleteExpiredSessions = c.removeExpired(t.session, token, expires)
}

func (c *compiler) tokens(s *statements, t tables) {
	token, identifier, expires := t.token.column("Token"), t.token.column("Identifier"), t.token.column("Expires")
	byKey := where(c.equal(token, 0), c.equal(identifier, 1))
	s.token = c.one(t.token, byKey, expires)
	s.deleteToken = c.remove(t.token, byKey)
	s.deleteTokens = c.remove(t.token, where(c.equal(identifier, 0)))
	s.deleteExpiredTokens = c.removeExpired(t.token, token, expires)
	if slices.Contains(c.db.Callback().Delete().Clauses, "RETURNING") {
		s.consumeToken = c.remove(t.token, byKey, clause.Returning{Columns: []clause.Column{{Name: expires.Name}}})
	}
}

func (c *compiler) authenticators(s *statements, t tables) {
	credential, owner := t.authenticator.column("CredentialID"), t.authenticator.column("UserID")
	counter := t.authenticator.column("Counter")
	s.authenticator = c.find(t.authenticator, nil, nil, where(c.equal(credential, 0)))
	s.authenticators = c.find(t.authenticator, nil, nil, where(c.equal(owner, 0)))
	s.countAuthenticator = c.set(t.authenticator, counter,
		where(c.equal(credential, 1), clause.Lt{Column: counter, Value: param(0)}))
	s.deleteAuthenticator = c.remove(t.authenticator, where(c.equal(owner, 0), c.equal(credential, 1)))
	s.deleteAuthenticators = c.remove(t.authenticator, where(c.equal(owner, 0)))
}

func where(exprs ...clause.Expression) clause.Where { return clause.Where{Exprs: exprs} }

// equal is the condition that a column has the value of an argument, byte for byte.
func (c *compiler) equal(column clause.Column, n param) clause.Expression {
	return c.dialect.bytewiseEqual(column, n)
}

// join is an inner join with another table, whose foreign key points to id.
func join(other *table, foreign, id clause.Column) []clause.Join {
	return []clause.Join{
		{Table: clause.Table{Name: other.schema.Table}, ON: where(clause.Eq{Column: foreign, Value: id})},
	}
}

// find selects columns, and then those of t, from t with joins. t's own conditions, such as soft
// deletion, apply.
func (c *compiler) find(t *table, columns []clause.Column, joins []clause.Join, w clause.Where) *statement {
	clauses := []clause.Interface{clause.Select{Columns: append(columns, t.columns()...)}, clause.From{Joins: joins}, w}
	return c.compile(t.schema, append(clauses, t.schema.QueryClauses...)...)
}

// one selects columns, or else a constant, of one row.
func (c *compiler) one(t *table, w clause.Where, columns ...clause.Column) *statement {
	if len(columns) == 0 {
		columns = []clause.Column{{Name: "1", Raw: true}}
	}
	return c.compile(t.schema, clause.Select{Columns: columns}, clause.From{}, w)
}

// current is like one for a row that was written just before, without a change. On MySQL a
// transaction that reads would find a row that another transaction has deleted since it began, so
// the statement locks the row: then it reads what is committed.
func (c *compiler) current(t *table, w clause.Where) *statement {
	clauses := []clause.Interface{clause.Select{Columns: []clause.Column{{Name: "1", Raw: true}}}, clause.From{}, w}
	if c.dialect == mySQLDialect {
		clauses = append(clauses, clause.Locking{Strength: clause.LockingStrengthUpdate})
	}
	return c.compile(t.schema, clauses...)
}

// set writes argument 0 to a column. SQLite requires the column without its table there.
func (c *compiler) set(t *table, column clause.Column, w clause.Where) *statement {
	assignment := clause.Assignment{Column: clause.Column{Name: column.Name}, Value: param(0)}
	return c.compile(t.schema, clause.Update{}, clause.Set{assignment}, w)
}

// lock writes to a row what is there already.
func (c *compiler) lock(user *table, w clause.Where) *statement {
	name := clause.Column{Name: user.roles["Name"].DBName}
	clauses := []clause.Interface{clause.Update{}, clause.Set{{Column: name, Value: name}}, w}
	return c.compile(user.schema, append(clauses, user.schema.UpdateClauses...)...)
}

// remove deletes rows of t. It runs no hooks and ignores soft deletion.
func (c *compiler) remove(t *table, w clause.Where, more ...clause.Interface) *statement {
	return c.compile(t.schema, append([]clause.Interface{clause.Delete{}, clause.From{}, w}, more...)...)
}

// removeExpired deletes rows that expired before argument 0, at most as many as argument 1 says.
// The inner select is in a derived table, because MySQL has no LIMIT in a subquery. The outer
// condition keeps a row that was renewed meanwhile.
func (c *compiler) removeExpired(t *table, key, expires clause.Column) *statement {
	name, when, from := clause.Column{Name: key.Name}, clause.Column{Name: expires.Name}, clauseTable(t)
	batch := clause.Expr{
		SQL:  "? IN (SELECT ? FROM (SELECT ? FROM ? WHERE ? < ? LIMIT ?) AS expired)",
		Vars: []any{key, name, name, from, when, param(0), param(1)},
	}
	if c.dialect == sqlServerDialect {
		batch = clause.Expr{
			SQL: "? IN (SELECT TOP (?) ? FROM ? WHERE ? < ?)", Vars: []any{key, param(1), name, from, when, param(0)},
		}
	}
	return c.remove(t, where(batch, clause.Lt{Column: expires, Value: param(0)}))
}

func clauseTable(t *table) clause.Table { return clause.Table{Name: t.schema.Table} }

// compile builds the clauses as GORM's dialect does.
func (c *compiler) compile(s *schema.Schema, clauses ...clause.Interface) *statement {
	db := c.db.Session(&gorm.Session{NewDB: true})
	stmt := &gorm.Statement{
		DB: db, Schema: s, Table: s.Table, Context: context.Background(), Clauses: map[string]clause.Clause{},
	}
	for _, c := range clauses {
		stmt.AddClause(c)
	}
	order := []string{"SELECT", "UPDATE", "SET", "FROM", "WHERE", "FOR"}
	// The dialect knows the order for DELETE: RETURNING is at the end, SQL Server's OUTPUT before
	// WHERE.
	if _, remove := stmt.Clauses["DELETE"]; remove {
		order = db.Callback().Delete().Clauses
	}
	stmt.Build(order...)
	if db.Error != nil {
		c.faults = append(c.faults, fmt.Errorf("compile a statement on %s: %w", s, db.Error))
	}
	compiled := &statement{sql: stmt.SQL.String(), vars: stmt.Vars, inOrder: true}
	for i, v := range stmt.Vars {
		compiled.inOrder = compiled.inOrder && v == any(param(i))
	}
	return compiled
}
