package gormadapter

import (
	"cmp"
	"context"
	"slices"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
)

// management are the statements for what people and applications do with users outside of signing
// in.
type management struct {
	lockUser, sessions, deleteOtherSessions, deleteTokens *statement
}

func (p *parser) management(user, session, token *table) management {
	name := clause.Column{Name: user.roles["Name"].DBName}
	toItself := clause.Set{{Column: name, Value: name}}
	byOwner := p.is(p.column(session, "UserID"), 0)
	// clause.Not would negate the parts of it each
	other := clause.Expr{SQL: "NOT (?)", Vars: []any{p.is(p.column(session, "SessionToken"), 1)}}
	lock := []clause.Interface{clause.Update{}, toItself, where(p.is(p.column(user, "ID"), 0))}
	return management{
		lockUser:            p.compile(user.schema, append(lock, user.schema.UpdateClauses...)...),
		sessions:            p.find(session, nil, nil, where(byOwner)),
		deleteOtherSessions: p.remove(session, where(byOwner, other)),
		deleteTokens:        p.remove(token, where(p.is(p.column(token, "Identifier"), 0))),
	}
}

// LockUser makes whoever locks the same user wait until the transaction that ctx carries has ended.
// It writes to the row what is there, because every database locks what is written, and only some
// can lock what is read. Hooks don't run.
func (a *Adapter) LockUser(ctx context.Context, id string) error {
	key, err := a.key(id)
	if err != nil {
		return a.errors.wrap(ctx, "lock user", err)
	}
	n, err := a.exec(ctx, a.statements.lockUser, key)
	if err == nil && n == 0 { // MySQL does not count a row that already is as it should be
		err = a.exists(ctx, a.statements.userByID, key)
	}
	if err != nil {
		return a.errors.wrap(ctx, "lock user", err)
	}
	return nil
}

// ForgetTokens removes the tokens of the account, through GORM.
func (a *Adapter) ForgetTokens(ctx context.Context, provider, providerAccountID string) error {
	if !a.dialect.storable(provider) || !a.dialect.storable(providerAccountID) {
		return nil // no account has that key
	}
	r := a.account.fill(a.entities.account.new())
	r.setTokens(&cardea.Account{})
	nothing := r.values(ctx, "RefreshToken", "AccessToken", "ExpiresAt", "IDToken")
	key := a.accountKey(&cardea.Account{Provider: provider, ProviderAccountID: providerAccountID})
	if err := a.retried(ctx, func() error {
		return a.writer(ctx, a.account).Model(a.entities.account.new()).Where(key).Updates(nothing).Error
	}); err != nil {
		return a.errors.wrap(ctx, "forget tokens", err)
	}
	return nil
}

// Sessions returns the sessions of a user, ordered by token, each with the session entity of the
// application's own where it has one. They are read from the primary.
func (a *Adapter) Sessions(ctx context.Context, userID string) ([]*cardea.Session, error) {
	key, err := a.key(userID)
	if err != nil {
		return nil, nil // nobody has that id
	}
	rows, err := a.readAll(ctx, a.statements.sessions, a.session, a.entities.session, key)
	if err != nil {
		return nil, a.errors.wrap(ctx, "list sessions", err)
	}
	sessions := make([]*cardea.Session, len(rows))
	for i, r := range rows {
		sessions[i] = &cardea.Session{
			Token: r.text("SessionToken"), UserID: r.text("UserID"), Expires: timeAt(r.at("Expires")),
			Entity: r.shown(),
		}
	}
	slices.SortFunc(sessions, func(x, y *cardea.Session) int { return cmp.Compare(x.Token, y.Token) })
	return sessions, nil
}

// DeleteSessions removes the sessions of a user, all but the one with the token except, and returns
// how many.
func (a *Adapter) DeleteSessions(ctx context.Context, userID, except string) (int, error) {
	key, err := a.key(userID)
	if err != nil {
		return 0, nil // nobody has that id
	}
	n, err := a.deleteSessions(ctx, key, except)
	if err != nil {
		return 0, a.errors.wrap(ctx, "delete sessions", err)
	}
	return int(n), nil
}

func (a *Adapter) deleteSessions(ctx context.Context, key any, except string) (int64, error) {
	if except == "" || !a.dialect.storable(except) {
		return a.exec(ctx, a.statements.deleteSessions, key)
	}
	return a.exec(ctx, a.statements.deleteOtherSessions, key, except)
}

// DeleteVerificationTokens removes the tokens of exactly that identifier, and returns how many.
func (a *Adapter) DeleteVerificationTokens(ctx context.Context, identifier string) (int, error) {
	n, err := a.exec(ctx, a.statements.deleteTokens, identifier)
	if err != nil {
		return 0, a.errors.wrap(ctx, "delete verification tokens", err)
	}
	return int(n), nil
}
