package factor_test

import (
	"strings"
	"testing"
	"time"
)

// A stranger sets up an app first and changes the address then. The owner, who takes the account
// back, is not asked for a code of that app. An app that is older than a week is the owner's.
func TestUndoRemovesAnAppOfTheWeekBefore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, proven time.Duration // how long before the change
		want           int           // apps that are left
	}{
		"a minute before":                 {time.Minute, 365 * day, 0},
		"six days before":                 {6 * day, 365 * day, 0},
		"eight days before":               {8 * day, 365 * day, 1},
		"before the address was proven":   {3 * day, 2 * day, 1},
		"a millisecond before it was":     {2*day + time.Millisecond, 2 * day, 1},
		"in the millisecond that it was":  {2 * day, 2 * day, 0},
		"soon after the address was that": {2 * day, 3 * day, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, nil)
			ann := s.userProven(t, annAddress, c.proven)
			v := s.enter(t, ann, "pwd")
			s.clock.advance(-c.before)
			v.enrol()
			s.clock.advance(c.before)
			v.post("/account/address", "email", anotherAddress)
			undo := s.linkTo(t, annAddress, "Request to change")
			owner := s.visitor(t)
			owner.get(strings.TrimPrefix(undo, s.URL))
			owner.post("/account/address/undo")
			if got := s.factors(t, ann); len(got) != c.want || v.isSignedIn() {
				t.Errorf("%d apps are left, want %d; the stranger is signed in: %t", len(got), c.want, v.isSignedIn())
			}
			if n := s.countRecoveryCodes(t, ann); n != 0 {
				t.Errorf("%d recovery codes are left", n)
			}
		})
	}
}
