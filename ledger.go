package cardea

import (
	"sync"
	"time"
)

// ledger remembers ids until a time each: attempts that were used, tokens that were signed out. It
// lives in this process alone and holds at most ledgerSize ids; beyond that it forgets some early.
type ledger struct {
	mu    sync.RWMutex
	until map[string]time.Time
	swept time.Time
}

const ledgerSize = 1 << 17

// add enters id, and reports whether it was new.
func (l *ledger) add(id string, now, until time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.until[id]; ok && now.Before(t) {
		return false
	}
	l.enter(id, now, until)
	return true
}

// put enters id, until the later of two times if it is there already.
func (l *ledger) put(id string, now, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !until.Before(l.until[id]) {
		l.enter(id, now, until)
	}
}

func (l *ledger) enter(id string, now, until time.Time) {
	l.sweep(now)
	if l.until == nil {
		l.until = map[string]time.Time{}
	}
	l.until[id] = until
}

// has reports whether id was entered and its time is not over.
func (l *ledger) has(id string, now time.Time) bool {
	_, ok := l.get(id, now)
	return ok
}

// get returns the time until which id was entered, if that is not over.
func (l *ledger) get(id string, now time.Time) (time.Time, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	t, ok := l.until[id]
	return t, ok && now.Before(t)
}

// sweep forgets what is over, once a minute or when there is no more room.
func (l *ledger) sweep(now time.Time) {
	full := len(l.until) >= ledgerSize
	if !full && now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for id, t := range l.until {
		if !now.Before(t) {
			delete(l.until, id)
		}
	}
	for id := range l.until {
		if len(l.until) < ledgerSize {
			return
		}
		delete(l.until, id)
	}
}
