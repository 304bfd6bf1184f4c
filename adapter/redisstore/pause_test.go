package redisstore

import (
	"testing"
	"time"
)

// After a call without an answer nobody calls for a second, and then one caller tries.
func TestOneCallerTriesAfterEachPause(t *testing.T) {
	t.Parallel()
	var o outage
	now := time.Unix(1_800_000_000, 0)
	for range 2 {
		if !o.mayCall(now) {
			t.Error("no call may be made")
		}
	}
	o.begin(now)
	for round := range 3 {
		if o.mayCall(now.Add(pause - 1)) {
			t.Errorf("round %d: a call in the pause", round)
		}
		now = now.Add(pause)
		first := o.mayCall(now)
		if second := o.mayCall(now); !first || second {
			t.Errorf("round %d: want one call after the pause", round)
		}
	}
	o.answered()
	for range 2 {
		if !o.mayCall(now) {
			t.Error("no call may be made after an answer")
		}
	}
}

func TestOneWarningAMinute(t *testing.T) {
	t.Parallel()
	var o outage
	now := time.Unix(1_800_000_000, 0)
	for round := range 3 {
		if !o.mayLog(now) || o.mayLog(now) || o.mayLog(now.Add(logEvery-1)) {
			t.Errorf("round %d: want one warning", round)
		}
		now = now.Add(logEvery)
	}
}
