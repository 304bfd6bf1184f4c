// Package expiring keeps short-lived data in the memory of one process: ids until they expire, and
// how often something has happened.
package expiring

import (
	"sync"
	"time"
)

// maxIDs is how many ids a [Set] holds.
const maxIDs = 1 << 17

// Set is a set of ids that expire. It holds at most 131,072 ids. If it is full, it forgets some ids
// before they expire. The zero value is empty and ready to use. It is safe for concurrent use.
type Set struct {
	mu    sync.RWMutex
	until map[string]time.Time // when each id expires
	swept time.Time            // when sweep last ran
}

// Add adds an id until the given time, and reports whether the id was new. If the id is in the set
// already, Add changes nothing.
func (s *Set) Add(id string, now, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.until[id]; ok && now.Before(t) {
		return false
	}
	s.put(id, now, until)
	return true
}

// Extend adds an id until the given time. If the id is in the set already, the later time counts.
func (s *Set) Extend(id string, now, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !until.Before(s.until[id]) {
		s.put(id, now, until)
	}
}

// put adds an id. The caller holds the lock.
func (s *Set) put(id string, now, until time.Time) {
	s.sweep(now)
	if s.until == nil {
		s.until = map[string]time.Time{}
	}
	s.until[id] = until
}

// Has reports whether the id is in the set and has not expired.
func (s *Set) Has(id string, now time.Time) bool {
	_, ok := s.Until(id, now)
	return ok
}

// Until returns when the id expires, and whether it is in the set and has not expired.
func (s *Set) Until(id string, now time.Time) (time.Time, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.until[id]
	return t, ok && now.Before(t)
}

// sweep removes expired ids, once a minute or if the set is full. If it is still full, sweep
// removes arbitrary ids.
func (s *Set) sweep(now time.Time) {
	full := len(s.until) >= maxIDs
	if !full && now.Sub(s.swept) < time.Minute {
		return
	}
	s.swept = now
	for id, t := range s.until {
		if !now.Before(t) {
			delete(s.until, id)
		}
	}
	for id := range s.until {
		if len(s.until) < maxIDs {
			return
		}
		delete(s.until, id)
	}
}
