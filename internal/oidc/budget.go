package oidc

import "time"

const (
	budgetSize     = 2               // fetches that may follow each other at once
	budgetInterval = 5 * time.Second // after which one more is allowed
)

// budget is a token bucket of fetches. The zero value is full.
type budget struct {
	full   time.Time // when the budget is, or was, full again
	reason string    // of the last fetch
	spent  time.Time // when that was
}

// spend takes one fetch out of the budget, if there is one. A second one for the same reason has to
// wait for the interval, so that it leaves one for another reason.
func (b *budget) spend(now time.Time, reason string) bool {
	// The upper bound, and Abs, are for a clock that was set back.
	missing := min(max(b.full.Sub(now), 0), budgetSize*budgetInterval)
	again := reason == b.reason && now.Sub(b.spent).Abs() < budgetInterval
	allowed := !again && missing <= (budgetSize-1)*budgetInterval
	if allowed {
		missing += budgetInterval
		b.reason, b.spent = reason, now
	}
	b.full = now.Add(missing)
	return allowed
}

// refund puts back the last fetch.
func (b *budget) refund() { b.full, b.spent = b.full.Add(-budgetInterval), time.Time{} }
