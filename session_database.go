package cardea

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"
)

// databaseSessions is the strategy in which a session is a row, and the cookie has its token.
type databaseSessions struct {
	store  SessionStore
	config SessionConfig
	log    *slog.Logger
}

// maxTokenLength is the length of the longest token that is looked up, in bytes. The tokens of this
// package have 43 characters, those of Auth.js 36.
const maxTokenLength = 128

// key returns the key of a session in the store for the token in its cookie. A plain hash suffices,
// because the tokens are 256 random bits.
func (s *databaseSessions) key(token string) string {
	if s.config.InsecureStoreRawTokens {
		return token
	}
	sum := sha256.Sum256([]byte(token))
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// create adds a session with that token.
func (s *databaseSessions) create(ctx context.Context, token string, u *User, now time.Time) (*Session, error) {
	session := &Session{Token: s.key(token), UserID: u.ID, Expires: now.Add(s.config.MaxAge), User: u}
	return session, s.store.CreateSession(ctx, session)
}

func (s *databaseSessions) read(ctx context.Context, c sessionCookie) (*Session, error) {
	if c.value == "" || len(c.value) > maxTokenLength {
		return nil, nil
	}
	session, err := s.store.Session(ctx, s.key(c.value))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, storeError("read the session", err)
	}
	if c.now.Before(session.Expires) {
		return session, nil
	}
	if err := s.store.DeleteSession(ctx, session.Token); err != nil {
		s.log.WarnContext(ctx, "cardea: expired session not removed", "cause", err)
	}
	return nil, nil
}

func (s *databaseSessions) refresh(
	ctx context.Context, session *Session, c sessionCookie, _ sessionRefresh,
) (string, error) {
	if !s.config.isRefreshDue(session, c.now) {
		return c.value, nil
	}
	expires := c.now.Add(s.config.MaxAge)
	err := s.store.RenewSession(ctx, session.Token, expires)
	if errors.Is(err, ErrNotFound) { // it has ended in the meantime, and must stay ended
		return "", nil
	}
	if err != nil {
		return "", storeError("renew the session", err)
	}
	session.Expires = expires
	return c.value, nil
}

func (s *databaseSessions) end(ctx context.Context, c sessionCookie) error {
	if c.value == "" || len(c.value) > maxTokenLength {
		return nil
	}
	return storeError("delete the session", s.store.DeleteSession(ctx, s.key(c.value)))
}

// consume deletes the session of a cookie in a transaction, and reports whether it was there. A
// session that somebody else ends at the same time is there for one of the two only: RenewSession
// waits for the other and then finds no session.
func (s *databaseSessions) consume(ctx context.Context, c sessionCookie) (bool, error) {
	err := s.store.RenewSession(ctx, s.key(c.value), c.now.Add(s.config.MaxAge))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, storeError("take the session", err)
	}
	return true, s.end(ctx, c)
}
