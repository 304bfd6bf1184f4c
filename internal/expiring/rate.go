package expiring

import "time"

// Rate allows Count events at once, and then one more each time that Within/Count has passed. It is
// the generic cell rate algorithm (ITU-T I.371, Annex A), whose whole state for a key is one time:
// when all events that were allowed will have been paid for.
type Rate struct {
	Count  int           // 1 or more
	Within time.Duration // more than 0
}

// Interval is the time that pays for one event.
func (r Rate) Interval() time.Duration { return r.Within / time.Duration(r.Count) }

// Burst is the time that pays for Count events.
func (r Rate) Burst() time.Duration { return r.Interval() * time.Duration(r.Count) }

// Take returns the new state of a key after one more event. If the event is not allowed, wait is
// how long it takes until one is, and the state is the old one.
//
// A state that no events can have led to, because the clock went back or the rate was another, is
// ignored.
func (r Rate) Take(paid, now time.Time) (next time.Time, wait time.Duration) {
	start := paid
	if paid.Before(now) || paid.Sub(now)/2 > r.Burst() {
		start = now
	}
	if wait = start.Sub(now) - (r.Burst() - r.Interval()); wait > 0 { // sums of long times would overflow
		return paid, wait
	}
	return start.Add(r.Interval()), 0
}

// Give returns the state without one event that Take has allowed.
func (r Rate) Give(paid time.Time) time.Time { return paid.Add(-r.Interval()) }
