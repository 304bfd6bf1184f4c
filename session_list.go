package cardea

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Sessions returns the sessions of a user that have not expired, the one that was in use last
// first, without Session.User, for a page on which the user sees where they are signed in; none for
// a user who has none or does not exist. The one that the page was asked for in is the one with the
// ID of [SessionFrom]. The application's own columns, such as a device's name, are in
// Session.Entity.
//
// JWT sessions are kept by browsers alone: with that strategy the error is [errors.ErrUnsupported],
// as it is for EndSession and EndSessions.
func (a *Auth) Sessions(ctx context.Context, userID string) ([]*Session, error) {
	if a.rows == nil {
		return nil, noRows("list sessions")
	}
	sessions, err := a.rows.store.Sessions(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("cardea: list sessions: %w", err)
	}
	now := a.now()
	sessions = slices.DeleteFunc(sessions, func(s *Session) bool { return !now.Before(s.Expires) })
	slices.SortStableFunc(sessions, func(x, y *Session) int {
		return cmp.Compare(y.Expires.UnixNano(), x.Expires.UnixNano())
	})
	return sessions, nil
}

// EndSession ends the session of a user with that [Session.ID], wherever it is open. An id that is
// no session's, or that of another user's, is no error, and ends nothing.
func (a *Auth) EndSession(ctx context.Context, userID, id string) error {
	if a.rows == nil {
		return noRows("end session")
	}
	sessions, err := a.rows.store.Sessions(ctx, userID)
	if err != nil {
		return fmt.Errorf("cardea: end session: %w", err)
	}
	for _, s := range sessions {
		if equal(s.ID(), id) {
			if err := a.rows.store.DeleteSession(ctx, s.Token); err != nil {
				return fmt.Errorf("cardea: end session: %w", err)
			}
		}
	}
	return nil
}

// EndSessions ends all sessions of a user but one, mostly that of [SessionFrom], and returns how
// many; with nil, or a session of another user, it ends all. Call it after the user has changed a
// password.
func (a *Auth) EndSessions(ctx context.Context, userID string, except *Session) (int, error) {
	if a.rows == nil {
		return 0, noRows("end sessions")
	}
	token := ""
	if except != nil {
		token = except.Token
	}
	n, err := a.rows.store.DeleteSessions(ctx, userID, token)
	if err != nil {
		return n, fmt.Errorf("cardea: end sessions: %w", err)
	}
	return n, nil
}

func noRows(doing string) error {
	return fmt.Errorf("cardea: %s: it needs the Database strategy: %w", doing, errors.ErrUnsupported)
}
