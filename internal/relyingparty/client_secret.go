package relyingparty

import (
	"context"
	"sync"
	"time"
)

// clientSecret caches the secret that ClientSecretFunc has made, until a minute before it expires.
type clientSecret struct {
	make func(ctx context.Context, now time.Time) (secret string, expires time.Time, err error)
	now  func() time.Time

	mu      sync.Mutex
	secret  string
	expires time.Time
}

// get returns the cached secret, or makes one. It does not hold the lock while it makes one, so
// that a call that hangs does not block the others. Several calls may therefore make a secret at
// the same time.
func (s *clientSecret) get(ctx context.Context) (string, error) {
	now := s.now()
	if secret, ok := s.cached(now); ok {
		return secret, nil
	}
	secret, expires, err := s.make(ctx, now)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret, s.expires = secret, expires
	return secret, nil
}

// cached returns the secret, and whether it may still be used.
func (s *clientSecret) cached(now time.Time) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secret, now.Before(s.expires.Add(-time.Minute))
}
