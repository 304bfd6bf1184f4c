package expiring

import (
	"sync"
	"time"
)

const (
	maxKeys  = 1 << 16 // how many keys a [Limiter] holds
	tidied   = 2       // entries that each call looks at, to remove those that have expired
	compared = 8       // entries of which the least used goes if the limiter is full
)

// Limiter limits how often something happens for each key. It holds at most 65,536 keys, which take
// about 16 MB, and each call takes the same short time, full or not.
//
// If it is full, a new key takes the place of another one: of eight keys, of the one that has used
// the smallest part of its rate. So it first forgets the keys that a flood of new keys has brought,
// and a key that is close to its limit stays.
//
// The zero value is empty and ready to use. It is safe for concurrent use.
type Limiter struct {
	mu      sync.Mutex
	places  map[string]int // index of each key in entries
	entries []limiterEntry
	hand    int // where tidying continues
}

type limiterEntry struct {
	key  string
	paid time.Time     // see Rate.Take; afterwards the entry has no effect
	full time.Duration // how far ahead paid can be at most
}

// used is the part of its rate that a key has used.
func (e *limiterEntry) used(now time.Time) float64 { return float64(e.paid.Sub(now)) / float64(e.full) }

// Take counts an event of a key if the rate allows it. If it does not, Take returns how long it
// takes until it does.
func (l *Limiter) Take(key string, r Rate, now time.Time) (ok bool, retry time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tidy(now)
	var paid time.Time
	i, known := l.places[key]
	if known {
		paid = l.entries[i].paid
	}
	next, wait := r.Take(paid, now)
	if wait > 0 {
		return false, wait
	}
	if known {
		l.entries[i].paid = next
		return true, 0
	}
	l.add(limiterEntry{key: key, paid: next, full: r.Burst()}, now)
	return true, 0
}

// Give takes back an event that Take has counted.
func (l *Limiter) Give(key string, r Rate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i, ok := l.places[key]; ok {
		l.entries[i].paid = r.Give(l.entries[i].paid)
	}
}

// Reset forgets a key.
func (l *Limiter) Reset(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i, ok := l.places[key]; ok {
		l.remove(i)
	}
}

// add adds an entry, in the place of another one if the limiter is full. The caller holds the lock.
func (l *Limiter) add(e limiterEntry, now time.Time) {
	if l.places == nil {
		l.places = map[string]int{}
	}
	if len(l.entries) == maxKeys {
		l.remove(l.leastUsed(now))
	}
	l.places[e.key] = len(l.entries)
	l.entries = append(l.entries, e)
}

// leastUsed returns which of some entries has used the smallest part of its rate.
func (l *Limiter) leastUsed(now time.Time) int {
	least := l.next()
	for range compared - 1 {
		if i := l.next(); l.entries[i].used(now) < l.entries[least].used(now) {
			least = i
		}
	}
	return least
}

// tidy removes expired entries among the next ones. Each call adds one entry at most and looks at
// two, so that expired ones do not pile up.
func (l *Limiter) tidy(now time.Time) {
	for range min(tidied, len(l.entries)) {
		if i := l.next(); !l.entries[i].paid.After(now) {
			l.remove(i)
		}
	}
}

// next returns the index of the next entry, round and round.
func (l *Limiter) next() int {
	l.hand++
	if l.hand >= len(l.entries) {
		l.hand = 0
	}
	return l.hand
}

// remove removes an entry and moves the last one to its place.
func (l *Limiter) remove(i int) {
	last := len(l.entries) - 1
	delete(l.places, l.entries[i].key)
	if i != last {
		l.entries[i] = l.entries[last]
		l.places[l.entries[i].key] = i
	}
	l.entries[last] = limiterEntry{}
	l.entries = l.entries[:last]
}

// Len returns how many keys the limiter holds.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}
