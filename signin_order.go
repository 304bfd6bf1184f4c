package cardea

import (
	"sync/atomic"
	"time"
)

// signInOrder numbers the JWT sign-ins of a process in their order, so that all sign-ins before a
// certain one can end. The time alone cannot tell: two sign-ins may have the same, and a clock may
// go back. A number is the time in microseconds, and higher if that number was given out or seen
// before.
type signInOrder struct{ last atomic.Int64 }

// next returns a number that is higher than all before.
func (o *signInOrder) next(now time.Time) int64 {
	for {
		last := o.last.Load()
		n := max(now.UnixMicro(), last+1)
		if o.last.CompareAndSwap(last, n) {
			return n
		}
	}
}

// cut returns a number between all before and all that follow. It is a whole millisecond, which
// every store can keep.
func (o *signInOrder) cut(now time.Time) int64 {
	n := o.next(now)
	n += 999 - (n+999)%1000
	o.raise(n) // not see: the clock may have gone back by more than that believes
	return n
}

// maxAhead is how much the clock of another process is believed to be ahead.
const maxAhead = time.Minute

// see makes the following numbers higher than n, which another process has given out.
func (o *signInOrder) see(n int64, now time.Time) {
	o.raise(min(n, now.Add(maxAhead).UnixMicro()))
}

// raise makes the following numbers higher than n.
func (o *signInOrder) raise(n int64) {
	for last := o.last.Load(); n > last; last = o.last.Load() {
		if o.last.CompareAndSwap(last, n) {
			return
		}
	}
}

// nextSignIn returns the number of a JWT sign-in that begins now, and 0 with StrategyDatabase.
func (a *Auth) nextSignIn(now time.Time) int64 {
	if a.jwt == nil {
		return 0
	}
	return a.jwt.order.next(now)
}
