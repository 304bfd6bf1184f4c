package password_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/password"
)

// An application may send everybody to one page after a sign-in. A link in a mail leads to the page
// on which somebody chooses a password all the same, the built-in one or the application's.
func TestRedirectKeepsNobodyFromANewPassword(t *testing.T) {
	t.Parallel()
	for own, want := range map[string]string{"": "/api/auth/password/choose", "/choose": "/choose?email="} {
		s := newSite(t, func(c *cardea.Config, o *password.Options) {
			o.Pages.Choose = own
			c.Callbacks.Redirect = func(_ context.Context, _, base string) string { return base + "/app" }
		})
		s.user(t, ann, first)
		b := s.browser(t)
		if at := post(t, b, "/password/forgot", url.Values{"email": {ann}}); at != sentPage+"password_reset_mailed" {
			t.Errorf("asked for a link: ended at %s", at)
		}
		_, at, _ := open(t, b, s.mail(t, ann, "A new password"))
		if !strings.HasPrefix(at, want) {
			t.Fatalf("the link has ended at %s, want %s", at, want)
		}
		page, _ := url.Parse(at)
		form := url.Values{"password": {second}}
		if own != "" {
			form["link"], form["email"] = page.Query()["link"], page.Query()["email"]
		}
		if at := post(t, b, "/password/choose", form); at != signInPage+"password_reset" {
			t.Errorf("chose a password: ended at %s", at)
		}
		if at := signIn(t, b, ann, second); at != "/app" {
			t.Errorf("signed in: ended at %s", at)
		}
	}
}
