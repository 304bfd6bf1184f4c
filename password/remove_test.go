package password_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/provider"
)

// withLinks adds the account page and sign-in by mail to a site.
func withLinks(s *cardeatest.Mailbox) func(*cardea.Config, *password.Options) {
	return func(c *cardea.Config, _ *password.Options) {
		c.Features = append(c.Features, account.New(account.Options{}))
		c.Providers = append(c.Providers, email.New(email.Options{From: "no-reply@example.com", Sender: s}))
	}
}

func hasPassword(t *testing.T, s *site, u *cardea.User) bool {
	t.Helper()
	_, _, err := s.store.PasswordHash(t.Context(), u.ID)
	if err != nil && !errors.Is(err, cardea.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// The last way in cannot be removed. Sign-in by mail is another one if the address is proven.
func TestRemoveThePassword(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change  func(*cardea.Config, *password.Options)
		proven  bool
		removed bool
	}{
		"the only way in":            {func(*cardea.Config, *password.Options) {}, true, false},
		"beside mails":               {withLinks(&cardeatest.Mailbox{}), true, true},
		"beside mails, but no proof": {withLinks(&cardeatest.Mailbox{}), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, tt.change)
			u := s.user(t, ann, first)
			if !tt.proven {
				u.EmailVerified = time.Time{}
				if err := s.store.UpdateUser(t.Context(), u); err != nil {
					t.Fatal(err)
				}
			}
			b, other := s.browser(t), s.browser(t)
			signIn(t, b, ann, first)
			signIn(t, other, ann, first)
			at := post(t, b, "/password/remove", nil)
			has, others := hasPassword(t, s, u), isSignedIn(other)
			if has == tt.removed || others == tt.removed || !isSignedIn(b) {
				t.Fatalf("ended at %s; password %v, other session %v", at, has, others)
			}
			if !tt.removed {
				if !strings.Contains(at, "your only way to sign in") {
					t.Errorf("ended at %s", at)
				}
				return
			}
			s.mail(t, ann, "was removed")
			if at := signIn(t, s.browser(t), ann, first); !strings.Contains(at, "CredentialsSignin") {
				t.Errorf("with the removed password: %s", at)
			}
			if at := post(t, b, "/password/remove", nil); at != accountPage+"password_removed" || !isSignedIn(b) {
				t.Errorf("again: %s", at)
			}
			wantEnd(t, post(t, b, "/password/set", url.Values{"password": {second}}), accountPage+"password_set")
			s.mail(t, ann, "was set")
		})
	}
}

// Whoever removes a password has signed in a short time ago, and posts a form of the site.
func TestRemovingAPasswordHasRules(t *testing.T) {
	t.Parallel()
	s := newSite(t, withLinks(&cardeatest.Mailbox{}))
	u := s.user(t, ann, first)
	b := s.browser(t)
	if res := b.Post("/password/remove", nil); res.Request.URL.Path != "/api/auth/signin" && res.StatusCode == 200 {
		t.Errorf("by nobody: %s of %s", res.Status, res.Request.URL)
	}
	signIn(t, b, ann, first)
	b.Post("/password/remove", url.Values{"csrfToken": {strings.Repeat("0", 64)}})
	res, err := b.Get(s.URL + "/api/auth/password/remove")
	if err != nil || res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %v, %v", res.Status, err)
	}
	sessions, err := s.store.Sessions(t.Context(), u.ID)
	if err != nil || len(sessions) != 1 {
		t.Fatal(sessions, err)
	}
	old := sessions[0]
	if err := s.store.DeleteSession(t.Context(), old.Token); err != nil {
		t.Fatal(err)
	}
	old.AuthTime = time.Now().Add(-time.Hour)
	if err := s.store.CreateSession(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	b.Post("/password/remove", nil)
	if !hasPassword(t, s, u) {
		t.Error("removed against a rule")
	}
}

// Of the last two ways in, removed at once, one stays.
func TestLastTwoWaysInRemovedAtOnce(t *testing.T) {
	t.Parallel()
	issuer := cardeatest.NewIssuer(t)
	s := newSite(t, func(c *cardea.Config, _ *password.Options) {
		c.Providers = append(c.Providers, provider.OIDC("idp", "IdP", provider.Client{
			ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL,
		}))
		c.Features = append(c.Features, account.New(account.Options{}))
	})
	for range 10 {
		u := s.user(t, ann, first)
		link := &cardea.Account{UserID: u.ID, Type: cardea.TypeOIDC, Provider: "idp", ProviderAccountID: u.ID}
		if err := s.store.LinkAccount(t.Context(), link); err != nil {
			t.Fatal(err)
		}
		b := s.browser(t)
		signIn(t, b, ann, first)
		var wait sync.WaitGroup
		wait.Go(func() { b.Post("/password/remove", nil) })
		wait.Go(func() { _ = s.UnlinkAccount(t.Context(), u.ID, "idp", u.ID) })
		wait.Wait()
		accounts, err := s.store.Accounts(t.Context(), u.ID)
		if err != nil || hasPassword(t, s, u) == (len(accounts) == 1) {
			t.Fatalf("password %v, %d accounts, %v", hasPassword(t, s, u), len(accounts), err)
		}
		if err := s.DeleteUser(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
	}
}
