package cardea

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// Sessions returns the sessions of a user that have not expired, the one that was used last first,
// for a page that shows users where they are signed in. If the user has none or does not exist, the
// list is empty and the error is nil. Session.User is nil.
//
// The current session is the one whose ID is SessionFrom(ctx).ID(). The application's columns, such
// as the name of a device, are in Session.Entity.
//
// With [StrategyJWT] sessions are in browsers alone, and the error is [errors.ErrUnsupported].
func (a *Auth) Sessions(ctx context.Context, userID string) ([]*Session, error) {
	if a.database == nil {
		return nil, noSessionRows("list sessions")
	}
	sessions, err := a.database.store.Sessions(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("cardea: list sessions: %w", err)
	}
	now := a.now()
	for _, s := range sessions {
		a.config.Session.complete(s, now)
	}
	sessions = slices.DeleteFunc(sessions, func(s *Session) bool { return !now.Before(s.Expires) })
	slices.SortStableFunc(sessions, func(x, y *Session) int {
		c := a.config.Session
		return cmp.Or(c.lastUse(y, now).Compare(c.lastUse(x, now)), y.CreatedAt.Compare(x.CreatedAt))
	})
	return sessions, nil
}

// EndSession ends the session of a user with that [Session.ID], in any browser. If there is no such
// session, or it belongs to another user, nothing changes and the error is nil.
//
// With [StrategyJWT] the error is [errors.ErrUnsupported].
func (a *Auth) EndSession(ctx context.Context, userID, id string) error {
	if a.database == nil {
		return noSessionRows("end session")
	}
	sessions, err := a.database.store.Sessions(ctx, userID)
	if err != nil {
		return fmt.Errorf("cardea: end session: %w", err)
	}
	for _, s := range sessions {
		if equalSecrets(s.ID(), id) {
			if err := a.database.store.DeleteSession(ctx, s.Token); err != nil {
				return fmt.Errorf("cardea: end session: %w", err)
			}
		}
	}
	return nil
}

// EndSessions ends all sessions of a user except one, usually that of [SessionFrom], and returns
// how many. If except is nil, or a session of another user, it ends all of them. The links and
// codes that were mailed to the user, and the tokens of [Config].Features, do not work any more.
// Call it after a change of the user's password. It works for a user who is deleted and whose row
// is kept, too.
//
// With [StrategyJWT] the error is [errors.ErrUnsupported].
func (a *Auth) EndSessions(ctx context.Context, userID string, except *Session) (int, error) {
	if a.database == nil {
		return 0, noSessionRows("end sessions")
	}
	token := ""
	if except != nil {
		token = except.Token
	}
	n := 0
	err := a.config.Adapter.Transact(ctx, func(ctx context.Context) (err error) {
		// A sign-in replaces one session by another. It locks the user too. Nobody signs in as a
		// user who is deleted, but rows of such a user may be kept, and the user may come back.
		if err := a.config.Adapter.LockUser(ctx, userID); ignoreNotFound(err) != nil {
			return err
		}
		if err := a.deleteTokens(ctx, userID); err != nil {
			return err
		}
		n, err = a.database.store.DeleteSessions(ctx, userID, token)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("cardea: end sessions: %w", err)
	}
	return n, nil
}

// noSessionRows is the error of a method that needs sessions in the database.
func noSessionRows(doing string) error {
	return fmt.Errorf("cardea: %s: it needs StrategyDatabase: %w", doing, errors.ErrUnsupported)
}
