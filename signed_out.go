package cardea

import (
	"context"
	"errors"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/expiring"
)

// signedOut remembers which JWT sessions have ended before they expire: in the memory of this
// process, and in the store of the site if [SessionConfig].ShareSignOuts is set.
//
// Memory holds 131,072 sign-outs. One user can take the place of maxSignOuts of them; who signs out
// more often ends all earlier sessions of their own, which takes one place. If the memory is full,
// it loses the oldest sign-out. From then on it refuses every session that may be as old: those
// that were not used since then.
type signedOut struct {
	adapter Adapter     // nil unless sign-outs are shared
	tokens  TokenStore  // of the adapter
	reader  tokenReader // of the adapter, nil if there is none

	remember time.Duration // how long a sign-out counts
	maxAge   time.Duration // of a session that is not used

	sids   expiring.Set // sids of sign-ins that have ended
	users  expiring.Set // IDs of users whose earlier sign-ins have ended
	counts expiring.Limiter
}

// tokenReader is what a [TokenStore] may have in addition, so that the sign-outs need no
// transaction. The rules of Adapter hold.
type tokenReader interface {
	// VerificationToken returns the token and leaves it. If there is none of that identifier, the
	// error is ErrNotFound. An expired one may count as none.
	VerificationToken(ctx context.Context, identifier, token string) (*VerificationToken, error)

	// ExtendVerificationToken adds t in one atomic step. If the token exists with an earlier
	// expiry, it gets that of t; a later one stays.
	ExtendVerificationToken(ctx context.Context, t *VerificationToken) error
}

const maxSignOuts = 1000 // of one user, at once

func newSignedOut(c *Config, remember time.Duration) *signedOut {
	s := &signedOut{remember: remember, maxAge: c.Session.MaxAge}
	if c.Session.ShareSignOuts {
		s.adapter = c.Adapter
		s.tokens, _ = feature.StoreOf[TokenStore](c.Adapter)
		s.reader, _ = s.tokens.(tokenReader)
	}
	return s
}

// uncancelled returns a context for storing an end. What has ended the sessions, such as a new
// password, is often committed by then. So they end also if the visitor does not wait for it.
func uncancelled(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
}

// end ends the sign-in of a user with that sid.
func (s *signedOut) end(ctx context.Context, userID, sid string, order int64, now time.Time) error {
	until := now.Add(s.remember)
	if !s.sids.Has(sid, now) {
		if ok, _ := s.counts.Take(userID, expiring.Rate{Count: maxSignOuts, Within: s.remember}, now); !ok {
			return s.endAll(ctx, userID, order, now)
		}
		s.sids.Extend(sid, now, until)
	}
	if s.tokens == nil {
		return nil
	}
	// Also if memory has it: the store may have failed then.
	ctx, cancel := uncancelled(ctx)
	defer cancel()
	err := s.tokens.CreateVerificationToken(ctx, newUsedToken(tokenOfSignOut, "", sid, until))
	if errors.Is(err, ErrConflict) {
		return nil
	}
	return storeError("store the sign-out", err)
}

// endAll ends all sign-ins of a user whose order is less.
func (s *signedOut) endAll(ctx context.Context, userID string, order int64, now time.Time) error {
	until := time.UnixMicro(order).Add(s.remember)
	s.users.Extend(userID, now, until)
	if s.tokens == nil {
		return nil
	}
	ctx, cancel := uncancelled(ctx)
	defer cancel()
	if s.reader != nil {
		err := s.reader.ExtendVerificationToken(ctx, newUsedToken(tokenOfCut, "", userID, until))
		return storeError("end the sessions of a user", err)
	}
	err := s.adapter.Transact(ctx, func(ctx context.Context) error {
		row := newUsedToken(tokenOfCut, "", userID, until)
		old, err := s.tokens.ConsumeVerificationToken(ctx, row.Identifier, row.Token)
		if err == nil && old.Expires.After(until) {
			row.Expires = old.Expires
		}
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		return s.tokens.CreateVerificationToken(ctx, row)
	})
	return storeError("end the sessions of a user", err)
}

// has reports whether a session has ended.
func (s *signedOut) has(ctx context.Context, session *Session, sid string, expires, now time.Time) (bool, error) {
	until, cut := s.users.Until(session.UserID, now)
	if s.sids.Has(sid, now) || cut && s.isBefore(session, until) || s.mayBeLost(expires) {
		return true, nil
	}
	if s.tokens == nil {
		return false, nil
	}
	ended, err := s.isStored(ctx, session, sid)
	return ended, storeError("read the sign-outs", err)
}

// isBefore reports whether a session was signed in before a cut that counts until the given time.
func (s *signedOut) isBefore(session *Session, until time.Time) bool {
	return session.order < until.Add(-s.remember).UnixMicro()
}

// mayBeLost reports whether a session that expires then may be one that memory has lost. A session
// expires maxAge after its last use.
func (s *signedOut) mayBeLost(expires time.Time) bool {
	for _, lost := range []time.Time{s.sids.Lost(), s.users.Lost()} {
		if !lost.IsZero() && !expires.After(lost.Add(s.maxAge-s.remember+maxAhead)) {
			return true
		}
	}
	return false
}

var errUndo = errors.New("nothing is changed")

// isStored reports whether the store has a sign-out of the session.
func (s *signedOut) isStored(ctx context.Context, session *Session, sid string) (bool, error) {
	if s.reader == nil {
		return s.isConsumed(ctx, session, sid)
	}
	row := newUsedToken(tokenOfSignOut, "", sid, time.Time{})
	_, err := s.reader.VerificationToken(ctx, row.Identifier, row.Token)
	if !errors.Is(err, ErrNotFound) {
		return err == nil, err
	}
	row = newUsedToken(tokenOfCut, "", session.UserID, time.Time{})
	cut, err := s.reader.VerificationToken(ctx, row.Identifier, row.Token)
	return err == nil && s.isBefore(session, cut.Expires), ignoreNotFound(err)
}

// isConsumed is isStored for a store that can only read what it removes. So the transaction is
// undone.
func (s *signedOut) isConsumed(ctx context.Context, session *Session, sid string) (ended bool, err error) {
	err = s.adapter.Transact(ctx, func(ctx context.Context) error {
		row := newUsedToken(tokenOfSignOut, "", sid, time.Time{})
		_, err := s.tokens.ConsumeVerificationToken(ctx, row.Identifier, row.Token)
		if ended = err == nil; ended {
			return errUndo
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		row = newUsedToken(tokenOfCut, "", session.UserID, time.Time{})
		cut, err := s.tokens.ConsumeVerificationToken(ctx, row.Identifier, row.Token)
		if err == nil {
			ended = s.isBefore(session, cut.Expires)
			return errUndo
		}
		return ignoreNotFound(err)
	})
	if errors.Is(err, errUndo) {
		err = nil
	}
	return ended, err
}
