package gormadapter

import (
	"context"
	"fmt"
	"time"

	"github.com/cardea-auth/cardea"
)

// CreateSession adds s, in s.Entity or a new entity, through GORM.
func (a *Adapter) CreateSession(ctx context.Context, s *cardea.Session) error {
	r, err := a.session.given(a.entities.session, s.Entity)
	if err != nil {
		return fmt.Errorf("create session: Session%w", err)
	}
	a.identify(r, "")
	r.set("SessionToken", s.Token)
	r.set("Expires", new(stored(s.Expires)))
	if err := a.insert(ctx, "create session", r, s.UserID); err != nil {
		return err
	}
	s.Entity = r.shown()
	return nil
}

// Session returns the session with that token and its user, by one statement, or ErrNotFound. The
// columns of a session entity of the application's own are read too.
//
// Where the application has registered dbresolver, it is read from a replica. One that the replica
// does not have, or has as expired, is read again from the primary, so a session is found at once.
// A deleted session, or a changed user, is seen as late as the replica lags.
func (a *Adapter) Session(ctx context.Context, token string) (*cardea.Session, error) {
	if replica, ok := a.withReplica(ctx); ok {
		if s, err := a.findSession(replica, token); err == nil && time.Now().Before(s.Expires) {
			return s, nil
		}
	}
	return a.findSession(ctx, token)
}

func (a *Adapter) findSession(ctx context.Context, token string) (*cardea.Session, error) {
	s, user := &cardea.Session{}, a.user.fill(a.entities.user.new())
	var err error
	if a.session.own {
		r := a.session.fill(a.entities.session.new())
		err = a.read(ctx, a.statements.session, []any{token}, nil, r, user)
		s.Token, s.UserID, s.Expires, s.Entity = r.text("SessionToken"), r.text("UserID"), timeAt(r.at("Expires")), r.entity
	} else {
		err = a.read(ctx, a.statements.session, []any{token}, []any{&s.Token, &s.UserID, &s.Expires}, user)
		s.Expires = stored(s.Expires)
	}
	if err == nil {
		s.User = a.visitor.user(ctx, user)
		if s.Token != token || s.UserID != s.User.ID { // a collation that takes them for equal
			err = cardea.ErrNotFound
		}
	}
	if err != nil {
		return nil, a.errors.wrap(ctx, "find session", err)
	}
	return s, nil
}

// RenewSession moves the expiry of a session that exists.
func (a *Adapter) RenewSession(ctx context.Context, token string, expires time.Time) error {
	n, err := a.exec(ctx, a.statements.renewSession, stored(expires), token)
	if err == nil && n == 0 { // MySQL does not count a row that already is as it should be
		err = a.exists(ctx, a.statements.hasSession, token)
	}
	if err != nil {
		return a.errors.wrap(ctx, "renew session", err)
	}
	return nil
}

// DeleteSession removes the session.
func (a *Adapter) DeleteSession(ctx context.Context, token string) error {
	if _, err := a.exec(ctx, a.statements.deleteSession, token); err != nil {
		return a.errors.wrap(ctx, "delete session", err)
	}
	return nil
}

// DeleteExpiredSessions removes at most limit sessions that expired before the given time, and
// returns how many.
func (a *Adapter) DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error) {
	return a.deleteExpired(ctx, "delete expired sessions", a.statements.deleteExpiredSessions, before, limit)
}

func (a *Adapter) deleteExpired(
	ctx context.Context, op string, s *statement, before time.Time, limit int,
) (int, error) {
	if limit <= 0 { // SQLite takes a negative limit for none
		return 0, nil
	}
	n, err := a.exec(ctx, s, before.UTC(), limit)
	if err != nil {
		return 0, a.errors.wrap(ctx, op, err)
	}
	return int(n), nil
}
