package expiring

import (
	"slices"
	"sync"
	"time"
)

// maxKeys is how many keys a [Limiter] holds.
const maxKeys = 1 << 16

// Limiter limits how often something happens for each key, in any period of a given length. It
// holds at most 65,536 keys. If it is full, it forgets some keys early, which may allow more
// events. It is safe for concurrent use.
type Limiter struct {
	count  int
	within time.Duration

	mu     sync.Mutex
	events map[string][]time.Time // oldest first, at most count of them
	swept  time.Time              // when sweep last ran
}

// NewLimiter returns a limiter that allows count events of each key in any period of the length
// within.
func NewLimiter(count int, within time.Duration) *Limiter {
	return &Limiter{count: count, within: within, events: map[string][]time.Time{}}
}

// Allow reports whether one more event of a key is allowed now, and counts the event if it is.
func (l *Limiter) Allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	recent := l.recent(key, now)
	if len(recent) >= l.count {
		return false
	}
	l.events[key] = append(recent, now)
	return true
}

// recent returns the events of a key that still count, and nil if there are none.
func (l *Limiter) recent(key string, now time.Time) []time.Time {
	events := l.events[key]
	i := slices.IndexFunc(events, func(t time.Time) bool { return now.Sub(t) < l.within })
	if i < 0 {
		return nil
	}
	return events[i:]
}

// sweep removes the keys without events that still count, once a minute or if the limiter is full.
// If it is still full, sweep removes arbitrary keys.
func (l *Limiter) sweep(now time.Time) {
	full := len(l.events) >= maxKeys
	if !full && now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for key := range l.events {
		if l.recent(key, now) == nil {
			delete(l.events, key)
		}
	}
	for key := range l.events {
		if len(l.events) < maxKeys {
			return
		}
		delete(l.events, key)
	}
}
