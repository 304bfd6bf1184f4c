package sqladapter

import (
	"context"
	"time"

	"github.com/cardea-auth/cardea"
)

// CreateSession adds s.
func (a *Adapter) CreateSession(ctx context.Context, s *cardea.Session) error {
	_, err := a.exec(ctx, "create session", "INSERT INTO session (token, user_id, expires) VALUES (?, ?, ?)",
		s.Token, s.UserID, s.Expires.UnixMilli())
	return err
}

// Session returns the session with its user, even if it has expired, or ErrNotFound.
func (a *Adapter) Session(ctx context.Context, token string) (*cardea.Session, error) {
	s, expires := &cardea.Session{Token: token}, int64(0)
	u, err := a.user(ctx,
		"SELECT "+userColumns+", expires FROM session JOIN user ON user.id = session.user_id WHERE token = ?",
		[]any{token}, &expires)
	if err != nil {
		return nil, err
	}
	s.UserID, s.User, s.Expires = u.ID, u, time.UnixMilli(expires).UTC()
	return s, nil
}

// RenewSession changes the expiry of a session that exists. An upsert would restore a session that
// was deleted a moment ago.
func (a *Adapter) RenewSession(ctx context.Context, token string, expires time.Time) error {
	return a.execOne(ctx, "renew session", "UPDATE session SET expires = ? WHERE token = ?",
		expires.UnixMilli(), token)
}

// DeleteSession removes the session.
func (a *Adapter) DeleteSession(ctx context.Context, token string) error {
	_, err := a.exec(ctx, "delete session", "DELETE FROM session WHERE token = ?", token)
	return err
}

// Sessions returns the sessions of a user, ordered by token.
func (a *Adapter) Sessions(ctx context.Context, userID string) ([]*cardea.Session, error) {
	rows, err := a.querier(ctx).QueryContext(ctx,
		"SELECT token, user_id, expires FROM session WHERE user_id = ? ORDER BY token", userID)
	if err != nil {
		return nil, mapError("list sessions", err)
	}
	defer rows.Close()
	var sessions []*cardea.Session
	for rows.Next() {
		s, expires := &cardea.Session{}, int64(0)
		if err := rows.Scan(&s.Token, &s.UserID, &expires); err != nil {
			return nil, mapError("list sessions", err)
		}
		s.Expires = time.UnixMilli(expires).UTC()
		sessions = append(sessions, s)
	}
	return sessions, mapError("list sessions", rows.Err())
}

// DeleteSessions removes all sessions of a user except the one with the token except, and returns
// how many it removed. If except is empty, it removes all, because no session has the empty token.
func (a *Adapter) DeleteSessions(ctx context.Context, userID, except string) (int, error) {
	n, err := a.exec(ctx, "delete sessions", "DELETE FROM session WHERE user_id = ? AND token <> ?", userID, except)
	return int(n), err
}

// DeleteExpiredSessions removes at most limit sessions that expired before the given time, and
// returns how many it removed.
func (a *Adapter) DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := a.exec(ctx, "delete expired sessions",
		"DELETE FROM session WHERE token IN (SELECT token FROM session WHERE expires < ? LIMIT ?)",
		before.UnixMilli(), max(limit, 0))
	return int(n), err
}
