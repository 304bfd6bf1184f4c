package gormadapter

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
)

// CreateSession adds s through GORM. The row is s.Entity, or a new entity if that is nil. If the
// application has a session entity, CreateSession sets s.Entity to the row.
//
// It returns ErrNotFound if there is no such user, ErrConflict if the token is taken, and an error
// if s.Entity has another type than the session entity.
//
// What describes the sign-in is stored if the table has columns for it. Afterwards s has what was
// stored. The adapter looks once which of these columns the table has.
func (a *Adapter) CreateSession(ctx context.Context, s *cardea.Session) error {
	t, err := a.sessions.table(ctx)
	if err != nil {
		return err
	}
	r, err := t.rowFor(s.Entity)
	if err != nil {
		return fmt.Errorf("create session: Session%w", err)
	}
	r.setNewID("")
	r.set("SessionToken", s.Token)
	r.set("Expires", new(utcMillis(s.Expires)))
	r.setSignIn(s)
	if err := a.insert(ctx, "create session", r, s.UserID); err != nil {
		a.sessions.failed(err)
		return err
	}
	r.describe(s)
	s.Entity = r.replacedEntity()
	return nil
}

// session returns the session whose entity r has, without its user.
func (r *row) session() *cardea.Session {
	s := &cardea.Session{
		Token:   r.text("SessionToken"),
		UserID:  r.text("UserID"),
		Expires: timeAt(r.at("Expires")),
		Entity:  r.replacedEntity(),
	}
	r.describe(s)
	return s
}

// Session returns the session with that token and its user, or ErrNotFound. It returns an expired
// session too. It runs one statement, which reads all columns of the session if the application has
// a session entity.
//
// If the application has registered dbresolver, Session reads from a replica. If the session is
// missing or expired there, Session reads it again from the primary, so a new session is found at
// once. Until the replica has caught up, a deleted session stays valid and changes of the user are
// not visible. With [WithSessionsFromPrimary] it always reads from the primary.
//
// On SQLite, a ctx that is canceled does not end a read that has begun. It takes microseconds, or
// as long as another connection locks the file, which busy_timeout limits. A ctx with a deadline
// ends it.
func (a *Adapter) Session(ctx context.Context, token string) (*cardea.Session, error) {
	if replica, ok := a.db.withReplica(ctx); ok {
		if s, err := a.sessions.find(replica, token); err == nil && time.Now().Before(s.Expires) {
			return s, nil
		}
	}
	return a.sessions.find(ctx, token)
}

// TouchSession stores when a session was used, unless a use after before is stored, and when it was
// created, if that is not stored. It runs no hooks. It does nothing if there is no such session, or
// if the table has no column for SeenAt.
func (a *Adapter) TouchSession(ctx context.Context, token string, before, seen, created time.Time) error {
	t, err := a.sessions.table(ctx)
	if err != nil {
		return err
	}
	if t.touch == nil {
		return ctx.Err()
	}
	_, err = a.db.execAlone(ctx, t.touch, utcMillis(seen), utcMillis(created), token, utcMillis(before))
	if err != nil {
		a.sessions.failed(err)
		return a.errors.wrap(ctx, "touch session", err)
	}
	return nil
}

// RenewSession sets the expiry of a session. It runs no hooks. It returns ErrNotFound if there is
// no such session.
func (a *Adapter) RenewSession(ctx context.Context, token string, expires time.Time) error {
	n, err := a.db.execAlone(ctx, a.statements.renewSession, utcMillis(expires), token)
	if err == nil && n == 0 { // MySQL does not count rows that an update leaves unchanged
		err = a.db.exists(ctx, a.statements.hasSession, token)
	}
	if err != nil {
		return a.errors.wrap(ctx, "renew session", err)
	}
	return nil
}

// DeleteSession removes the session. It runs no hooks. It does nothing if there is no such session.
func (a *Adapter) DeleteSession(ctx context.Context, token string) error {
	if _, err := a.db.execAlone(ctx, a.statements.deleteSession, token); err != nil {
		return a.errors.wrap(ctx, "delete session", err)
	}
	return nil
}

// DeleteExpiredSessions removes at most limit sessions that expired before the given time, and
// returns how many it removed. It removes none if limit is 0 or less.
func (a *Adapter) DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := a.db.deleteExpired(ctx, a.statements.deleteExpiredSessions, before, limit)
	if err != nil {
		return 0, a.errors.wrap(ctx, "delete expired sessions", err)
	}
	return n, nil
}

// Sessions returns the sessions of a user, including expired ones, ordered by token and without
// their User. If the application has a session entity, each has its row. Sessions reads from the
// primary. It returns none and no error if there is no such user.
func (a *Adapter) Sessions(ctx context.Context, userID string) ([]*cardea.Session, error) {
	key, err := a.user.key(userID)
	if err != nil {
		return nil, nil // no user has that ID
	}
	t, err := a.sessions.table(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := a.db.readAll(ctx, t.sessions, t.table, key)
	if err != nil {
		a.sessions.failed(err)
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
// how many it removed. If except is empty, it removes all. It removes none if there is no such
// user.
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
