// Package expiring keeps short-lived data in the memory of one process, within bounds: ids until
// they expire, and how often something has happened.
package expiring

import (
	"container/heap"
	"sync"
	"time"
)

// maxIDs is how many ids a [Set] holds.
const maxIDs = 1 << 17

// Set is a set of ids that expire. It holds at most 131,072 ids, which take about 16 MB. No call
// walks over them: each takes at most 17 steps, full or not. The zero value is empty and ready to
// use. It is safe for concurrent use.
//
// If the set is full, it has to lose an id that has not expired. It loses the one that expires
// first, and remembers when that was: see [Set.Lost].
type Set struct {
	mu    sync.RWMutex
	ids   map[string]*setEntry
	queue setQueue // the first entry expires first
	lost  time.Time
}

type setEntry struct {
	id    string
	until time.Time
	place int // index in the queue
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
// nothing counts as new until an id expires.
func (s *Set) AddIfRoom(id string, now, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeExpired(now)
	if s.isKnown(id, now) || len(s.queue) == maxIDs {
		return false
	}
	s.put(id, until)
	return true
}

// isKnown reports whether the id is in the set. It removes the id if that has expired.
func (s *Set) isKnown(id string, now time.Time) bool {
	e, ok := s.ids[id]
	if ok && !now.Before(e.until) {
		heap.Remove(&s.queue, e.place)
		delete(s.ids, id)
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
		e.until = until
		heap.Fix(&s.queue, e.place)
	}
}

// put adds an id, in the place of another one if the set is full. The caller holds the lock.
func (s *Set) put(id string, until time.Time) {
	if len(s.queue) == maxIDs {
		s.lost = s.removeFirst().until
	}
	if s.ids == nil {
		s.ids = map[string]*setEntry{}
	}
	e := &setEntry{id: id, until: until}
	s.ids[id] = e
	heap.Push(&s.queue, e)
}

// removeExpired removes two ids at most, if they have expired. Each call adds one at most, so that
// expired ones do not pile up.
func (s *Set) removeExpired(now time.Time) {
	for range 2 {
		if len(s.queue) > 0 && !now.Before(s.queue[0].until) {
			s.removeFirst()
		}
	}
}

func (s *Set) removeFirst() *setEntry {
	e := heap.Pop(&s.queue).(*setEntry)
	delete(s.ids, e.id)
	return e
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

// setQueue implements [heap.Interface].
type setQueue []*setEntry

func (q setQueue) Len() int           { return len(q) }
func (q setQueue) Less(i, j int) bool { return q[i].until.Before(q[j].until) }

func (q setQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

func (q *setQueue) Push(x any) {
	e := x.(*setEntry)
	e.place = len(*q)
	*q = append(*q, e)
}

func (q *setQueue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return e
}

// Len returns how many ids the set holds, expired ones that were not removed yet included.
func (s *Set) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.queue)
}
