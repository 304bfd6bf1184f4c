package cardea_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
)

func TestAccountsComeWithoutTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c) })
	b := s.signedIn(t, "1001")
	signInAt(t, b, "other", "1001")
	ann := s.accountOwner(t, "idp", "1001")
	list, err := s.auth.Accounts(t.Context(), ann)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d accounts, %v", len(list), err)
	}
	for i, provider := range []string{"idp", "other"} {
		want := cardea.Account{
			UserID: ann, Type: cardea.TypeOIDC, Provider: provider, ProviderAccountID: "1001", Scope: list[i].Scope,
		}
		if *list[i] != want {
			t.Errorf("account %d has other fields than it should", i)
		}
	}
	if list, err := s.auth.Accounts(t.Context(), "nobody"); err != nil || len(list) != 0 {
		t.Errorf("an unknown user has %d accounts, %v", len(list), err)
	}
}

func TestUnlinkAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c) })
	b := s.signedIn(t, "1001")
	signInAt(t, b, "other", "1001")
	ann := s.accountOwner(t, "idp", "1001")
	s.issuer.Next(bob)
	s.signedIn(t, bob.Subject)
	for what, key := range map[string][3]string{
		"another user's account": {ann, "idp", bob.Subject},
		"an unknown account":     {ann, "idp", "7"},
		"an unknown user":        {"nobody", "idp", "1001"},
		"another user's id":      {s.accountOwner(t, "idp", bob.Subject), "idp", "1001"},
	} {
		if err := s.auth.UnlinkAccount(t.Context(), key[0], key[1], key[2]); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := s.accounts(t, "ann@example.com"); !slices.Equal(got, []string{"idp:1001", "other:1001"}) ||
		s.accountOwner(t, "idp", bob.Subject) == "" {
		t.Errorf("Ann's accounts = %v", got)
	}
	if err := s.auth.UnlinkAccount(t.Context(), ann, "idp", "1001"); err != nil {
		t.Fatal(err)
	}
	if err := s.auth.UnlinkAccount(t.Context(), ann, "other", "1001"); !errors.Is(err, cardea.ErrLastCredential) {
		t.Errorf("the last account: got %v, want ErrLastCredential", err)
	}
	if got := s.accounts(t, "ann@example.com"); !slices.Equal(got, []string{"other:1001"}) ||
		signedInEmail(b) != "ann@example.com" {
		t.Errorf("accounts = %v, signed in as %q", got, signedInEmail(b))
	}
}

func TestLastCredentialStays(t *testing.T) {
	t.Parallel()
	byMail := func(c *cardea.Config) {
		o := email.Options{From: "no-reply@example.com", Sender: new(cardeatest.Mailbox)}
		c.Providers = append(c.Providers, email.New(o))
	}
	hasPassword := func(ctx context.Context, u *cardea.User) (bool, error) {
		return u.Email == "ann@example.com", ctx.Err()
	}
	for _, tc := range []struct {
		name    string
		change  func(*cardea.Config)
		add     func(t *testing.T, store *memadapter.Adapter, u *cardea.User) error
		trusted bool // the application trusts the provider with addresses
		want    error
	}{
		{name: "nothing else", want: cardea.ErrLastCredential},
		{
			name: "a second account of the provider",
			add: func(t *testing.T, store *memadapter.Adapter, u *cardea.User) error {
				account := &cardea.Account{UserID: u.ID, Provider: "idp", ProviderAccountID: "7"}
				return store.LinkAccount(t.Context(), account)
			},
		},
		{
			name: "an account of a provider that is not configured",
			add: func(t *testing.T, store *memadapter.Adapter, u *cardea.User) error {
				account := &cardea.Account{UserID: u.ID, Provider: "gone", ProviderAccountID: "1001"}
				return store.LinkAccount(t.Context(), account)
			},
			want: cardea.ErrLastCredential,
		},
		{name: "a verified address", change: byMail, trusted: true},
		{name: "a verified address, and no provider that mails", trusted: true, want: cardea.ErrLastCredential},
		{
			name:   "an address that only a provider without trust has verified",
			change: byMail, want: cardea.ErrLastCredential,
		},
		{
			name: "a passkey",
			add: func(t *testing.T, store *memadapter.Adapter, u *cardea.User) error {
				passkey := &cardea.Authenticator{CredentialID: "a2V5", UserID: u.ID}
				return store.CreateAuthenticator(t.Context(), passkey)
			},
		},
		{
			name: "another user's passkey",
			add: func(t *testing.T, store *memadapter.Adapter, _ *cardea.User) error {
				other := &cardea.User{}
				if err := store.CreateUser(t.Context(), other); err != nil {
					return err
				}
				passkey := &cardea.Authenticator{CredentialID: "a2V5", UserID: other.ID}
				return store.CreateAuthenticator(t.Context(), passkey)
			},
			want: cardea.ErrLastCredential,
		},
		{name: "a password", change: func(c *cardea.Config) { c.Callbacks.HasOtherCredential = hasPassword }},
		{name: "a check that fails", change: func(c *cardea.Config) {
			c.Callbacks.HasOtherCredential = func(context.Context, *cardea.User) (bool, error) { return true, errStore }
		}, want: errStore},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				idp(c).LinkByVerifiedEmail = tc.trusted
				if tc.change != nil {
					tc.change(c)
				}
			})
			s.signedIn(t, "1001")
			u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
			if err != nil {
				t.Fatal(err)
			}
			if tc.add != nil {
				if err := tc.add(t, s.store, u); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.auth.UnlinkAccount(t.Context(), u.ID, "idp", "1001"); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if gone := s.accountOwner(t, "idp", "1001") == ""; gone != (tc.want == nil) {
				t.Errorf("the account was unlinked: %t", gone)
			}
		})
	}
}

// readCommitted is a store whose transactions see the writes of others, as with the isolation level
// READ COMMITTED, and in which only LockUser blocks.
type readCommitted struct {
	*memadapter.Adapter
	mu    sync.Mutex
	users map[string]*sync.Mutex
}

type heldLocksKey struct{}

func (s *readCommitted) Transact(ctx context.Context, fn func(context.Context) error) error {
	var held []*sync.Mutex
	defer func() {
		for _, lock := range held {
			lock.Unlock()
		}
	}()
	return fn(context.WithValue(ctx, heldLocksKey{}, &held))
}

func (s *readCommitted) LockUser(ctx context.Context, id string) error {
	s.mu.Lock()
	lock, ok := s.users[id]
	if !ok {
		lock = new(sync.Mutex)
		s.users[id] = lock
	}
	s.mu.Unlock()
	if held := ctx.Value(heldLocksKey{}).(*[]*sync.Mutex); !slices.Contains(*held, lock) {
		lock.Lock()
		*held = append(*held, lock)
	}
	return s.Adapter.LockUser(ctx, id)
}

func (s *readCommitted) Accounts(ctx context.Context, userID string) ([]*cardea.Account, error) {
	accounts, err := s.Adapter.Accounts(ctx, userID)
	time.Sleep(time.Millisecond) // during a round trip to a database others read too
	return accounts, err
}

func TestLastTwoAccountsUnlinkedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		addSecondProvider(c)
		c.Adapter = &readCommitted{Adapter: c.Adapter.(*memadapter.Adapter), users: map[string]*sync.Mutex{}}
	})
	for range 10 {
		u := &cardea.User{}
		if err := s.store.CreateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		providers := []string{"idp", "other"}
		for _, provider := range providers {
			account := &cardea.Account{UserID: u.ID, Provider: provider, ProviderAccountID: u.ID}
			if err := s.store.LinkAccount(t.Context(), account); err != nil {
				t.Fatal(err)
			}
		}
		errs := make([]error, len(providers))
		var wg sync.WaitGroup
		for i, provider := range providers {
			wg.Go(func() { errs[i] = s.auth.UnlinkAccount(t.Context(), u.ID, provider, u.ID) })
		}
		wg.Wait()
		left, err := s.store.Accounts(t.Context(), u.ID)
		if err != nil || len(left) != 1 || !errors.Is(errors.Join(errs...), cardea.ErrLastCredential) {
			t.Fatalf("%d accounts are left, %v; want 1. The two calls returned %v", len(left), err, errs)
		}
	}
}

func TestUsersNeedAnAdapter(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = nil })
	_, list := s.auth.Accounts(t.Context(), "1")
	_, sessions := s.auth.Sessions(t.Context(), "1")
	_, all := s.auth.EndSessions(t.Context(), "1", nil)
	for what, err := range map[string]error{
		"Accounts":      list,
		"UnlinkAccount": s.auth.UnlinkAccount(t.Context(), "1", "idp", "1"),
		"DeleteUser":    s.auth.DeleteUser(t.Context(), "1"),
		"Sessions":      sessions,
		"EndSession":    s.auth.EndSession(t.Context(), "1", "1"),
		"EndSessions":   all,
	} {
		if !errors.Is(err, errors.ErrUnsupported) || !strings.HasPrefix(err.Error(), "cardea: ") {
			t.Errorf("%s: got %v, want ErrUnsupported", what, err)
		}
	}
}

// Better Auth GHSA-2vg6-77g8-24mp, Zitadel CVE-2026-55670: nothing of a deleted user remains,
// nobody is signed in as that user, and a new user inherits nothing.
func TestDeleteUser(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = strategy })
		now := s.setClock()
		b, phone := s.signedIn(t, "1001"), s.signedIn(t, "1001")
		s.issuer.Next(bob)
		other := s.signedIn(t, bob.Subject)
		ann := s.accountOwner(t, "idp", "1001")
		mail := newBrowser(t, s.URL)
		link := s.ask(t, mail, "ann@example.com", "/").Link
		bobsLink := s.ask(t, other, bob.Email, "/").Link
		passkey := &cardea.Authenticator{CredentialID: "a2V5", UserID: ann}
		if err := s.store.CreateAuthenticator(t.Context(), passkey); err != nil {
			t.Fatal(err)
		}

		for range 2 {
			if err := s.auth.DeleteUser(t.Context(), ann); err != nil {
				t.Fatal(err)
			}
		}
		for _, browser := range []*cardeatest.Browser{b, phone} {
			if got := browser.Session(); got != nil {
				t.Errorf("the deleted user is signed in: %v", got)
			}
		}
		if _, err := s.store.UserByID(t.Context(), ann); !errors.Is(err, cardea.ErrNotFound) {
			t.Errorf("the deleted user: got %v, want ErrNotFound", err)
		}
		if keys, err := s.store.Authenticators(t.Context(), ann); err != nil || len(keys) != 0 ||
			s.accountOwner(t, "idp", "1001") != "" {
			t.Errorf("%d passkeys, %v, want none; or the account is left", len(keys), err)
		}
		s.checkDeadLink(t, "the mailed link", visit(t, mail, link))
		if postCode(mail, s.mails.Last(t, "ann@example.com").Code); mail.Session() != nil {
			t.Error("the mailed code signs in")
		}

		if signedInEmail(other) != bob.Email {
			t.Error("Bob is signed out")
		}
		res := linkIfAsked(t, other, visit(t, other, bobsLink))
		if res.Header.Get("Location") == "" || signedInEmail(other) != bob.Email {
			t.Errorf("Bob's link answers %s", res.Status)
		}
		now.advance(2 * time.Second)
		again := s.signedIn(t, "1001")
		got := s.accountOwner(t, "idp", "1001")
		if got == "" || got == ann || signedInEmail(again) != "ann@example.com" || b.Session() != nil {
			t.Errorf("signed in again as %q, user %q", signedInEmail(again), got)
		}
	})
}

// Verification tokens of all kinds are in one table. An address that is spelled like the identifier
// of somebody else's token deletes none of that.
func TestDeleteUserWhoseAddressIsAnIdentifier(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	token := &cardea.VerificationToken{
		Identifier: "pending:ann@example.com", Token: "hash", Expires: time.Now().Add(time.Hour),
	}
	if err := s.store.CreateVerificationToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	stranger := &cardea.User{Email: token.Identifier}
	if err := s.store.CreateUser(t.Context(), stranger); err != nil {
		t.Fatal(err)
	}
	if err := s.auth.DeleteUser(t.Context(), stranger.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.ConsumeVerificationToken(t.Context(), token.Identifier, token.Token); err != nil {
		t.Errorf("the token of Ann: %v", err)
	}
}

// If an application reuses the id of a deleted user, the sessions of the deleted user do not become
// sessions of the new one.
func TestReusedIDOfADeletedUser(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		now := s.setClock()
		b := s.signedIn(t, "1001")
		ann := s.accountOwner(t, "idp", "1001")
		if err := s.auth.DeleteUser(t.Context(), ann); err != nil {
			t.Fatal(err)
		}
		next := &cardea.User{ID: ann, Email: bob.Email}
		account := &cardea.Account{UserID: ann, Provider: "idp", ProviderAccountID: bob.Subject}
		err := errors.Join(s.store.CreateUser(t.Context(), next), s.store.LinkAccount(t.Context(), account))
		if err != nil {
			t.Fatal(err)
		}
		now.advance(2 * time.Second)
		s.issuer.Next(bob)
		if other := s.signedIn(t, bob.Subject); signedInEmail(other) != bob.Email || b.Session() != nil {
			t.Errorf("the new user is %q; the old session is %v, want none", signedInEmail(other), b.Session())
		}
	})
}

func TestDeleteUserIsAtomic(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.signedIn(t, "1001")
	ann := s.accountOwner(t, "idp", "1001")
	err := s.store.Transact(t.Context(), func(ctx context.Context) error {
		if err := s.auth.DeleteUser(ctx, ann); err != nil {
			t.Error(err)
		}
		return errStore // as if the application's own part failed
	})
	if !errors.Is(err, errStore) || signedInEmail(b) != "ann@example.com" || s.accountOwner(t, "idp", "1001") != ann {
		t.Errorf("Transact: %v, signed in as %q; want nothing deleted", err, signedInEmail(b))
	}
}
