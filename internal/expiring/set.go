// Package expiring keeps short-lived data in the memory of one process, within bounds: ids until
// they expire, and how often something has happened.
package expiring

import (
	"cmp"
	"sync"
	"time"
)

// maxIDs is how many ids a [Set] holds.
const maxIDs = 1 << 17

// Set is a set of ids that expire. It holds at most 131,072 ids. They take about 20 MB, or up to 36
// MB if they expire at times that are far apart. A call takes the same few steps whether the set is
// empty or full. The zero value is empty and ready to use. It is safe for concurrent use.
//
// If the set is full, it has to lose an id that has not expired. It loses the one that expires
// first, to the second, and remembers when that was: see [Set.Lost].
//
// The time is the caller's. An id that has expired may be removed. If the clock is set back
// afterwards, the set does not know the id any more.
type Set struct {
	mu    sync.RWMutex
	ids   map[string]*entry
	queue queue
	lost  time.Time
	most  int // how many ids it holds, 0 for maxIDs; tests have small sets
}

// Add adds an id until the given time, and reports whether the id was new. If the id is in the set
// already, Add changes nothing. If the set has lost ids that expire at that time or later, nobody
// knows whether this is one of them, and it counts as one. So an id must be added with the same
// time whenever it is added.
func (s *Set) Add(id string, now, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeExpired(now)
	if s.isKnown(id, now) || !until.After(s.lost) {
		return false
	}
	s.put(id, until)
	return true
}

// AddIfRoom is Add for ids that may be added with another time each time. If the set is full,
// nothing counts as new until an id has expired, which the set notices within a second.
func (s *Set) AddIfRoom(id string, now, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeExpired(now)
	if s.isKnown(id, now) || s.isFull() {
		return false
	}
	s.put(id, until)
	return true
}

// isKnown reports whether the id is in the set. It removes the id if that has expired.
func (s *Set) isKnown(id string, now time.Time) bool {
	e, ok := s.ids[id]
	if ok && !now.Before(e.until) {
		s.remove(e)
		return false
	}
	return ok
}

// Extend adds an id until the given time. If the id is in the set already, the later time counts.
func (s *Set) Extend(id string, now, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeExpired(now)
	e, ok := s.ids[id]
	switch {
	case !ok:
		s.put(id, until)
	case until.After(e.until):
		s.queue.remove(e)
		e.until = until
		s.queue.add(e)
	}
}

// put adds an id, in the place of another one if the set is full. The caller holds the lock.
func (s *Set) put(id string, until time.Time) {
	if s.isFull() {
		first := s.queue.first.first
		s.remove(first)
		if first.until.After(s.lost) { // those that expire later may have been lost earlier
			s.lost = first.until
		}
	}
	if s.ids == nil {
		s.ids = map[string]*entry{}
	}
	e := &entry{id: id, until: until}
	s.ids[id] = e
	s.queue.add(e)
}

// removeExpired removes two ids at most, if they have expired. Each call adds one at most, so that
// expired ones do not pile up.
func (s *Set) removeExpired(now time.Time) {
	for range 2 {
		if s.queue.length > 0 && !now.Before(s.queue.first.first.until) {
			s.remove(s.queue.first.first)
		}
	}
}

func (s *Set) isFull() bool { return s.queue.length == cmp.Or(s.most, maxIDs) }

func (s *Set) remove(e *entry) {
	s.queue.remove(e)
	delete(s.ids, e.id)
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
	e, ok := s.ids[id]
	if !ok || !now.Before(e.until) {
		return time.Time{}, false
	}
	return e.until, true
}

// Lost returns until when an id expires at most that the set has lost because it was full. It is
// the zero time if none was lost.
func (s *Set) Lost() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lost
}

// Len returns how many ids the set holds, expired ones that were not removed yet included.
func (s *Set) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.queue.length
}
