package redisstore

import (
	"errors"
	"sync/atomic"
	"time"
)

var errAway = errors.New("redisstore: Redis does not answer")

const (
	pause    = time.Second // after a call without an answer
	logEvery = time.Minute
)

// outage is the time in which Redis does not answer.
type outage struct {
	until  atomic.Int64 // when the next call may be made, in nanoseconds since 1970; 0 is now
	logged atomic.Int64 // the time of the last warning
}

// mayCall reports whether a call may be made. After each pause exactly one caller tries whether
// Redis is back.
func (o *outage) mayCall(now time.Time) bool {
	until := o.until.Load()
	return until == 0 || now.UnixNano() >= until && o.until.CompareAndSwap(until, now.Add(pause).UnixNano())
}

func (o *outage) begin(now time.Time) { o.until.Store(now.Add(pause).UnixNano()) }

func (o *outage) answered() {
	if o.until.Load() != 0 {
		o.until.Store(0)
	}
}

// mayLog reports whether a warning may be written now.
func (o *outage) mayLog(now time.Time) bool {
	last := o.logged.Load()
	return (last == 0 || now.UnixNano()-last >= int64(logEvery)) && o.logged.CompareAndSwap(last, now.UnixNano())
}
