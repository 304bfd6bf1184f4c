package cardea_test

import (
	"slices"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// A sign-in of somebody whom the store knows locks the user with the read. In a browser that is
// signed in it locks with LockUser: two users may be read there, and they must not be locked one
// after the other.
func TestSignInThatIsDecidedAtOnce(t *testing.T) {
	t.Parallel()
	for _, strategy := range strategies {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			var store *recordingStore
			s := newSite(t, func(c *cardea.Config) {
				c.Session.Strategy = strategy
				store = recordCalls(c)
			})
			first := newBrowser(t, s.URL)
			signInAt(t, first, "idp", "1001")
			for _, tc := range []struct {
				name    string
				browser *cardeatest.Browser
				locks   bool
			}{
				{"in a new browser", newBrowser(t, s.URL), false},
				{"in the browser that is signed in", first, true},
			} {
				store.failOnly()
				signInAt(t, tc.browser, "idp", "1001")
				if locks := slices.Contains(store.seen(), "LockUser"); locks != tc.locks {
					t.Errorf("%s: LockUser is called: %v, want %v: %q", tc.name, locks, tc.locks, store.seen())
				}
			}
		})
	}
}
