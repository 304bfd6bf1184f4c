package cardea_test

import (
	"context"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// PocketBase CVE-2024-38351: an attacker can register somebody else's address and keep a session.
// If the owner of the address then verifies it and signs in as that user, all other sessions of the
// user end, and the passkeys and accounts from before no longer work.
func TestVerifyingAnAddressEndsOtherSessions(t *testing.T) {
	t.Parallel()
	const address = "victim@example.com"
	for _, tc := range []struct {
		name   string
		ofUser bool // the person is signed in as the user when they verify the address
		adopts bool // what Options.Adopt returns
		same   bool // the person signs in as the existing user
	}{
		{name: "signed in as the user", ofUser: true, same: true},
		{name: "the application adopts the user", adopts: true, same: true},
		{name: "a new user", same: false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
					c.Session.Strategy = strategy
					o.Adopt = func(context.Context, *cardea.User) (bool, error) { return tc.adopts, nil }
				})
				now := s.setClock()
				s.issuer.Next(cardeatest.Person{Subject: "666", Email: address})
				eve, phone := s.signedIn(t, "666"), s.signedIn(t, "666")
				user := s.accountOwner(t, "idp", "666")
				passkey := &cardea.Authenticator{CredentialID: "a2V5", UserID: user}
				if err := s.store.CreateAuthenticator(t.Context(), passkey); err != nil {
					t.Fatal(err)
				}
				b := newBrowser(t, s.URL)
				if tc.ofUser {
					b = phone
				}
				now.advance(2 * time.Second)
				linkIfAsked(t, b, visit(t, b, s.ask(t, b, address, "/").Link))

				u, err := s.store.UserByEmail(t.Context(), address)
				if err != nil || (u.ID == user) != tc.same || signedInEmail(b) != address {
					t.Fatalf("user %+v, %v; signed in as %q", u, err, signedInEmail(b))
				}
				if over := eve.Session() == nil; over != tc.same {
					t.Errorf("the earlier session has ended: %t, want %t", over, tc.same)
				}
				keys, err := s.store.Authenticators(t.Context(), user)
				if err != nil || (len(keys) == 0) != tc.adopts || (s.accountOwner(t, "idp", "666") == "") != tc.adopts {
					t.Errorf("%d passkeys are left, %v; the account belongs to %q", len(keys), err,
						s.accountOwner(t, "idp", "666"))
				}
				now.advance(2 * time.Second)
				if signedInEmail(b) != address {
					t.Error("the person is signed out")
				}
				second := newBrowser(t, s.URL) // the address is verified, so another sign-in ends nothing
				visit(t, second, s.ask(t, second, address, "/").Link)
				if signedInEmail(b) != address || signedInEmail(second) != address {
					t.Error("a second sign-in has ended the first session")
				}
			})
		})
	}
}

// The owner of a passkey of a user whose address is not verified may be a stranger too, so the
// person who verifies the address becomes a new user.
func TestPasskeyIsACredentialOfAnUnverifiedUser(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	user := &cardea.User{Email: "victim@example.com"}
	if err := s.store.CreateUser(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	passkey := &cardea.Authenticator{CredentialID: "a2V5", UserID: user.ID}
	if err := s.store.CreateAuthenticator(t.Context(), passkey); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s.URL)
	visit(t, b, s.ask(t, b, user.Email, "/").Link)
	u, err := s.store.UserByEmail(t.Context(), user.Email)
	if err != nil || u.ID == user.ID {
		t.Errorf("the person signs in as the owner of the passkey, %v", err)
	}
}
