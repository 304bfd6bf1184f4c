package expiring

import (
	"sync"
	"time"
)

const (
	maxKeys  = 1 << 16 // how many keys a [Limiter] holds
	tidied   = 2       // entries that each call looks at, to remove those that have expired
	compared = 8       // entries of which the least used goes if the limiter is full
	chunk    = 1 << 10 // entries that are allocated together
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
	mu     sync.Mutex
	places map[string]int // the number of each key's entry
	length int            // how many entries there are; their numbers start at 0
	hand   int            // where tidying continues

	// The entries are in chunks, because a slice that grows is copied as a whole.
	chunks [maxKeys / chunk]*[chunk]limiterEntry
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
		paid = l.entry(i).paid
	}
	next, wait := r.Take(paid, now)
	if wait > 0 {
		return false, wait
	}
	if known {
		l.entry(i).paid = next
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
		e := l.entry(i)
		e.paid = r.Give(e.paid)
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
	if l.length == maxKeys {
		l.remove(l.leastUsed(now))
	}
	if l.chunks[l.length/chunk] == nil {
		l.chunks[l.length/chunk] = new([chunk]limiterEntry)
	}
	l.places[e.key] = l.length
	*l.entry(l.length) = e
	l.length++
}

// leastUsed returns which of some entries has used the smallest part of its rate.
func (l *Limiter) leastUsed(now time.Time) int {
	least := l.next()
	for range compared - 1 {
		if i := l.next(); l.entry(i).used(now) < l.entry(least).used(now) {
			least = i
		}
	}
	return least
}

// tidy removes expired entries among the next ones. Each call adds one entry at most and looks at
// two, so that expired ones do not pile up.
func (l *Limiter) tidy(now time.Time) {
	for range min(tidied, l.length) {
		if i := l.next(); !l.entry(i).paid.After(now) {
			l.remove(i)
		}
	}
}

// next returns the number of the next entry, round and round.
func (l *Limiter) next() int {
	l.hand++
	if l.hand >= l.length {
		l.hand = 0
	}
	return l.hand
}

// remove removes an entry and moves the last one to its place.
func (l *Limiter) remove(i int) {
	l.length--
	removed, last := l.entry(i), l.entry(l.length)
	delete(l.places, removed.key)
	if i != l.length {
		*removed = *last
		l.places[removed.key] = i
	}
	*last = limiterEntry{}
	if l.length%chunk == 0 {
		l.chunks[l.length/chunk] = nil
	}
}

// entry returns the entry with a number.
func (l *Limiter) entry(i int) *limiterEntry { return &l.chunks[i/chunk][i%chunk] }

// Len returns how many keys the limiter holds.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.length
}
