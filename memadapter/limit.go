package memadapter

import (
	"context"
	"sync"
	"time"

	"github.com/cardea-auth/cardea/internal/expiring"
	"github.com/cardea-auth/cardea/ratelimit"
)

// limits are the counts. They take no part in transactions.
type limits struct {
	mu   sync.Mutex
	paid map[string]time.Time // by key; see expiring.Rate.Take
}

// TakeLimit counts one event of the key if the limit allows it. Otherwise it returns how long it
// takes until the limit allows one. It uses the caller's time.
func (l *limits) TakeLimit(
	ctx context.Context, key string, limit ratelimit.Rate, now time.Time,
) (ok bool, retry time.Duration, err error) {
	if err := ctx.Err(); err != nil {
		return false, 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	next, wait := expiring.Rate(limit).Take(l.paid[key], now)
	if wait > 0 {
		return false, wait, nil
	}
	l.paid[key] = next
	return true, 0, nil
}

// GiveLimit takes back one event of the key. It does nothing if the key is unknown.
func (l *limits) GiveLimit(ctx context.Context, key string, limit ratelimit.Rate) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if paid, ok := l.paid[key]; ok {
		l.paid[key] = expiring.Rate(limit).Give(paid)
	}
	return nil
}

// ResetLimit forgets the events of the key.
func (l *limits) ResetLimit(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.paid, key)
	return nil
}

// DeleteExpiredLimits removes at most limit keys whose events no longer counted at the given time,
// and returns how many it removed.
func (l *limits) DeleteExpiredLimits(ctx context.Context, before time.Time, limit int) (n int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, paid := range l.paid {
		if n >= limit {
			break
		}
		if paid.Before(before) {
			delete(l.paid, key)
			n++
		}
	}
	return n, nil
}
