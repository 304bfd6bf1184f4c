package cardea_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// A JWT session outlives the row of its user: another process has deleted the user, or the database
// is a new one (nextauthjs/next-auth discussions #4687 and #9133). Such a visitor is nobody. Every
// way to sign in works, and replaces the cookie.
func TestSignInWithTheSessionOfADeletedUser(t *testing.T) {
	t.Parallel()
	for name, enter := range map[string]func(*testing.T, mailSite, *cardeatest.Browser) string{
		"at the same provider": func(t *testing.T, s mailSite, b *cardeatest.Browser) string {
			signInAt(t, b, "idp", "1001")
			return "ann@example.com"
		},
		"at another provider": func(t *testing.T, s mailSite, b *cardeatest.Browser) string {
			signInAt(t, b, "other", "1001")
			return "ann@example.com"
		},
		"with the account of another user": func(t *testing.T, s mailSite, b *cardeatest.Browser) string {
			s.issuer.Next(bob)
			cardeatest.SignIn(t, s.URL, "other", bob.Subject)
			signInAt(t, b, "other", bob.Subject)
			return bob.Email
		},
		"by mail": func(t *testing.T, s mailSite, b *cardeatest.Browser) string {
			visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
			return "ann@example.com"
		},
		"by a form": func(t *testing.T, s mailSite, b *cardeatest.Browser) string {
			must(t, s.store.CreateUser(t.Context(), &cardea.User{ID: "carol", Email: "carol@example.com"}))
			b.Post("/callback/password", url.Values{"name": {"carol"}})
			return "carol@example.com"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
				addSecondProvider(c)
				c.Session.Strategy = cardea.StrategyJWT
				c.Providers = append(c.Providers, &cardea.CredentialsProvider{
					ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
					Authorize: func(_ context.Context, v map[string]string, _ *http.Request) (*cardea.User, error) {
						return &cardea.User{ID: v["name"]}, nil
					},
				})
			})
			b := s.signedIn(t, "1001")
			before := sessionToken(b)
			must(t, s.store.DeleteUser(t.Context(), s.accountOwner(t, "idp", "1001")))
			if signedInEmail(b) == "" {
				t.Fatal("the cookie has ended: the test tests nothing")
			}
			want := enter(t, s, b)
			if got := signedInEmail(b); got != want || s.emailOwner(t, want) == "" {
				t.Errorf("signed in as %q, want %q", got, want)
			}
			if sessionToken(b) == before {
				t.Error("the cookie was not replaced")
			}
		})
	}
}

// The user is deleted between the beginning of a flow and its callback.
func TestUserDeletedDuringAFlow(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			addSecondProvider(c)
			c.Session.Strategy = strategy
		})
		s.issuer.Next(bob)
		b := s.signedIn(t, "1001")
		callback := beginAs(t, b, "other", bob.Subject, "/")
		must(t, s.store.DeleteUser(t.Context(), s.accountOwner(t, "idp", "1001")))
		openCallback(t, b, callback)
		if got := signedInEmail(b); got != bob.Email {
			t.Errorf("signed in as %q", got)
		}
	})
}
