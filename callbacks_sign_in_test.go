package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// askedSite is a site whose Callbacks.SignIn records what it is asked about. Ann is user "ann" with
// her account at idp and a proven address.
type askedSite struct {
	mailSite
	asked []cardea.SignIn
	deny  func(*cardea.SignIn) bool
}

func newAskedSite(t *testing.T, change func(*cardea.Config)) *askedSite {
	t.Helper()
	s := &askedSite{deny: func(*cardea.SignIn) bool { return false }}
	s.mailSite = newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		addSecondProvider(c).LinkByVerifiedEmail = true
		c.Providers = append(c.Providers, &cardea.CredentialsProvider{
			ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
			Authorize: func(_ context.Context, v map[string]string, _ *http.Request) (*cardea.User, error) {
				return &cardea.User{ID: v["name"]}, nil
			},
		})
		c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
			s.asked = append(s.asked, *in)
			if s.deny(in) {
				return "", errors.New("this user is banned")
			}
			return "", nil
		}
		if change != nil {
			change(c)
		}
	})
	ann := &cardea.User{ID: "ann", Name: "Ann", Email: "ann@example.com", EmailVerified: s.setClock().now()}
	must(t, s.store.CreateUser(t.Context(), ann))
	must(t, s.store.LinkAccount(t.Context(),
		&cardea.Account{UserID: "ann", Type: "oidc", Provider: "idp", ProviderAccountID: "1001"}))
	s.issuer.Next(bob)
	return s
}

// annSignsIn are the ways in which a sign-in leads to the user "ann".
var annSignsIn = map[string]struct {
	enter   func(*testing.T, *askedSite, *cardeatest.Browser)
	linking bool
}{
	"the account is known": {func(t *testing.T, s *askedSite, b *cardeatest.Browser) {
		signInAt(t, b, "idp", "1001")
	}, false},
	"the account is linked by the address": {func(t *testing.T, s *askedSite, b *cardeatest.Browser) {
		signInAt(t, b, "other", "1001")
	}, true},
	"by mail": {func(t *testing.T, s *askedSite, b *cardeatest.Browser) {
		res := b.Post("/signin/email", url.Values{"email": {"ann@example.com"}})
		if res.Header.Get("Location") == s.URL+"/api/auth/verify-request?provider=email&type=email" {
			visit(t, b, s.mails.Last(t, "ann@example.com").Link)
		}
	}, false},
	"by a form": {func(t *testing.T, s *askedSite, b *cardeatest.Browser) {
		b.Post("/callback/password", url.Values{"name": {"ann"}})
	}, false},
	"the account is linked while signed in": {func(t *testing.T, s *askedSite, b *cardeatest.Browser) {
		deny := s.deny
		s.deny = func(*cardea.SignIn) bool { return false }
		signInAt(t, b, "idp", "1001")
		s.deny, s.asked = deny, nil
		signInAt(t, b, "other", bob.Subject)
	}, true},
}

// Callbacks.SignIn sees the user who signs in, and whether the account is linked, before anything
// is written (nextauthjs/next-auth #8456: the callback cannot tell that an account will be linked).
func TestApplicationSeesWhoSignsIn(t *testing.T) {
	t.Parallel()
	for name, way := range annSignsIn {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAskedSite(t, nil)
			b := newBrowser(t, s.URL)
			way.enter(t, s, b)
			if signedInEmail(b) != "ann@example.com" || len(s.asked) == 0 {
				t.Fatalf("signed in as %q", signedInEmail(b))
			}
			for _, in := range s.asked {
				if in.User.ID != "ann" || in.IsNewUser || in.Linking != way.linking {
					t.Errorf("got user %q, new %t, linking %t", in.User.ID, in.IsNewUser, in.Linking)
				}
			}
		})
	}
}

// A banned user is refused in every way, nothing is written, and the answer is AccessDenied.
func TestBannedUserIsRefusedInEveryWay(t *testing.T) {
	t.Parallel()
	for name, way := range annSignsIn {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAskedSite(t, nil)
			s.deny = func(in *cardea.SignIn) bool { return in.User.ID == "ann" }
			b := newBrowser(t, s.URL)
			way.enter(t, s, b)
			if len(s.asked) == 0 || s.accountOwner(t, "other", "1001") != "" ||
				s.accountOwner(t, "other", bob.Subject) != "" {
				t.Error("a banned user has linked an account")
			}
			if sessions := sessionsOf(t, s.site, "ann"); len(sessions) > 0 != (signedInEmail(b) != "") ||
				len(sessions) > 1 {
				t.Errorf("%d sessions, signed in as %q", len(sessions), signedInEmail(b))
			}
		})
	}
}

// An application can refuse linking, in both ways, and lets everything else through.
func TestApplicationCanRefuseLinking(t *testing.T) {
	t.Parallel()
	for name, way := range annSignsIn {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newAskedSite(t, nil)
			s.deny = func(in *cardea.SignIn) bool { return in.Linking }
			b := newBrowser(t, s.URL)
			way.enter(t, s, b)
			accounts := fmt.Sprint(s.accounts(t, "ann@example.com"))
			if accounts != "[idp:1001]" || !way.linking && signedInEmail(b) != "ann@example.com" {
				t.Errorf("accounts = %s, signed in as %q", accounts, signedInEmail(b))
			}
		})
	}
}

// Current is who is signed in, whoever signs in next.
func TestApplicationSeesWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for name, way := range annSignsIn {
			s := newAskedSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
			b := newBrowser(t, s.URL)
			signInAt(t, b, "other", bob.Subject)
			if len(s.asked) != 1 || s.asked[0].Current != nil || !s.asked[0].IsNewUser || s.asked[0].Linking {
				t.Fatalf("a new user: %+v", s.asked)
			}
			user := s.accountOwner(t, "other", bob.Subject)
			s.asked = nil
			switch name {
			case "by mail", "by a form":
			default:
				continue // these are linked to Bob, or refused
			}
			way.enter(t, s, b)
			for _, in := range s.asked {
				if in.Current == nil || in.Current.ID != user || in.Current.Email != bob.Email || in.User.ID != "ann" {
					t.Errorf("%s: %+v", name, in)
				}
			}
			if len(s.asked) == 0 || signedInEmail(b) != "ann@example.com" {
				t.Errorf("%s: asked %d times, signed in as %q", name, len(s.asked), signedInEmail(b))
			}
		}
	})
}

// What the application has allowed is what happens. If the store changes before it is written, the
// application is asked again.
func TestApplicationIsAskedAgainIfTheResultChanges(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, provider, hint string
		change               func(*testing.T, *askedSite)
		first, then          string // the users whom the application sees; "" for a new one
	}{
		{"the account is linked to a user meanwhile", "other", "2002", func(t *testing.T, s *askedSite) {
			must(t, s.store.LinkAccount(t.Context(),
				&cardea.Account{UserID: "ann", Type: "oidc", Provider: "other", ProviderAccountID: "2002"}))
		}, "", "ann"},
		{"the account is unlinked meanwhile", "idp", "2002", func(t *testing.T, s *askedSite) {
			must(t, s.store.UnlinkAccount(t.Context(), "idp", "2002"))
		}, "carol", ""},
		{"a user with the address appears meanwhile", "other", "2002", func(t *testing.T, s *askedSite) {
			must(t, s.store.CreateUser(t.Context(),
				&cardea.User{ID: "dave", Email: bob.Email, EmailVerified: time.Now()}))
		}, "", "dave"},
		{"the user changes the address meanwhile", "other", "1001", func(t *testing.T, s *askedSite) {
			must(t, s.store.UpdateUser(t.Context(), &cardea.User{ID: "ann", Email: "new@example.com"}))
		}, "ann", ""},
		{"the user is deleted meanwhile", "idp", "1001", func(t *testing.T, s *askedSite) {
			must(t, s.store.DeleteUser(t.Context(), "ann"))
		}, "ann", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newAskedSite(t, nil)
			must(t, s.store.CreateUser(t.Context(), &cardea.User{ID: "carol"}))
			must(t, s.store.LinkAccount(t.Context(),
				&cardea.Account{UserID: "carol", Type: "oidc", Provider: "idp", ProviderAccountID: "2002"}))
			s.deny = func(*cardea.SignIn) bool {
				if len(s.asked) == 1 {
					tc.change(t, s)
				}
				return false
			}
			b := newBrowser(t, s.URL)
			signInAt(t, b, tc.provider, tc.hint)
			if len(s.asked) != 2 || s.asked[0].User.ID != tc.first || s.asked[1].User.ID != tc.then ||
				s.asked[1].IsNewUser != (tc.then == "") {
				t.Errorf("asked about %+v; want %q and then %q", s.asked, tc.first, tc.then)
			}
			if b.Session() == nil {
				t.Error("nobody is signed in")
			}
		})
	}
}
