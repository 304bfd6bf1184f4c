package expiring

import (
	"slices"
	"sync"
	"time"
)

// maxKeys is how many keys a [Limiter] holds.
const maxKeys = 1 << 16

// Limiter limits how often something happens for each key, within any span of time of a given
// length. It holds at most 65,536 keys; when it is full, it forgets some early. It is safe for
// concurrent use.
type Limiter struct {
	count  int
	within time.Duration

	mu     sync.Mutex
	events map[string][]time.Time // oldest first, at most count of them
	swept  time.Time
}

// NewLimiter returns a limiter that allows count events of one key within any span of that length.
func NewLimiter(count int, within time.Duration) *Limiter {
	return &Limiter{count: count, within: within, events: map[string][]time.Time{}}
}

// Allow counts an event of a key and returns true, or returns false without counting it.
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

// recent returns the events of a key that still count.
func (l *Limiter) recent(key string, now time.Time) []time.Time {
	events := l.events[key]
	i := slices.IndexFunc(events, func(t time.Time) bool { return now.Sub(t) < l.within })
	if i < 0 {
		return nil
	}
	return events[i:]
}

// sweep removes keys without events that count, once a minute or when the limiter is full. If it is
// still full then, some other keys go.
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
