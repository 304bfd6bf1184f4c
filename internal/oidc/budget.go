package oidc

import "time"

const (
	budgetSize     = 2               // fetches that may follow each other at once
	budgetInterval = 5 * time.Second // after which one more is allowed
)

// budget is a token bucket of fetches. The zero value is full.
type budget struct {
	full time.Time // when the budget is, or was, full again
}

// spend takes one fetch out of the budget, if there is one.
func (b *budget) spend(now time.Time) bool {
	// The upper bound is for a clock that was set back.
	missing := min(max(b.full.Sub(now), 0), budgetSize*budgetInterval)
	allowed := missing <= (budgetSize-1)*budgetInterval
	if allowed {
		missing += budgetInterval
	}
	b.full = now.Add(missing)
	return allowed
}

// refund puts back one fetch.
func (b *budget) refund() { b.full = b.full.Add(-budgetInterval) }
