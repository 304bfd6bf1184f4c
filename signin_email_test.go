package cardea_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// PocketBase CVE-2024-38351: when somebody proves an address that was never proven, and the user
// becomes or stays theirs, whoever else was signed in as that user is not any more, and the
// passkeys and accounts of before lead nowhere.
func TestProvenAddressEndsOtherSessions(t *testing.T) {
	t.Parallel()
	const address = "victim@example.com"
	for _, tc := range []struct {
		name   string
		ofUser bool // the person has the session of the user, in which they prove the address
		adopts bool
		same   bool
	}{
		{name: "signed in as the user", ofUser: true, same: true},
		{name: "the application says so", adopts: true, same: true},
		{name: "a new user", same: false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			strategies(t, func(t *testing.T, strategy cardea.Strategy) {
				s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
					c.Session.Strategy = strategy
					o.Adopt = func(context.Context, *cardea.User) (bool, error) { return tc.adopts, nil }
				})
				now := s.setClock()
				s.issuer.Next(cardeatest.Person{Subject: "666", Email: address})
				eve, phone := s.signedIn(t, "666"), s.signedIn(t, "666")
				user := s.owner(t, "idp", "666")
				if err := s.store.CreateAuthenticator(t.Context(),
					&cardea.Authenticator{CredentialID: "a2V5", UserID: user}); err != nil {
					t.Fatal(err)
				}
				b := stepper(t, s.URL)
				if tc.ofUser {
					b = phone
				}
				now.advance(2 * time.Second)
				visit(t, b, s.ask(t, b, address, "/").Link)

				u, err := s.store.UserByEmail(t.Context(), address)
				if err != nil || (u.ID == user) != tc.same || whoIs(b) != address {
					t.Fatalf("the user is %+v, %v; signed in as %q", u, err, whoIs(b))
				}
				if over := eve.Session() == nil; over != tc.same {
					t.Errorf("the session of before is over: %t", over)
				}
				keys, err := s.store.Authenticators(t.Context(), user)
				if err != nil || (len(keys) == 0) != tc.adopts || (s.owner(t, "idp", "666") == "") != tc.adopts {
					t.Errorf("%d passkeys are left, %v; the account is %q's", len(keys), err, s.owner(t, "idp", "666"))
				}
				now.advance(2 * time.Second)
				if whoIs(b) != address {
					t.Error("the person is signed out")
				}
				second := stepper(t, s.URL) // with the address proven, another sign-in ends nothing
				visit(t, second, s.ask(t, second, address, "/").Link)
				if whoIs(b) != address || whoIs(second) != address {
					t.Error("another sign-in has ended the first")
				}
			})
		})
	}
}

// Who has a passkey of a user who never proved the address may be a stranger, too.
func TestPasskeyIsAWayIntoAnUnprovenUser(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	user := &cardea.User{Email: "victim@example.com"}
	if err := errors.Join(s.store.CreateUser(t.Context(), user),
		s.store.CreateAuthenticator(t.Context(),
			&cardea.Authenticator{CredentialID: "a2V5", UserID: user.ID})); err != nil {
		t.Fatal(err)
	}
	b := stepper(t, s.URL)
	visit(t, b, s.ask(t, b, user.Email, "/").Link)
	u, err := s.store.UserByEmail(t.Context(), user.Email)
	if err != nil || u.ID == user.ID {
		t.Errorf("the person is the user of the passkey, %v", err)
	}
}
