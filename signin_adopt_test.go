package cardea_test

import (
	"context"
	"slices"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// Pre-hijacking, the variant of the unexpired credential (Sudhodanan and Paverd 2022): whatever is
// linked to the user while Adopt runs is deleted with the credentials from before.
func TestCredentialsAddedDuringAdoptAreDeleted(t *testing.T) {
	t.Parallel()
	const address = "victim@example.com"
	for name, add := range map[string]func(context.Context, *site, string) error{
		"an account": func(ctx context.Context, s *site, user string) error {
			return s.store.LinkAccount(ctx,
				&cardea.Account{UserID: user, Type: "oidc", Provider: "other", ProviderAccountID: "late"})
		},
		"a second account of the same provider": func(ctx context.Context, s *site, user string) error {
			return s.store.LinkAccount(ctx,
				&cardea.Account{UserID: user, Type: "oidc", Provider: "idp", ProviderAccountID: "late"})
		},
		"a passkey": func(ctx context.Context, s *site, user string) error {
			return s.store.CreateAuthenticator(ctx, &cardea.Authenticator{CredentialID: "bGF0ZQ==", UserID: user})
		},
		"a session": func(ctx context.Context, s *site, user string) error {
			return s.store.CreateSession(ctx, &cardea.Session{Token: "late", UserID: user})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s mailSite
			s = newMailSite(t, func(c *cardea.Config, o *email.Options) {
				addSecondProvider(c)
				o.Adopt = func(ctx context.Context, u *cardea.User) (bool, error) {
					return true, add(ctx, s.site, u.ID)
				}
			})
			s.issuer.Next(cardeatest.Person{Subject: "666", Email: address})
			s.signedIn(t, "666")
			user := s.accountOwner(t, "idp", "666")
			b := newBrowser(t, s.URL)
			visit(t, b, s.ask(t, b, address, "/").Link)
			if signedInEmail(b) != address || s.emailOwner(t, address) != user {
				t.Fatalf("signed in as %q", signedInEmail(b))
			}
			keys, err := s.store.Authenticators(t.Context(), user)
			if got := s.accounts(t, address); len(got) > 0 || len(keys) > 0 || err != nil {
				t.Errorf("left are the accounts %q and %d passkeys, %v", got, len(keys), err)
			}
			if left := sessionsOf(t, s.site, user); len(left) != 1 {
				t.Errorf("%d sessions are left, want the new one", len(left))
			}
		})
	}
}

// The answer of Adopt belongs to what Callbacks.SignIn sees. If it is no, a new user signs in, and
// the application is asked about that user too.
func TestApplicationSeesTheAnswerOfAdopt(t *testing.T) {
	t.Parallel()
	for _, adopts := range []bool{true, false} {
		var asked []string
		s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
			o.Adopt = func(context.Context, *cardea.User) (bool, error) { return adopts, nil }
			c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
				if !in.VerificationRequest && in.Account.Type == cardea.TypeEmail {
					asked = append(asked, in.User.ID)
				}
				return "", nil
			}
		})
		s.issuer.Next(cardeatest.Person{Subject: "666", Email: "victim@example.com"})
		s.signedIn(t, "666")
		user := s.accountOwner(t, "idp", "666")
		b := newBrowser(t, s.URL)
		visit(t, b, s.ask(t, b, "victim@example.com", "/").Link)
		want := []string{user, ""}
		if adopts {
			want = want[:1]
		}
		if !slices.Equal(asked, want) || signedInEmail(b) != "victim@example.com" ||
			(s.emailOwner(t, "victim@example.com") == user) != adopts {
			t.Errorf("adopts %t: asked about %q, want %q; signed in as %q", adopts, asked, want, signedInEmail(b))
		}
	}
}
