package password_test

import (
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/password"
)

// On a site where nobody can sign up, no link makes a user: not the one that was mailed to an
// address that nobody had proven, when its user is gone, and not in the place of a user who has a
// password already.
func TestNoLinkMakesAUserOnAClosedSite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hasPassword bool
		then        func(t *testing.T, s *site, u *cardea.User)
		want        string // who has the address in the end
	}{
		"the user has nothing else": {want: "same"},
		"the user has a password":   {hasPassword: true, want: "same"},
		"the user is deleted meanwhile": {want: "nobody", then: func(t *testing.T, s *site, u *cardea.User) {
			if err := s.DeleteUser(t.Context(), u.ID); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(_ *cardea.Config, o *password.Options) { o.NoSignUp = true })
			u := &cardea.User{Email: ann}
			if err := s.store.CreateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			if c.hasPassword {
				if err := s.passwords.Set(t.Context(), u.ID, first); err != nil {
					t.Fatal(err)
				}
			}
			b := s.browser(t)
			post(t, b, "/password/forgot", url.Values{"email": {ann}})
			link := s.mail(t, ann, "")
			if c.then != nil {
				c.then(t, s, u)
			}
			open(t, b, link)
			at := post(t, b, "/password/choose", url.Values{"password": {second}})
			owner, err := s.store.UserByEmail(t.Context(), ann)
			got := "nobody"
			if err == nil && owner.ID == u.ID {
				got = "same"
			} else if err == nil {
				got = "another"
			}
			if n := s.created.Load(); got != c.want || n != 0 {
				t.Errorf("%s user has the address, want %s; %d users were made; ended at %s", got, c.want, n, at)
			}
		})
	}
}
