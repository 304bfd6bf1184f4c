package cardea

import (
	"context"
	"sync"
	"time"
)

// mintedSecret keeps a client secret that ClientSecretFunc made until it is about to expire.
type mintedSecret struct {
	mint func(ctx context.Context, now time.Time) (secret string, expires time.Time, err error)
	now  func() time.Time

	mu      sync.Mutex
	secret  string
	expires time.Time
}

// get does not hold the lock while it mints, so that one that hangs does not stop the others;
// several may mint at once.
func (m *mintedSecret) get(ctx context.Context) (string, error) {
	now := m.now()
	if secret, ok := m.kept(now); ok {
		return secret, nil
	}
	secret, expires, err := m.mint(ctx, now)
	if err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secret, m.expires = secret, expires
	return secret, nil
}

func (m *mintedSecret) kept(now time.Time) (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.secret, now.Before(m.expires.Add(-time.Minute))
}
