package gormadapter

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm/clause"
)

// CreateSession adds s through GORM.
func (a *Adapter) CreateSession(ctx context.Context, s *cardea.Session) error {
	entity := a.entities.newSession()
	entity.setSession(newID(), s)
	if err := a.writer(ctx, a.session).Omit(clause.Associations).Create(entity).Error; err != nil {
		return a.failedOwned(ctx, "create session", err)
	}
	return nil
}

// Session returns the session with that token and its user, by one prepared statement, or ErrNotFound.
func (a *Adapter) Session(ctx context.Context, token string) (*cardea.Session, error) {
	s := &cardea.Session{}
	entity := a.entities.newUser()
	err := a.readUser(ctx, a.statements.session, []any{token}, entity, &s.Token, &s.UserID, &s.Expires)
	if err == nil && s.Token != token { // a collation that takes them for equal
		err = cardea.ErrNotFound
	}
	if err != nil {
		return nil, a.failed(ctx, "find session", err)
	}
	s.Expires = stored(s.Expires)
	s.User = entity.userEntity().user(entity)
	return s, nil
}

// RenewSession moves the expiry of a session that exists.
func (a *Adapter) RenewSession(ctx context.Context, token string, expires time.Time) error {
	n, err := a.exec(ctx, a.statements.renewSession, stored(expires), token)
	if err == nil && n == 0 { // MySQL does not count a row that already is as it should be
		err = a.exists(ctx, a.statements.hasSession, token)
	}
	if err != nil {
		return a.failed(ctx, "renew session", err)
	}
	return nil
}

// DeleteSession removes the session.
func (a *Adapter) DeleteSession(ctx context.Context, token string) error {
	if _, err := a.exec(ctx, a.statements.deleteSession, token); err != nil {
		return a.failed(ctx, "delete session", err)
	}
	return nil
}

// DeleteExpiredSessions removes at most limit sessions that expired before the given time, and returns how many.
func (a *Adapter) DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error) {
	return a.deleteExpired(ctx, "delete expired sessions", a.statements.deleteExpiredSessions, before, limit)
}

func (a *Adapter) deleteExpired(ctx context.Context, op string, s *statement, before time.Time, limit int) (int, error) {
	if limit <= 0 { // SQLite takes a negative limit for none
		return 0, nil
	}
	n, err := a.exec(ctx, s, before.UTC(), limit)
	if err != nil {
		return 0, a.failed(ctx, op, err)
	}
	return int(n), nil
}
