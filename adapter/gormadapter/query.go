package gormadapter

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// statements are what the adapter runs without GORM.
type statements struct {
	userByID, userByEmail, userByAccount, deleteUser *statement
	removal                                          removal

	accounts, hasAccount, unlinkAccount, deleteAccounts *statement

	session, hasSession, renewSession, deleteSession, deleteSessions, deleteExpiredSessions *statement

	consumeToken, token, deleteToken, deleteExpiredTokens *statement

	authenticator, authenticators, countAuthenticator, deleteAuthenticator, deleteAuthenticators *statement

	management
}

// deleteOwned are those that delete what hangs on a user.
func (s *statements) deleteOwned(passkeys bool) []*statement {
	if !passkeys {
		return []*statement{s.deleteSessions, s.deleteAccounts}
	}
	return []*statement{s.deleteSessions, s.deleteAccounts, s.deleteAuthenticators}
}

// statements compiles them. The tables are named by GORM's metadata and quoted by its dialect.
func (p *parser) statements(user, session, account, token, authenticator *table) statements {
	id := p.column(user, "ID")
	sessionToken, sessionUser, expires := p.column(session, "SessionToken"), p.column(session,
		"UserID"), p.column(session, "Expires")
	accountUser, provider, providerID := p.column(account, "UserID"), p.column(account, "Provider"), p.column(account,
		"ProviderAccountID")
	key, identifier, tokenExpires := p.column(token, "Token"), p.column(token, "Identifier"), p.column(token, "Expires")
	credential, credentialUser, counter := p.column(authenticator, "CredentialID"), p.column(authenticator,
		"UserID"), p.column(authenticator, "Counter")

	byAccount := where(p.is(provider, 0), p.is(providerID, 1))
	// findSession compares the bytes, which is faster
	byUniqueToken := where(clause.Eq{Column: sessionToken, Value: param(0)})
	byToken := where(p.is(key, 0), p.is(identifier, 1))
	s := statements{
		userByID:      p.find(user, nil, nil, where(p.is(id, 0))),
		userByEmail:   p.find(user, nil, nil, where(p.is(p.column(user, "Email"), 0))),
		deleteUser:    p.remove(user, where(p.is(id, 0))),
		userByAccount: p.find(user, nil, join(account, accountUser, id), byAccount),
		removal:       p.removal(user, session, account, authenticator),

		accounts:       p.find(account, nil, nil, where(p.is(accountUser, 0))),
		hasAccount:     p.one(account, byAccount),
		unlinkAccount:  p.remove(account, byAccount),
		deleteAccounts: p.remove(account, where(p.is(accountUser, 0))),

		session: p.find(user, sessionColumns(session, sessionToken, sessionUser, expires),
			join(session, sessionUser, id), byUniqueToken),
		hasSession:            p.one(session, where(p.is(sessionToken, 0))),
		renewSession:          p.set(session, expires, where(p.is(sessionToken, 1))),
		deleteSession:         p.remove(session, where(p.is(sessionToken, 0))),
		deleteSessions:        p.remove(session, where(p.is(sessionUser, 0))),
		deleteExpiredSessions: p.removeExpired(session, sessionToken, expires),

		token:               p.one(token, byToken, tokenExpires),
		deleteToken:         p.remove(token, byToken),
		deleteExpiredTokens: p.removeExpired(token, key, tokenExpires),

		authenticator:  p.find(authenticator, nil, nil, where(p.is(credential, 0))),
		authenticators: p.find(authenticator, nil, nil, where(p.is(credentialUser, 0))),
		countAuthenticator: p.set(authenticator, counter,
			where(p.is(credential, 1), clause.Lt{Column: counter, Value: param(0)})),
		deleteAuthenticator:  p.remove(authenticator, where(p.is(credentialUser, 0), p.is(credential, 1))),
		deleteAuthenticators: p.remove(authenticator, where(p.is(credentialUser, 0))),

		management: p.management(user, session, token),
	}
	if slices.Contains(p.db.Callback().Delete().Clauses, "RETURNING") {
		s.consumeToken = p.remove(token, byToken, clause.Returning{Columns: []clause.Column{{Name: tokenExpires.Name}}})
	}
	return s
}

// column is that of the field that plays a role.
func (p *parser) column(t *table, role string) clause.Column {
	return clause.Column{Table: t.schema.Table, Name: t.roles[role].DBName}
}

// sessionColumns are those of a session that its check reads: all where the application has an
// entity of its own, to see them.
func sessionColumns(session *table, columns ...clause.Column) []clause.Column {
	if session.own {
		return session.columns()
	}
	return columns
}

// columns are those of the entity's fields.
func (t *table) columns() (columns []clause.Column) {
	for _, field := range t.fields {
		columns = append(columns, clause.Column{Table: t.schema.Table, Name: field.DBName})
	}
	return columns
}

func where(exprs ...clause.Expression) clause.Where { return clause.Where{Exprs: exprs} }

func (p *parser) is(c clause.Column, n param) clause.Expression {
	return is(dialect(p.db.Dialector.Name()), c, n)
}

func join(other *table, foreign, id clause.Column) []clause.Join {
	return []clause.Join{
		{Table: clause.Table{Name: other.schema.Table}, ON: where(clause.Eq{Column: foreign, Value: id})},
	}
}

// find selects columns, and then those of t, from t with joins. t's own conditions, such as soft
// deletion, hold.
func (p *parser) find(t *table, columns []clause.Column, joins []clause.Join, w clause.Where) *statement {
	clauses := []clause.Interface{clause.Select{Columns: append(columns, t.columns()...)}, clause.From{Joins: joins}, w}
	return p.compile(t.schema, append(clauses, t.schema.QueryClauses...)...)
}

// one selects columns, or else a constant, of one row.
func (p *parser) one(t *table, w clause.Where, columns ...clause.Column) *statement {
	if len(columns) == 0 {
		columns = []clause.Column{{Name: "1", Raw: true}}
	}
	return p.compile(t.schema, clause.Select{Columns: columns}, clause.From{}, w)
}

// set writes argument 0 to a column. SQLite wants the column without its table there.
func (p *parser) set(t *table, c clause.Column, w clause.Where) *statement {
	return p.compile(t.schema, clause.Update{}, clause.Set{{Column: clause.Column{Name: c.Name}, Value: param(0)}}, w)
}

func (p *parser) remove(t *table, w clause.Where, more ...clause.Interface) *statement {
	return p.compile(t.schema, append([]clause.Interface{clause.Delete{}, clause.From{}, w}, more...)...)
}

// removeExpired deletes at most as many rows as argument 1 says that expired before argument 0. The
// inner select stands in a table of its own because MySQL has no LIMIT in a subquery; the outer
// condition spares a row that was renewed in between.
func (p *parser) removeExpired(t *table, key, expires clause.Column) *statement {
	name, table, when := clause.Column{Name: key.Name}, clause.Table{Name: t.schema.Table}, clause.Column{
		Name: expires.Name,
	}
	batch := clause.Expr{
		SQL:  "? IN (SELECT ? FROM (SELECT ? FROM ? WHERE ? < ? LIMIT ?) AS expired)",
		Vars: []any{key, name, name, table, when, param(0), param(1)},
	}
	if p.db.Dialector.Name() == "sqlserver" {
		batch = clause.Expr{
			SQL: "? IN (SELECT TOP (?) ? FROM ? WHERE ? < ?)", Vars: []any{key, param(1), name, table, when, param(0)},
		}
	}
	return p.remove(t, where(batch, clause.Lt{Column: expires, Value: param(0)}))
}

// compile builds the clauses as GORM's dialect does.
func (p *parser) compile(s *schema.Schema, clauses ...clause.Interface) *statement {
	db := p.db.Session(&gorm.Session{NewDB: true})
	stmt := &gorm.Statement{
		DB: db, Schema: s, Table: s.Table, Context: context.Background(), Clauses: map[string]clause.Clause{},
	}
	for _, c := range clauses {
		stmt.AddClause(c)
	}
	order := []string{"SELECT", "UPDATE", "SET", "FROM", "WHERE"}
	// in the order of the dialect: what returns the row stands at the end, or before WHERE
	if _, remove := stmt.Clauses["DELETE"]; remove {
		order = db.Callback().Delete().Clauses
	}
	stmt.Build(order...)
	if db.Error != nil {
		p.faults = append(p.faults, fmt.Errorf("compile a statement on %s: %w", s, db.Error))
	}
	compiled := &statement{sql: stmt.SQL.String(), vars: stmt.Vars, plain: true}
	for i, v := range stmt.Vars {
		compiled.plain = compiled.plain && v == any(param(i))
	}
	return compiled
}
