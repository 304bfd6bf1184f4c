package account_test

import (
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// A stranger can have a user with the address of somebody else, as long as nobody has proven it.
// What the stranger does again and again sends no more mails there than a form would.
func TestNoticesToAnAddressThatNobodyHasProven(t *testing.T) {
	t.Parallel()
	s, mails := newAddressSite(t, func(c *cardea.Config) {
		c.Providers[0].(*oauth.Provider).EmailVerification = oauth.EmailNeverVerified
	})
	site := s.URL[len("http://"):]
	ann := s.signIn(t, firefox, "idp-1")
	for range 8 {
		ann.SignIn("other", "other-1")
		posted(ann, "/account/unlink", url.Values{"provider": {"other"}, "providerAccountId": {"other-1"}})
	}
	ben := s.signIn(t, firefox, "idp-2")
	ben.SignIn("other", "other-2")
	count := map[string]int{}
	for _, m := range told(t, mails, "ben@example.com: New way to sign in at "+site) {
		count[m]++
	}
	for _, about := range []string{"New way to sign in at ", "Way to sign in removed at "} {
		if n := count[annsOld+": "+about+site]; n < 1 || n > 5 {
			t.Errorf("%d mails %q, want 1 to 5, as Limits.Mail says", n, about)
		}
	}
}
