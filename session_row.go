package cardea

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"
)

// rowSessions is the Database strategy.
type rowSessions struct {
	store  SessionStore
	config SessionConfig
	log    *slog.Logger
}

// maxToken is the length of the longest token that is looked up; ours have 43 characters, those of
// Auth.js 36.
const maxToken = 128

// key is what the store knows a token by. A plain hash suffices: the tokens are 256 random bits.
func (s *rowSessions) key(token string) string {
	if s.config.InsecureStoreRawTokens {
		return token
	}
	sum := sha256.Sum256([]byte(token))
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// create adds the session that a token stands for.
func (s *rowSessions) create(ctx context.Context, token string, u *User, now time.Time) (*Session, error) {
	session := &Session{Token: s.key(token), UserID: u.ID, Expires: now.Add(s.config.MaxAge), User: u}
	return session, s.store.CreateSession(ctx, session)
}

func (s *rowSessions) read(ctx context.Context, p presented) (*Session, error) {
	if p.value == "" || len(p.value) > maxToken {
		return nil, nil
	}
	session, err := s.store.Session(ctx, s.key(p.value))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, storeError("read the session", err)
	}
	if p.now.Before(session.Expires) {
		return session, nil
	}
	if err := s.store.DeleteSession(ctx, session.Token); err != nil {
		s.log.WarnContext(ctx, "cardea: expired session not removed", "cause", err)
	}
	return nil, nil
}

func (s *rowSessions) refresh(ctx context.Context, session *Session, p presented, _ refresh) (string, error) {
	if p.now.Before(session.Expires.Add(s.config.UpdateAge - s.config.MaxAge)) {
		return p.value, nil
	}
	expires := p.now.Add(s.config.MaxAge)
	err := s.store.RenewSession(ctx, session.Token, expires)
	if errors.Is(err, ErrNotFound) { // ended meanwhile, and not to be brought back
		return "", nil
	}
	if err != nil {
		return "", storeError("renew the session", err)
	}
	session.Expires = expires
	return p.value, nil
}

func (s *rowSessions) end(ctx context.Context, p presented) error {
	if p.value == "" || len(p.value) > maxToken {
		return nil
	}
	return storeError("delete the session", s.store.DeleteSession(ctx, s.key(p.value)))
}
