package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// Sudhodanan and Paverd, "Pre-hijacked accounts" (USENIX Security 2022), and PocketBase
// CVE-2024-38351: somebody registers a stranger's address without proving it. That must neither
// share a user with the owner of the address nor keep the owner out. A provider that the
// application trusts with addresses proves the address like a mail: the first user loses it.
func TestUserWhoNeverProvedAnAddressLosesItToItsOwner(t *testing.T) {
	t.Parallel()
	const address = "victim@example.com"
	for name, register := range map[string]func(*testing.T, *site, *cardeatest.Browser) string{
		"a provider that does not verify": func(t *testing.T, s *site, b *cardeatest.Browser) string {
			s.issuer.Next(cardeatest.Person{Subject: "squatter", Email: address})
			signInAt(t, b, "idp", "squatter")
			return s.accountOwner(t, "idp", "squatter")
		},
		"another spelling of the address": func(t *testing.T, s *site, b *cardeatest.Browser) string {
			s.issuer.Next(cardeatest.Person{Subject: "squatter", Email: "Victim@EXAMPLE.com", EmailVerified: "false"})
			signInAt(t, b, "idp", "squatter")
			return s.accountOwner(t, "idp", "squatter")
		},
		"a passkey": func(t *testing.T, s *site, _ *cardeatest.Browser) string {
			u := &cardea.User{Email: address}
			must(t, s.store.CreateUser(t.Context(), u))
			must(t, s.store.CreateAuthenticator(t.Context(),
				&cardea.Authenticator{CredentialID: "a2V5", UserID: u.ID}))
			return u.ID
		},
		"an account that another server linked": func(t *testing.T, s *site, _ *cardeatest.Browser) string {
			u := &cardea.User{Email: address}
			must(t, s.store.CreateUser(t.Context(), u))
			must(t, s.store.LinkAccount(t.Context(),
				&cardea.Account{UserID: u.ID, Type: "oidc", Provider: "gone", ProviderAccountID: "1"}))
			return u.ID
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var updated []string
			s := newSite(t, func(c *cardea.Config) {
				addSecondProvider(c).LinkByVerifiedEmail = true
				c.Events.UpdateUser = func(_ context.Context, u *cardea.User) { updated = append(updated, u.ID) }
			})
			squatter := newBrowser(t, s.URL)
			before := register(t, s, squatter)
			updated = nil
			checkOwnerGetsAddress(t, s, before, address)
			if !slices.Equal(updated, []string{before}) {
				t.Errorf("UpdateUser was called for %q, want %q", updated, before)
			}
			if who := squatter.Session(); who != nil && signedInEmail(squatter) != "" {
				t.Errorf("the first user still has the address %q", signedInEmail(squatter))
			}
		})
	}
}

// checkOwnerGetsAddress signs the owner of an address in at the trusted provider.
func checkOwnerGetsAddress(t *testing.T, s *site, before, address string) {
	t.Helper()
	s.issuer.Next(newPerson("victim", address))
	b := newBrowser(t, s.URL)
	if got := signInAt(t, b, "other", "victim"); got != s.URL+"/" {
		t.Fatalf("sent to %q", got)
	}
	user := s.accountOwner(t, "other", "victim")
	u, err := s.store.UserByEmail(t.Context(), address)
	if err != nil || u.ID != user || user == before || u.EmailVerified.IsZero() || signedInEmail(b) != address {
		t.Errorf("%+v has the address, %v; the account is linked to %q, the first user is %q", u, err, user, before)
	}
	old, err := s.store.UserByID(t.Context(), before)
	if err != nil || old.Email != "" || !old.EmailVerified.IsZero() {
		t.Errorf("the first user is %+v, %v; want no address", old, err)
	}
	again := newBrowser(t, s.URL)
	if signInAt(t, again, "other", "victim"); signedInEmail(again) != address ||
		s.accountOwner(t, "other", "victim") != user {
		t.Errorf("the second time signed in as %q", signedInEmail(again))
	}
}

// The same with a user who has a password, which only the application knows of.
func TestUserWithAPasswordLosesAnAddressThatItNeverProved(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		addSecondProvider(c).LinkByVerifiedEmail = true
		c.Providers = append(c.Providers, &cardea.CredentialsProvider{
			ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
			Authorize: func(_ context.Context, v map[string]string, _ *http.Request) (*cardea.User, error) {
				return &cardea.User{ID: v["name"]}, nil
			},
		})
	})
	must(t, s.store.CreateUser(t.Context(), &cardea.User{ID: "squatter", Email: "victim@example.com"}))
	checkOwnerGetsAddress(t, s, "squatter", "victim@example.com")
	b := newBrowser(t, s.URL)
	b.Post("/callback/password", url.Values{"name": {"squatter"}})
	if b.Session() == nil {
		t.Error("the password does not work any more")
	}
}

// Nobody can sign in as a user without account, passkey and password, except with the address. As
// in a sign-in by mail, such a user belongs to the person who proves the address, and the sessions
// from before end.
func TestUserWithoutACredentialBelongsToTheOwnerOfTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c).LinkByVerifiedEmail = true })
	imported := &cardea.User{Name: "Imported", Email: "victim@example.com"}
	must(t, s.store.CreateUser(t.Context(), imported))
	must(t, s.store.CreateSession(t.Context(),
		&cardea.Session{Token: "old", UserID: imported.ID, Expires: s.setClock().now().AddDate(0, 1, 0)}))
	s.issuer.Next(newPerson("victim", "victim@example.com"))
	b := newBrowser(t, s.URL)
	signInAt(t, b, "other", "victim")
	u, err := s.store.UserByEmail(t.Context(), "victim@example.com")
	if err != nil || u.ID != imported.ID || u.EmailVerified.IsZero() || u.Name != "Imported" {
		t.Errorf("user %+v, %v", u, err)
	}
	if got := s.accountOwner(t, "other", "victim"); got != imported.ID {
		t.Errorf("the account is linked to %q", got)
	}
	if _, err := s.store.Session(t.Context(), "old"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("the session from before: %v", err)
	}
	if len(sessionsOf(t, s, imported.ID)) != 1 || signedInEmail(b) != "victim@example.com" {
		t.Errorf("signed in as %q", signedInEmail(b))
	}
}

// The address stays where it is if nobody has proven it: the provider has not verified it, or the
// application does not trust the provider with that. It also stays with a user who has proven it.
func TestAddressIsTakenOnlyByItsOwner(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name            string
		trusted, proven bool
		verified        any
	}{
		{"the provider is not trusted", false, false, true},
		{"the provider has not verified it", true, false, false},
		{"the provider does not say", true, false, nil},
		{"the provider says true as a text", true, false, "true"},
		{"the user has proven it, and the provider is not trusted", false, true, true},
		{"the user has proven it, and the provider has not verified it", true, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				idp(c).LinkByVerifiedEmail = tc.proven
				addSecondProvider(c).LinkByVerifiedEmail = tc.trusted
			})
			s.issuer.Next(cardeatest.Person{Subject: "first", Email: "a@example.com", EmailVerified: tc.proven})
			cardeatest.SignIn(t, s.URL, "idp", "first")
			first := s.accountOwner(t, "idp", "first")
			s.issuer.Next(cardeatest.Person{Subject: "2", Email: "a@example.com", EmailVerified: tc.verified})
			b := newBrowser(t, s.URL)
			if got := signInAt(t, b, "other", "2"); !strings.HasSuffix(got, "error=OAuthAccountNotLinked") {
				t.Errorf("sent to %q", got)
			}
			if s.emailOwner(t, "a@example.com") != first || s.accountOwner(t, "other", "2") != "" ||
				b.Session() != nil {
				t.Error("the address, or the account, is another user's now")
			}
		})
	}
}
