package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// The owner of an account at a trusted provider proves the address of the user, as by mail. The row
// may be one of Auth.js, which never says that a provider has verified an address. If somebody else
// may have a credential of the user, the sign-in proves nothing, because that may be the person who
// registered the address.
func TestSignInAtATrustedProviderProvesTheAddressOfTheUser(t *testing.T) {
	t.Parallel()
	account := func(id string) func(*testing.T, *site) {
		return func(t *testing.T, s *site) {
			must(t, s.store.LinkAccount(t.Context(),
				&cardea.Account{UserID: "ann", Type: "oidc", Provider: id, ProviderAccountID: "2"}))
		}
	}
	const address = "ann@example.com"
	for _, tc := range []struct {
		name      string
		untrusted bool
		verified  any    // email_verified; true if it is nil
		row       string // the user's address; "-" for none, and Ann's if it is empty
		add       func(*testing.T, *site)
		password  bool  // a provider checks passwords
		others    *bool // what HasOtherCredential returns; nil if the application has none
		want      bool
	}{
		{name: "the user has no other account", want: true},
		{name: "the row has another spelling", row: "Ann@Example.COM", want: true},
		{name: "the provider is not trusted", untrusted: true},
		{name: "the provider has not verified it", verified: false},
		{name: "the provider says true as a text", verified: "true"},
		{name: "the user has another address", row: "other@example.com"},
		{name: "the user has no address", row: "-"},
		{name: "the user has another account there", add: account("idp")},
		{name: "the user has an account at a trusted provider", add: account("other")},
		{name: "the user has an account of another server", add: account("gone")},
		{name: "the user has a passkey", add: func(t *testing.T, s *site) {
			must(t, s.store.CreateAuthenticator(t.Context(),
				&cardea.Authenticator{CredentialID: "a2V5", UserID: "ann"}))
		}},
		{name: "the user may have a password", password: true},
		{name: "the application knows of a credential", others: new(true)},
		{name: "the application knows of no credential", others: new(false), want: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				var events []string
				s := newSite(t, func(c *cardea.Config) {
					c.Session.Strategy, idp(c).LinkByVerifiedEmail = strategy, !tc.untrusted
					addSecondProvider(c)
					c.Events.UpdateUser = func(_ context.Context, u *cardea.User) { events = append(events, u.ID) }
					if tc.others != nil {
						c.Callbacks.HasOtherCredential = func(_ context.Context, u *cardea.User) (bool, error) {
							return u.ID == "ann" && *tc.others, nil
						}
					}
					if tc.password {
						c.Providers = append(c.Providers, &cardea.CredentialsProvider{
							ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
							Authorize: func(context.Context, map[string]string, *http.Request) (*cardea.User, error) {
								return nil, nil
							},
						})
					}
				})
				now := s.setClock()
				row := map[string]string{"": address, "-": ""}
				stored, ok := row[tc.row]
				if !ok {
					stored = tc.row
				}
				must(t, s.store.CreateUser(t.Context(), &cardea.User{ID: "ann", Name: "Row", Email: stored}))
				must(t, s.store.LinkAccount(t.Context(),
					&cardea.Account{UserID: "ann", Type: "oidc", Provider: "idp", ProviderAccountID: "7"}))
				if tc.add != nil {
					tc.add(t, s)
				}
				p := newPerson("7", address)
				if tc.verified != nil {
					p.EmailVerified = tc.verified
				}
				s.issuer.Next(cardeatest.Person{Subject: "7"}) // without an address, so that this proves nothing
				first := s.signedIn(t, "7")
				now.advance(2 * time.Second)
				s.issuer.Next(p)
				b := s.signedIn(t, "7")

				u, err := s.store.UserByID(t.Context(), "ann")
				if err != nil || u.EmailVerified.Equal(now.now()) != tc.want || u.Email != stored || u.Name != "Row" {
					t.Fatalf("user %+v, %v; want the address proven: %t", u, err, tc.want)
				}
				if slices.Equal(events, []string{"ann"}) != tc.want {
					t.Errorf("UpdateUser was called for %q", events)
				}
				if ended := first.Session() == nil; ended != tc.want || b.Session() == nil {
					t.Errorf("the earlier session has ended: %t, want %t", ended, tc.want)
				}
				proven := u.EmailVerified
				now.advance(time.Hour)
				s.signedIn(t, "7")
				u, err = s.store.UserByID(t.Context(), "ann")
				if err != nil || !u.EmailVerified.Equal(proven) || b.Session() == nil || len(events) > 1 {
					t.Errorf("the second time: %+v, %v, %q; signed in: %t", u, err, events, b.Session() != nil)
				}
			})
		})
	}
}

// A signed-in user who links an account at a trusted provider proves the address, as a signed-in
// user does by mail: the session shows that the other accounts are the same person's.
func TestLinkingATrustedAccountProvesTheAddressOfTheUser(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		trusted bool
		person  cardeatest.Person
		want    bool
	}{
		{"the user's address", true, newPerson("2", "ann@example.com"), true},
		{"the provider is not trusted", false, newPerson("2", "ann@example.com"), false},
		{"another address", true, newPerson("2", "bob@example.com"), false},
		{"not verified", true, cardeatest.Person{Subject: "2", Email: "ann@example.com"}, false},
		{"no address", true, cardeatest.Person{Subject: "2"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s := newSite(t, func(c *cardea.Config) {
					c.Session.Strategy = strategy
					addSecondProvider(c).LinkByVerifiedEmail = tc.trusted
				})
				now := s.setClock()
				elsewhere, b := s.signedIn(t, "1001"), s.signedIn(t, "1001")
				now.advance(2 * time.Second)
				s.issuer.Next(tc.person)
				signInAt(t, b, "other", "2")
				u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
				if err != nil || u.EmailVerified.IsZero() == tc.want {
					t.Errorf("user %+v, %v; want the address proven: %t", u, err, tc.want)
				}
				if got := s.accounts(t, "ann@example.com"); !slices.Equal(got, []string{"idp:1001", "other:2"}) {
					t.Errorf("accounts = %q", got)
				}
				if ended := elsewhere.Session() == nil; ended != tc.want || signedInEmail(b) != "ann@example.com" {
					t.Errorf("the other session has ended: %t, want %t; signed in as %q", ended, tc.want,
						signedInEmail(b))
				}
			})
		})
	}
}

// The application sees the word of every provider in the profile. It is no proof: neither the user
// whom the application sees nor the stored one has a verified address.
func TestWordOfAProviderWithoutTrustIsOnlyInTheProfile(t *testing.T) {
	t.Parallel()
	for _, trusted := range []bool{false, true} {
		var in []cardea.SignIn
		s := newSite(t, func(c *cardea.Config) {
			idp(c).LinkByVerifiedEmail = trusted
			c.Events.SignIn = func(_ context.Context, i *cardea.SignIn) { in = append(in, *i) }
		})
		s.signedIn(t, "1001")
		u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
		if err != nil || u.EmailVerified.IsZero() == trusted {
			t.Errorf("trusted %t: stored %+v, %v", trusted, u, err)
		}
		if len(in) != 1 || !in[0].Profile.EmailVerified || in[0].User.EmailVerified.IsZero() == trusted {
			t.Errorf("trusted %t: the event got %+v", trusted, in)
		}
	}
}

// A password that the application checks itself, before Auth.SignIn, may be that of a stranger who
// has registered the address. An invited person has none.
func TestApplicationKnowsOfOtherCredentials(t *testing.T) {
	t.Parallel()
	failure := errors.New("no answer")
	for name, tc := range map[string]struct {
		has  bool
		err  error
		want string // the user who signs in; "" if nobody does
	}{
		"a credential":  {has: true, want: "another user"},
		"none":          {want: "row"},
		"a failure":     {err: failure},
		"a refusal":     {err: &cardea.Error{Code: cardea.CodeAccessDenied}},
		"a lost server": {err: context.DeadlineExceeded},
	} {
		for way, enter := range victimsWays() {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				s := newPrehijackedSite(t, func(_ *prehijackedSite, c *cardea.Config, _ *email.Options) {
					c.Callbacks.HasOtherCredential = func(context.Context, *cardea.User) (bool, error) {
						return tc.has, tc.err
					}
				})
				must(t, s.store.CreateUser(t.Context(), &cardea.User{ID: "row", Email: victimAddress}))
				b := newBrowser(t, s.URL)
				enter(t, s, b)
				id, owner := userIDOf(b), s.emailOwner(t, victimAddress)
				if tc.err != nil {
					row, err := s.store.UserByID(t.Context(), "row")
					if id != "" || owner != "row" || err != nil || !row.EmailVerified.IsZero() {
						t.Errorf("signed in as %q; the row is %+v, %v", id, row, err)
					}
					return
				}
				if id == "" || owner != id || (id == "row") != (tc.want == "row") {
					t.Errorf("signed in as %q, and %q has the address; want %s", id, owner, tc.want)
				}
			})
		}
	}
}
