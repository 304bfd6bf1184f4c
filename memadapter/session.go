package memadapter

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/cardea-auth/cardea"
)

// CreateSession adds s. A token that exists is [cardea.ErrConflict], a user who does not exist is
// [cardea.ErrNotFound].
func (a *Adapter) CreateSession(ctx context.Context, s *cardea.Session) error {
	return a.do(ctx, func(tx *transaction) error {
		if _, taken := a.sessions[s.Token]; taken {
			return cardea.ErrConflict
		}
		if _, ok := a.users[s.UserID]; !ok {
			return cardea.ErrNotFound
		}
		put(tx, a.sessions, s.Token, storedSession(s))
		return nil
	})
}

// storedSession returns a session as a database keeps it.
func storedSession(s *cardea.Session) cardea.Session {
	row := *s
	row.User, row.Claims, row.Entity = nil, nil, nil
	row.Methods = slices.Clone(s.Methods)
	for _, at := range []*time.Time{&row.Expires, &row.AuthTime, &row.CreatedAt, &row.SeenAt} {
		*at = stored(*at)
	}
	return row
}

// Session returns the session with that token, expired or not, with its user in Session.User, or
// [cardea.ErrNotFound].
func (a *Adapter) Session(ctx context.Context, token string) (*cardea.Session, error) {
	var s cardea.Session
	err := a.do(ctx, func(*transaction) error {
		var ok bool
		if s, ok = a.sessions[token]; !ok {
			return cardea.ErrNotFound
		}
		var err error
		s.User, err = a.user(s.UserID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// RenewSession sets the expiry of a session. No such session is [cardea.ErrNotFound].
func (a *Adapter) RenewSession(ctx context.Context, token string, expires time.Time) error {
	return a.do(ctx, func(tx *transaction) error {
		s, ok := a.sessions[token]
		if !ok {
			return cardea.ErrNotFound
		}
		s.Expires = stored(expires)
		put(tx, a.sessions, token, s)
		return nil
	})
}

// TouchSession stores when a session was used, unless a use after before is stored, and when it was
// created, if that is not stored. No such session is no error.
func (a *Adapter) TouchSession(ctx context.Context, token string, before, seen, created time.Time) error {
	return a.do(ctx, func(tx *transaction) error {
		s, ok := a.sessions[token]
		if !ok || s.SeenAt.After(stored(before)) {
			return nil
		}
		s.SeenAt = stored(seen)
		if s.CreatedAt.IsZero() {
			s.CreatedAt = stored(created)
		}
		put(tx, a.sessions, token, s)
		return nil
	})
}

// DeleteSession removes the session. No such session is no error.
func (a *Adapter) DeleteSession(ctx context.Context, token string) error {
	return a.do(ctx, func(tx *transaction) error {
		remove(tx, a.sessions, token)
		return nil
	})
}

// Sessions returns the sessions of a user, expired or not, without Session.User, ordered by token.
// The list is empty if the user has none or does not exist.
func (a *Adapter) Sessions(ctx context.Context, userID string) ([]*cardea.Session, error) {
	var sessions []*cardea.Session
	err := a.do(ctx, func(*transaction) error {
		for _, s := range a.sessions {
			if s.UserID == userID {
				sessions = append(sessions, &s)
			}
		}
		return nil
	})
	slices.SortFunc(sessions, func(x, y *cardea.Session) int { return cmp.Compare(x.Token, y.Token) })
	return sessions, err
}

// DeleteSessions removes all sessions of a user except the one with the token except, and returns
// how many it removed. If except is empty, it removes all.
func (a *Adapter) DeleteSessions(ctx context.Context, userID, except string) (n int, err error) {
	err = a.do(ctx, func(tx *transaction) error {
		for token, s := range a.sessions {
			if s.UserID == userID && (except == "" || token != except) {
				remove(tx, a.sessions, token)
				n++
			}
		}
		return nil
	})
	return n, err
}

// DeleteExpiredSessions removes at most limit sessions that expired before the given time, and
// returns how many it removed.
func (a *Adapter) DeleteExpiredSessions(ctx context.Context, before time.Time, limit int) (n int, err error) {
	err = a.do(ctx, func(tx *transaction) error {
		for token, s := range a.sessions {
			if n >= limit {
				break
			}
			if s.Expires.Before(before) {
				remove(tx, a.sessions, token)
				n++
			}
		}
		return nil
	})
	return n, err
}
