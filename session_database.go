package cardea

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// databaseSessions is the strategy in which a session is a row, and the cookie has its token.
type databaseSessions struct {
	store   SessionStore
	tracker SessionTracker // nil if the store is none
	config  SessionConfig
	log     *slog.Logger

	unstored sync.Once // that the log says what the store has no place for
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
	return hexOf(sha256.Sum256([]byte(token)))
}

// create adds a session of a user with that token.
func (s *databaseSessions) create(ctx context.Context, token string, u *User, opened Session) (*Session, error) {
	session := opened
	session.Token, session.UserID, session.User = s.key(token), u.ID, u
	if err := s.store.CreateSession(ctx, &session); err != nil {
		return nil, err
	}
	s.reportUnstored(ctx, &opened, &session)
	return &session, nil
}

// reportUnstored logs once what the store has no place for.
func (s *databaseSessions) reportUnstored(ctx context.Context, given, stored *Session) {
	var missing []string
	for _, field := range []struct {
		name          string
		given, stored bool // whether there is a value
	}{
		{"CreatedAt", !given.CreatedAt.IsZero(), !stored.CreatedAt.IsZero()},
		{"AuthTime", !given.AuthTime.IsZero(), !stored.AuthTime.IsZero()},
		{"SeenAt", !given.SeenAt.IsZero(), !stored.SeenAt.IsZero()},
		{"Methods", len(given.Methods) > 0, len(stored.Methods) > 0},
		{"Level", given.Level > 0, stored.Level > 0},
		{"IP", given.IP != "", stored.IP != ""},
		{"UserAgent", given.UserAgent != "", stored.UserAgent != ""},
	} {
		if field.given && !field.stored {
			missing = append(missing, field.name)
		}
	}
	stored.Level = max(stored.Level, 1)
	if len(missing) == 0 {
		return
	}
	s.unstored.Do(func() {
		s.log.WarnContext(ctx, "cardea: sessions are stored without some of their fields", "missing", missing, "cause",
			"the store has no place for them. If a table lacks the columns, migrate it. Without CreatedAt, "+
				"Session.Lifetime counts from the last extension. This is said once")
	})
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
	s.config.complete(session, c.now)
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
	expires := s.config.extended(session, c.now)
	s.touch(ctx, session, c.now, c.now)
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

const (
	// seenEvery is how often the use of a session is stored.
	seenEvery = time.Hour

	// seenTimeout is how long a request waits for that. It is less important than an answer.
	seenTimeout = 2 * time.Second
)

// use stores that a session is used now, unless a use within the last hour is stored.
func (s *databaseSessions) use(ctx context.Context, session *Session, now time.Time) {
	s.touch(ctx, session, now.Add(-seenEvery), now)
}

// touch stores that a session is used now, unless a use after before is stored. It also stores the
// time of the sign-in if that is not known; otherwise the lifetime would begin anew with each
// extension. A failure is only logged.
func (s *databaseSessions) touch(ctx context.Context, session *Session, before, now time.Time) {
	if s.tracker == nil || session.SeenAt.After(before) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, seenTimeout)
	defer cancel()
	err := s.tracker.TouchSession(ctx, session.Token, before, now, s.config.begin(session, now))
	if err != nil {
		s.log.WarnContext(ctx, "cardea: use of a session not stored", "cause", err)
		return
	}
	session.SeenAt = now
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
