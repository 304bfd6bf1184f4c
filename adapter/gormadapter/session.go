package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
)

// CreateSession adds s through GORM, in s.Entity or, if that is nil, a new entity. It returns
// ErrNotFound if there is no such user, and ErrConflict if the token is taken.
func (a *Adapter) CreateSession(ctx context.Context, s *cardea.Session) error {
	r, err := a.session.rowFor(s.Entity)
	if err != nil {
		return fmt.Errorf("create session: Session%w", err)
	}
	r.setNewID("")
	r.set("SessionToken", s.Token)
	r.set("Expires", new(stored(s.Expires)))
	if err := a.insert(ctx, "create session", r, s.UserID); err != nil {
		return err
	}
	s.Entity = r.customEntity()
	return nil
}

// session returns the session in r, without its user.
func (r *row) session() *cardea.Session {
	return &cardea.Session{
		Token:   r.text("SessionToken"),
		UserID:  r.text("UserID"),
		Expires: timeAt(r.at("Expires")),
		Entity:  r.customEntity(),
	}
}

// Session returns the session with that token and its user, by one statement, or ErrNotFound. If
// the application has a session entity, its columns are read too.
//
// If the application has registered dbresolver, Session reads from a replica. If the session is
// missing or expired there, Session reads it again from the primary, so a new session is found at
// once. A deleted session stays valid, and a changed user stays unchanged, until the replica
// catches up.
func (a *Adapter) Session(ctx context.Context, token string) (*cardea.Session, error) {
	if replica, ok := a.db.withReplica(ctx); ok {
		if s, err := a.findSession(replica, token); err == nil && time.Now().Before(s.Expires) {
			return s, nil
		}
	}
	return a.findSession(ctx, token)
}

func (a *Adapter) findSession(ctx context.Context, token string) (*cardea.Session, error) {
	// rowOf, unlike newRow, is inlined, so that the row stays on the stack.
	s, user := &cardea.Session{}, a.user.rowOf(a.user.entity.new())
	var err error
	if a.session.custom {
		r := a.session.newRow()
		err = a.db.read(ctx, a.statements.session, []any{token}, nil, r, user)
		s = r.session()
	} else {
		err = a.db.read(ctx, a.statements.session, []any{token}, []any{&s.Token, &s.UserID, &s.Expires}, user)
		s.Expires = stored(s.Expires)
	}
	if err == nil {
		s.User = a.userFields.user(ctx, user)
		if s.Token != token || s.UserID != s.User.ID { // a collation takes them for equal
			err = cardea.ErrNotFound
		}
	}
	if err != nil {
		return nil, a.errors.wrap(ctx, "find session", err)
	}
	return s, nil
}

// RenewSession sets the expiry of a session. It returns ErrNotFound if there is no such session.
func (a *Adapter) RenewSession(ctx context.Context, token string, expires time.Time) error {
	n, err := a.db.execAlone(ctx, a.statements.renewSession, stored(expires), token)
	if err == nil && n == 0 { // MySQL does not count a row that stays as it is
		err = a.db.exists(ctx, a.statements.hasSession, token)
	}
	if err != nil {
		return a.errors.wrap(ctx, "renew session", err)
	}
	return nil
}

// DeleteSession removes the session. It does nothing if there is no such session.
func (a *Adapter) DeleteSession(ctx context.Context, token string) error {
	if _, err := a.db.execAlone(ctx, a.statements.deleteSession, token); err != nil {
		return a.errors.wrap(ctx, "delete session", err)
	}
	return nil
}

// DeleteExpiredSessions removes at most limit sessions that expired before the given time, and
// returns how many. It removes none if limit is 0 or less.
func (a *Adapter) DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := a.db.deleteExpired(ctx, a.statements.deleteExpiredSessions, before, limit)
	if err != nil {
		return 0, a.errors.wrap(ctx, "delete expired sessions", err)
	}
	return n, nil
}

// Sessions returns the sessions of a user without their User, ordered by token, each with the
// application's session entity if it has one. It reads them from the primary. It returns none if
// there is no such user.
func (a *Adapter) Sessions(ctx context.Context, userID string) ([]*cardea.Session, error) {
	key, err := a.user.key(userID)
	if err != nil {
		return nil, nil // no user has that ID
	}
	rows, err := a.db.readAll(ctx, a.statements.sessions, a.session, key)
	if err != nil {
		return nil, a.errors.wrap(ctx, "list sessions", err)
	}
	sessions := make([]*cardea.Session, len(rows))
	for i, r := range rows {
		sessions[i] = r.session()
	}
	slices.SortFunc(sessions, func(x, y *cardea.Session) int { return cmp.Compare(x.Token, y.Token) })
	return sessions, nil
}

// DeleteSessions removes the sessions of a user, except the one with the token except, and returns
// how many. If except is empty it removes all.
func (a *Adapter) DeleteSessions(ctx context.Context, userID, except string) (int, error) {
	key, err := a.user.key(userID)
	if err != nil {
		return 0, nil // no user has that ID
	}
	s, args := a.statements.deleteSessions, []any{key}
	if except != "" && a.db.dialect.storable(except) {
		s, args = a.statements.deleteOtherSessions, []any{key, except}
	}
	n, err := a.db.exec(ctx, s, args...)
	if err != nil {
		return 0, a.errors.wrap(ctx, "delete sessions", err)
	}
	return int(n), nil
}
