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
	userByID, userByEmail, userByAccount *statement

	accounts, hasAccount, unlinkAccount, deleteAccounts *statement

	session, hasSession, renewSession, deleteSession, deleteSessions, deleteExpiredSessions *statement

	consumeToken, token, deleteToken, deleteExpiredTokens *statement
}

// statements compiles them. The tables are named by GORM's metadata and quoted by its dialect.
func (p *parser) statements(user, session, account, token *table) statements {
	id := p.column(user, "ID")
	sessionToken, sessionUser, expires := p.column(session, "SessionToken"), p.column(session, "UserID"), p.column(session, "Expires")
	accountUser, provider, providerID := p.column(account, "UserID"), p.column(account, "Provider"), p.column(account, "ProviderAccountID")
	key, identifier, tokenExpires := p.column(token, "Token"), p.column(token, "Identifier"), p.column(token, "Expires")
	if len(p.faults) > 0 {
		return statements{}
	}

	byAccount := where(eq(provider, 0), eq(providerID, 1))
	byToken := where(eq(key, 0), eq(identifier, 1))
	s := statements{
		userByID:      p.find(user, nil, nil, where(eq(id, 0))),
		userByEmail:   p.find(user, nil, nil, where(eq(p.column(user, "Email"), 0))),
		userByAccount: p.find(user, nil, join(account, accountUser, id), byAccount),

		accounts:       p.find(account, nil, nil, where(eq(accountUser, 0))),
		hasAccount:     p.one(account, byAccount),
		unlinkAccount:  p.remove(account, byAccount),
		deleteAccounts: p.remove(account, where(eq(accountUser, 0))),

		session:               p.find(user, []clause.Column{sessionToken, sessionUser, expires}, join(session, sessionUser, id), where(eq(sessionToken, 0))),
		hasSession:            p.one(session, where(eq(sessionToken, 0))),
		renewSession:          p.set(session, expires, where(eq(sessionToken, 1))),
		deleteSession:         p.remove(session, where(eq(sessionToken, 0))),
		deleteSessions:        p.remove(session, where(eq(sessionUser, 0))),
		deleteExpiredSessions: p.removeExpired(session, sessionToken, expires),

		token:               p.one(token, byToken, tokenExpires),
		deleteToken:         p.remove(token, byToken),
		deleteExpiredTokens: p.removeExpired(token, key, tokenExpires),
	}
	if slices.Contains(p.db.Callback().Delete().Clauses, "RETURNING") {
		s.consumeToken = p.remove(token, byToken, clause.Returning{Columns: []clause.Column{{Name: tokenExpires.Name}}})
	}
	return s
}

// column is the column of the field that the entity has under that name.
func (p *parser) column(t *table, name string) clause.Column {
	field := t.schema.FieldsByName[name]
	if field == nil || field.DBName == "" {
		p.faults = append(p.faults, fmt.Errorf("%s has no field %s with a column", t.schema, name))
		return clause.Column{}
	}
	return clause.Column{Table: t.schema.Table, Name: field.DBName}
}

func where(exprs ...clause.Expression) clause.Where { return clause.Where{Exprs: exprs} }

func eq(c clause.Column, n param) clause.Expression { return clause.Eq{Column: c, Value: n} }

func join(other *table, foreign, id clause.Column) []clause.Join {
	return []clause.Join{{Table: clause.Table{Name: other.schema.Table}, ON: where(clause.Eq{Column: foreign, Value: id})}}
}

// find selects columns, and then those of t, from t with joins. t's own conditions, such as soft deletion, hold.
func (p *parser) find(t *table, columns []clause.Column, joins []clause.Join, w clause.Where) *statement {
	for _, field := range t.fields {
		columns = append(columns, clause.Column{Table: t.schema.Table, Name: field.DBName})
	}
	clauses := []clause.Interface{clause.Select{Columns: columns}, clause.From{Joins: joins}, w}
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

// removeExpired deletes at most as many rows as argument 1 says that expired before argument 0. The inner select stands in a table of its own
// because MySQL has no LIMIT in a subquery; the outer condition spares a row that was renewed in between.
func (p *parser) removeExpired(t *table, key, expires clause.Column) *statement {
	name, table := clause.Column{Name: key.Name}, clause.Table{Name: t.schema.Table}
	batch := clause.Expr{
		SQL:  "? IN (SELECT ? FROM (SELECT ? FROM ? WHERE ? < ? LIMIT ?) AS expired)",
		Vars: []any{key, name, name, table, clause.Column{Name: expires.Name}, param(0), param(1)},
	}
	return p.remove(t, where(batch, clause.Lt{Column: expires, Value: param(0)}))
}

// compile builds the clauses as GORM's dialect does.
func (p *parser) compile(s *schema.Schema, clauses ...clause.Interface) *statement {
	db := p.db.Session(&gorm.Session{NewDB: true})
	stmt := &gorm.Statement{DB: db, Schema: s, Table: s.Table, Context: context.Background(), Clauses: map[string]clause.Clause{}}
	for _, c := range clauses {
		stmt.AddClause(c)
	}
	stmt.Build("SELECT", "UPDATE", "SET", "DELETE", "FROM", "WHERE", "RETURNING")
	if db.Error != nil {
		p.faults = append(p.faults, fmt.Errorf("compile a statement on %s: %w", s, db.Error))
	}
	compiled := &statement{sql: stmt.SQL.String(), vars: stmt.Vars, plain: true}
	for i, v := range stmt.Vars {
		compiled.plain = compiled.plain && v == any(param(i))
	}
	return compiled
}
