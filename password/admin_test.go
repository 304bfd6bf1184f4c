package password_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/passwordhash"
)

// A program of an administrator whose variables are not set changes nothing.
func TestNothingFromAnAdministrator(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config, _ *password.Options) { c.Session.Strategy = cardea.StrategyDatabase })
	u := s.user(t, ann, first)
	if err := s.passwords.Set(t.Context(), u.ID, ""); !errors.Is(err, passwordhash.ErrPassword) {
		t.Errorf("Set without a password: %v", err)
	}
	if err := s.passwords.SetHash(t.Context(), u.ID, ""); !errors.Is(err, passwordhash.ErrHash) {
		t.Errorf("SetHash without a hash: %v", err)
	}
	if err := s.passwords.Set(t.Context(), "", second); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("Set without a user: %v", err)
	}
	if at := signIn(t, s.browser(t), ann, first); at != "/" {
		t.Errorf("the old password leads to %s", at)
	}
	if at := signIn(t, s.browser(t), ann, ""); at == "/" {
		t.Error("an empty password signs in")
	}

	const bob = "bob@example.com"
	post(t, s.browser(t), "/password/signup", url.Values{"email": {bob}, "name": {"Bob"}})
	link := s.mail(t, bob, "Sign up")
	if n, err := s.EndSessions(t.Context(), "", nil); n != 0 || err != nil {
		t.Errorf("EndSessions without a user: %d, %v", n, err)
	}
	if err := s.DeleteUser(t.Context(), ""); err != nil {
		t.Errorf("DeleteUser without a user: %v", err)
	}
	b := s.browser(t)
	open(t, b, link)
	if at := post(t, b, "/password/choose", url.Values{"password": {second}}); at != "/" || !isSignedIn(b) {
		t.Errorf("the link of a sign-up leads to %s", at)
	}
}
