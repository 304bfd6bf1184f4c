package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
)

// holdingStore is a store that holds back rows: whatever create, link and session return. It counts
// the tries to create a user.
type holdingStore struct {
	*memadapter.Adapter
	create, link, session func() error
	tries                 atomic.Int32
}

func (s *holdingStore) CreateUser(ctx context.Context, u *cardea.User) error {
	s.tries.Add(1)
	if s.create != nil {
		if err := s.create(); err != nil {
			return err
		}
	}
	return s.Adapter.CreateUser(ctx, u)
}

func (s *holdingStore) LinkAccount(ctx context.Context, a *cardea.Account) error {
	if s.link != nil {
		return s.link()
	}
	return s.Adapter.LinkAccount(ctx, a)
}

func (s *holdingStore) CreateSession(ctx context.Context, session *cardea.Session) error {
	if s.session != nil {
		return s.session()
	}
	return s.Adapter.CreateSession(ctx, session)
}

// A store refuses a row for good, or holds it back by a conflict with a row that nobody finds. The
// sign-in ends with AccessDenied after two tries at most, and nothing is stored.
func TestRowThatTheStoreHoldsBack(t *testing.T) {
	t.Parallel()
	returns := func(err error) func() error {
		return func() error { return fmt.Errorf("insert: %w", err) }
	}
	for name, hold := range map[string]func(*holdingStore){
		"a user that conflicts":      func(s *holdingStore) { s.create = returns(cardea.ErrConflict) },
		"a user that is refused":     func(s *holdingStore) { s.create = returns(cardea.ErrRefused) },
		"an account that conflicts":  func(s *holdingStore) { s.link = returns(cardea.ErrConflict) },
		"an account that is refused": func(s *holdingStore) { s.link = returns(cardea.ErrRefused) },
		"an account without a user":  func(s *holdingStore) { s.link = returns(cardea.ErrNotFound) },
		"a session that conflicts":   func(s *holdingStore) { s.session = returns(cardea.ErrConflict) },
		"a session that is refused":  func(s *holdingStore) { s.session = returns(cardea.ErrRefused) },
		"a session without a user":   func(s *holdingStore) { s.session = returns(cardea.ErrNotFound) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var store *holdingStore
			s := newSite(t, func(c *cardea.Config) {
				store = &holdingStore{Adapter: c.Adapter.(*memadapter.Adapter)}
				hold(store)
				c.Adapter = store
			})
			b := newBrowser(t, s.URL)
			to := openCallback(t, b, beginAs(t, b, "idp", "1001", "/"))
			if to != s.URL+"/api/auth/error?error=AccessDenied" {
				t.Errorf("went to %q, want AccessDenied", to)
			}
			if n := store.tries.Load(); n > 2 {
				t.Errorf("%d tries, want 2 at most", n)
			}
			if _, err := store.UserByEmail(t.Context(), "ann@example.com"); !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("a user is stored: %v", err)
			}
		})
	}
}

// A conflict that ends is still tried again: the first one is with a user who is gone at the second
// look.
func TestConflictThatEnds(t *testing.T) {
	t.Parallel()
	var store *holdingStore
	s := newSite(t, func(c *cardea.Config) {
		store = &holdingStore{Adapter: c.Adapter.(*memadapter.Adapter)}
		store.create = func() error {
			if store.tries.Load() == 1 {
				return cardea.ErrConflict
			}
			return nil
		}
		c.Adapter = store
	})
	if email := signedInEmail(s.signedIn(t, "1001")); email != "ann@example.com" {
		t.Errorf("signed in as %q", email)
	}
}

// softStore is a store with soft deletion.
type softStore struct {
	*memadapter.Adapter
	deleted atomic.Bool
}

func (s *softStore) mark(u *cardea.User, err error) (*cardea.User, error) {
	if err == nil && s.deleted.Load() {
		err = fmt.Errorf("find user: %w", cardea.ErrUserDeleted)
	}
	return u, err
}

func (s *softStore) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return s.mark(s.Adapter.UserByID(ctx, id))
}

func (s *softStore) UserByEmail(ctx context.Context, address string) (*cardea.User, error) {
	return s.mark(s.Adapter.UserByEmail(ctx, address))
}

func (s *softStore) UserByAccount(ctx context.Context, provider, id string) (*cardea.User, error) {
	return s.mark(s.Adapter.UserByAccount(ctx, provider, id))
}

// newSiteWithDeleted returns a site on which ann has been a user and is deleted.
func newSiteWithDeleted(t *testing.T, change func(*cardea.Config, *softStore)) (mailSite, *softStore) {
	t.Helper()
	var store *softStore
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		store = &softStore{Adapter: c.Adapter.(*memadapter.Adapter)}
		c.Adapter = store
		if change != nil {
			change(c, store)
		}
	})
	s.signedIn(t, "1001")
	store.deleted.Store(true)
	return s, store
}

// A deleted user is refused by every way in. Asking for a mail does not tell anybody that the
// address was a user's.
func TestSoftlyDeletedUserIsRefused(t *testing.T) {
	t.Parallel()
	denied := "/api/auth/error?error=AccessDenied"
	for name, enter := range map[string]func(t *testing.T, s mailSite, b *cardeatest.Browser) string{
		"the same account": func(t *testing.T, s mailSite, b *cardeatest.Browser) string {
			return openCallback(t, b, beginAs(t, b, "idp", "1001", "/"))
		},
		"another account with the address": func(t *testing.T, s mailSite, b *cardeatest.Browser) string {
			return openCallback(t, b, beginAs(t, b, "other", "1001", "/"))
		},
		"a mail": func(t *testing.T, s mailSite, b *cardeatest.Browser) string {
			return visit(t, b, s.ask(t, b, "ann@example.com", "/").Link).Header.Get("Location")
		},
		"a form": func(t *testing.T, s mailSite, b *cardeatest.Browser) string {
			form := url.Values{"name": {s.accountOwner(t, "idp", "1001")}}
			return b.Post("/callback/password", form).Header.Get("Location")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSiteWithDeleted(t, func(c *cardea.Config, _ *softStore) {
				addSecondProvider(c)
				c.Session.Strategy = cardea.StrategyJWT
				c.Providers = append(c.Providers, &cardea.CredentialsProvider{
					ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
					Authorize: func(_ context.Context, v map[string]string, _ *http.Request) (*cardea.User, error) {
						return &cardea.User{ID: v["name"]}, nil
					},
				})
			})
			b := newBrowser(t, s.URL)
			if to := enter(t, s, b); to != s.URL+denied || signedInEmail(b) != "" {
				t.Errorf("went to %q, want %s", to, denied)
			}
		})
	}
}

// For the application's own code a user whose row is kept is not found either.
func TestSignInOfSoftlyDeletedUserIsNotFound(t *testing.T) {
	t.Parallel()
	s, _ := newSiteWithDeleted(t, nil)
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, s.URL+"/register", nil)
	_, err := s.auth.SignIn(w, r, cardea.Proof{UserID: s.accountOwner(t, "idp", "1001")})
	if !errors.Is(err, cardea.ErrNotFound) || !errors.Is(err, cardea.ErrUserDeleted) {
		t.Errorf("got %v, want ErrUserDeleted", err)
	}
	if set := w.Header()["Set-Cookie"]; len(set) > 0 {
		t.Errorf("sets the cookies %q", set)
	}
}

// Callbacks.DeletedUser is asked once about a proven person. Its error is what the visitor gets,
// and nil counts only if the user is not deleted any more.
func TestDeletedUserCallback(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		decide func(*softStore) error
		want   string
	}{
		{"comes back", func(s *softStore) error { s.deleted.Store(false); return nil }, "/"},
		{"nothing was changed", func(*softStore) error { return nil }, "/api/auth/error?error=AccessDenied"},
		{"an error", func(*softStore) error { return errors.New("banned") }, "/api/auth/error?error=AccessDenied"},
		{"a code", func(*softStore) error { return &cardea.Error{Code: cardea.CodeVerification} },
			"/api/auth/error?error=Verification"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var asked, allowed atomic.Int32
			s, _ := newSiteWithDeleted(t, func(c *cardea.Config, store *softStore) {
				c.Callbacks.DeletedUser = func(_ context.Context, in *cardea.SignIn) error {
					asked.Add(1)
					if in.User.Email != "ann@example.com" || !in.Profile.EmailVerified || in.IsNewUser {
						t.Errorf("got %+v of %+v", *in, in.User)
					}
					return tc.decide(store)
				}
				c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) {
					allowed.Add(1)
					return "", nil
				}
			})
			allowed.Store(0)
			b := newBrowser(t, s.URL)
			to := openCallback(t, b, beginAs(t, b, "idp", "1001", "/"))
			if to != s.URL+tc.want || asked.Load() != 1 {
				t.Errorf("went to %s after %d questions, want %s after one", to, asked.Load(), tc.want)
			}
			if came := tc.want == "/"; (allowed.Load() == 1) != came || (signedInEmail(b) != "") != came {
				t.Errorf("SignIn was asked %d times, signed in as %q", allowed.Load(), signedInEmail(b))
			}
		})
	}
}

// Nobody is asked about a deleted user before the address is proven, and Callbacks.SignIn does not
// see the row: what it decides would tell the visitor.
func TestDeletedUserAsksForAMail(t *testing.T) {
	t.Parallel()
	s, _ := newSiteWithDeleted(t, func(c *cardea.Config, _ *softStore) {
		c.Callbacks.DeletedUser = func(context.Context, *cardea.SignIn) error {
			t.Error("the callback was called")
			return nil
		}
		c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
			if in.VerificationRequest && (!in.IsNewUser || in.User.ID != "" || in.User.Name != "") {
				t.Errorf("the application sees %+v, new: %t", in.User, in.IsNewUser)
			}
			return "", nil
		}
	})
	s.ask(t, newBrowser(t, s.URL), "ann@example.com", "/")
}
