package relyingparty

import (
	"context"
	"sync"
	"time"
)

// clientSecret caches a client secret that ClientSecretFunc made until it is about to expire.
type clientSecret struct {
	make func(ctx context.Context, now time.Time) (secret string, expires time.Time, err error)
	now  func() time.Time

	mu      sync.Mutex
	secret  string
	expires time.Time
}

// get does not hold the lock while it makes a secret, so that one call that hangs does not block
// the others. Several calls may make one at the same time.
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

func (s *clientSecret) cached(now time.Time) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secret, now.Before(s.expires.Add(-time.Minute))
}
