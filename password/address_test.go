package password_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/account"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/password"
)

// withAccount adds the account page, on which the address can be changed.
func withAccount(c *cardea.Config, o *password.Options) {
	c.Features = append(c.Features, account.New(account.Options{From: o.From, Sender: o.Sender}))
}

// move changes the address of whoever is signed in.
func (s *site) move(t *testing.T, b *cardeatest.Browser, to string) {
	t.Helper()
	wantEnd(t, post(t, b, "/account/address", url.Values{"email": {to}}), sentPage+"address_mailed")
	open(t, b, s.mail(t, to, "Confirm"))
	wantEnd(t, post(t, b, "/account/address/confirm", nil), accountPage+"address_changed")
}

// A stranger who knows the password changes the address and the password. The owner of the old
// address takes the account back, and chooses another password. The stranger's does not count.
func TestUndoDemandsAnotherPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, withAccount)
	u := s.user(t, ann, first)
	stranger, b := s.browser(t), s.browser(t)
	signIn(t, stranger, ann, first)
	s.move(t, stranger, "stranger@example.com")
	wantEnd(t, post(t, stranger, "/password/change", url.Values{"current": {first}, "password": {second}}),
		accountPage+"password_changed")
	open(t, b, s.mail(t, ann, "was changed"))
	b.Post("/account/address/undo", nil)
	s.mail(t, ann, "the old one again")
	if hasPassword(t, s, u) || isSignedIn(stranger) {
		t.Error("the stranger can still come in")
	}
	for _, address := range []string{ann, "stranger@example.com"} {
		if at := signIn(t, s.browser(t), address, second); !strings.Contains(at, "CredentialsSignin") {
			t.Errorf("%s with the stranger's password: %s", address, at)
		}
	}
	post(t, b, "/password/forgot", url.Values{"email": {ann}})
	open(t, b, s.mail(t, ann, "A new password"))
	post(t, b, "/password/choose", url.Values{"password": {third}})
	if at := signIn(t, b, ann, third); at != "/" || b.Session() == nil {
		t.Errorf("with the new password: %s", at)
	}
}

// A user who signs in with a password, and whose address was never proven, such as one who was
// imported, proves it on the account page, and stays the same user. The link is worth nothing in a
// browser in which nobody is signed in, or somebody else.
func TestUserProvesTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, withAccount)
	u := &cardea.User{Email: ann}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := s.passwords.Set(t.Context(), u.ID, first); err != nil {
		t.Fatal(err)
	}
	s.user(t, "eve@example.com", second)
	b, nobody, eve := s.browser(t), s.browser(t), s.browser(t)
	signIn(t, b, ann, first)
	signIn(t, eve, "eve@example.com", second)
	wantEnd(t, post(t, b, "/account/address", url.Values{"email": {ann}}), sentPage+"address_mailed")
	link := s.mail(t, ann, "Confirm")
	for _, other := range []*cardeatest.Browser{nobody, eve} {
		open(t, other, link)
		post(t, other, "/account/address/confirm", nil)
		if now, err := s.store.UserByID(t.Context(), u.ID); err != nil || !now.EmailVerified.IsZero() {
			t.Fatalf("proven by somebody else: %+v, %v", now, err)
		}
	}
	open(t, b, link)
	wantEnd(t, post(t, b, "/account/address/confirm", nil), accountPage+"address_changed")
	now, err := s.store.UserByEmail(t.Context(), ann)
	if err != nil || now.ID != u.ID || now.EmailVerified.IsZero() || !isSignedIn(b) {
		t.Fatalf("got %+v, %v", now, err)
	}
	post(t, s.browser(t), "/password/forgot", url.Values{"email": {ann}})
	s.mail(t, ann, "A new password") // the link for a user, not for somebody who signs up
	res := b.Post("/account/address", url.Values{"email": {ann}})
	if body, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(body), "your address already") {
		t.Errorf("the proven address again: %s, %v", body, err)
	}
}

// A link to a new address lives a day. The two links to the old one live a week after the change.
func TestLinksAboutAnAddressLiveAsLongAsTheirKind(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		to, subject, page string
		life              time.Duration
	}{
		"to the new address": {"ann@new.example", "Confirm", "confirm", day},
		"before the change":  {ann, "Request to change", "undo", 8 * day},
		"after the change":   {ann, "was changed", "undo", 7 * day},
	} {
		for late, wait := range map[string]time.Duration{"in time": tt.life - time.Second, "late": tt.life} {
			t.Run(name+" "+late, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s, handler := newHandler(t, func(c *cardea.Config, o *password.Options) {
						c.BaseURL = "http://localhost"
						withAccount(c, o)
					})
					u := s.user(t, ann, first)
					b := cardeatest.NewBrowser(t, "http://localhost")
					b.Transport = handlerTransport{handler}
					defer time.Sleep(time.Second) // for the notices
					signIn(t, b, ann, first)
					if tt.subject == "was changed" {
						s.move(t, b, "ann@new.example")
					} else {
						post(t, b, "/account/address", url.Values{"email": {"ann@new.example"}})
					}
					link := s.mail(t, tt.to, tt.subject)
					time.Sleep(wait)
					_, at, _ := open(t, b, link)
					if refused := strings.Contains(at, "Verification"); refused != (late == "late") {
						t.Fatalf("opened after %v: %s", wait, at)
					}
					if late == "late" {
						return
					}
					b.Post("/account/address/"+tt.page, nil)
					got, err := s.store.UserByID(t.Context(), u.ID)
					if want := map[string]string{"confirm": "ann@new.example", "undo": ann}[tt.page]; err != nil ||
						got.Email != want {
						t.Errorf("after %v the address is %s (%v), want %s", wait, got.Email, err, want)
					}
				})
			})
		}
	}
}

// crashingStore fails at the n-th step of a change, as a process does that ends there.
type crashingStore struct {
	*memadapter.Adapter
	left atomic.Int32
}

var errCrash = errors.New("the process ends here")

func (c *crashingStore) step() error {
	if c.left.Load() > 0 && c.left.Add(-1) == 0 {
		return errCrash
	}
	return nil
}

func (c *crashingStore) LockUser(ctx context.Context, id string) error {
	return errors.Join(c.Adapter.LockUser(ctx, id), c.step())
}

func (c *crashingStore) UpdateUser(ctx context.Context, u *cardea.User) error {
	return errors.Join(c.Adapter.UpdateUser(ctx, u), c.step())
}

func (c *crashingStore) UnlinkAccount(ctx context.Context, provider, id string) error {
	return errors.Join(c.Adapter.UnlinkAccount(ctx, provider, id), c.step())
}

func (c *crashingStore) CreateSession(ctx context.Context, s *cardea.Session) error {
	return errors.Join(c.Adapter.CreateSession(ctx, s), c.step())
}

func (c *crashingStore) DeleteSession(ctx context.Context, token string) error {
	return errors.Join(c.Adapter.DeleteSession(ctx, token), c.step())
}

func (c *crashingStore) DeleteSessions(ctx context.Context, id, except string) (int, error) {
	n, err := c.Adapter.DeleteSessions(ctx, id, except)
	return n, errors.Join(err, c.step())
}

func (c *crashingStore) CreateVerificationToken(ctx context.Context, t *cardea.VerificationToken) error {
	return errors.Join(c.Adapter.CreateVerificationToken(ctx, t), c.step())
}

func (c *crashingStore) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	t, err := c.Adapter.ConsumeVerificationToken(ctx, identifier, token)
	return t, errors.Join(err, c.step())
}

func (c *crashingStore) DeleteVerificationTokens(ctx context.Context, identifier string) (int, error) {
	n, err := c.Adapter.DeleteVerificationTokens(ctx, identifier)
	return n, errors.Join(err, c.step())
}

func (c *crashingStore) SetPasswordHash(ctx context.Context, id, hash string, changed time.Time) error {
	return errors.Join(c.Adapter.SetPasswordHash(ctx, id, hash, changed), c.step())
}

func (c *crashingStore) DeletePassword(ctx context.Context, id string) error {
	return errors.Join(c.Adapter.DeletePassword(ctx, id), c.step())
}

// state is everything that a change may change.
func (s *site) state(t *testing.T, id string) string {
	t.Helper()
	u, err := s.store.UserByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	hash, changed, err := s.store.PasswordHash(t.Context(), id)
	if err != nil && !errors.Is(err, cardea.ErrNotFound) {
		t.Fatal(err)
	}
	accounts, err := s.store.Accounts(t.Context(), id)
	sessions, fault := s.store.Sessions(t.Context(), id)
	if err != nil || fault != nil {
		t.Fatal(err, fault)
	}
	text := fmt.Sprint(u.Email, u.EmailVerified, hash, changed, len(accounts))
	for _, one := range sessions {
		text += one.ID()
	}
	return text
}

// After a crash between any two steps of a change nothing is half done: all is as before, and the
// same link or form works afterwards.
func TestCrashLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	const fresh = "ann@new.example"
	for name, tt := range map[string]struct {
		prepare func(t *testing.T, s *site, b *cardeatest.Browser, u *cardea.User)
		path    string
		form    url.Values
		steps   int // at least
	}{
		"new password by mail": {
			func(t *testing.T, s *site, b *cardeatest.Browser, _ *cardea.User) {
				post(t, b, "/password/forgot", url.Values{"email": {ann}})
				open(t, b, s.mail(t, ann, "A new password"))
			}, "/password/choose", url.Values{"password": {second}}, 5,
		},
		"password changed": {
			nil, "/password/change", url.Values{"current": {first}, "password": {second}}, 5,
		},
		"password removed": {nil, "/password/remove", nil, 5},
		"address changed": {
			func(t *testing.T, s *site, b *cardeatest.Browser, _ *cardea.User) {
				post(t, b, "/account/address", url.Values{"email": {fresh}})
				open(t, b, s.mail(t, fresh, "Confirm"))
			}, "/account/address/confirm", nil, 7,
		},
		"change of the address undone": {
			func(t *testing.T, s *site, b *cardeatest.Browser, u *cardea.User) {
				s.move(t, b, fresh)
				link := &cardea.Account{UserID: u.ID, Type: cardea.TypeOAuth, Provider: "p", ProviderAccountID: "1"}
				if err := s.store.LinkAccount(t.Context(), link); err != nil {
					t.Fatal(err)
				}
				open(t, b, s.mail(t, ann, "was changed"))
			}, "/account/address/undo", nil, 8,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var store *crashingStore
			s := newSite(t, func(c *cardea.Config, o *password.Options) {
				store = &crashingStore{Adapter: c.Adapter.(*memadapter.Adapter)}
				c.Adapter = store
				c.Callbacks.HasOtherCredential = func(context.Context, *cardea.User) (bool, error) { return true, nil }
				withAccount(c, o)
			})
			u := s.user(t, ann, first)
			b, other := s.browser(t), s.browser(t)
			signIn(t, other, ann, first)
			signIn(t, b, ann, first)
			if tt.prepare != nil {
				tt.prepare(t, s, b, u)
			}
			before, opened := s.state(t, u.ID), b.Jar.Cookies(mustParse(t, s.URL+"/api/auth"))
			for n := 1; ; n++ {
				store.left.Store(int32(n))
				post(t, b, tt.path, tt.form)
				crashed := store.left.Swap(0) == 0
				after := s.state(t, u.ID)
				if !crashed {
					if after == before || n <= tt.steps {
						t.Errorf("after %d steps: %s", n, after)
					}
					return
				}
				if after != before {
					t.Fatalf("after a crash at step %d:\n%s\nbefore:\n%s", n, after, before)
				}
				b.Jar.SetCookies(mustParse(t, s.URL+"/api/auth"), opened)
			}
		})
	}
}
