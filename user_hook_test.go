package cardea_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// roleStore has rows of the application with a role.
type roleStore struct {
	*memadapter.Adapter
	roles map[string]string // by e-mail address
}

// roleRow is the application's row of a user.
type roleRow struct {
	ID, Role, Secret string
}

func (s roleStore) NewUser() any { return new(roleRow) }

func (s roleStore) fill(u *cardea.User, err error) (*cardea.User, error) {
	if err == nil {
		u.Entity = &roleRow{ID: u.ID, Role: s.roles[u.Email], Secret: "of the row"}
	}
	return u, err
}

func (s roleStore) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return s.fill(s.Adapter.UserByID(ctx, id))
}

func (s roleStore) UserByAccount(ctx context.Context, provider, id string) (*cardea.User, error) {
	return s.fill(s.Adapter.UserByAccount(ctx, provider, id))
}

func (s roleStore) CreateUser(ctx context.Context, u *cardea.User) error {
	_, err := s.fill(u, s.Adapter.CreateUser(ctx, u))
	return err
}

func (s roleStore) Session(ctx context.Context, token string) (*cardea.Session, error) {
	session, err := s.Adapter.Session(ctx, token)
	if err == nil {
		_, _ = s.fill(session.User, nil)
	}
	return session, err
}

// withRoles gives a site rows with roles.
func withRoles(c *cardea.Config) roleStore {
	store := roleStore{c.Adapter.(*memadapter.Adapter), map[string]string{"ann@example.com": "EDITOR"}}
	c.Adapter = store
	return store
}

// The question of every user of Auth.js: the id and the role in the session of the browser. They
// are those of the row, also after it has changed.
func TestSessionUserShowsTheRow(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var store roleStore
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			store = withRoles(c)
			c.SessionUser = cardea.SessionUser(func(_ context.Context, u *roleRow) (map[string]any, error) {
				return map[string]any{"id": u.ID, "role": u.Role}, nil
			})
			c.Callbacks.Session = func(_ context.Context, v *cardea.SessionView) error {
				v.Extra["seen"] = v.User["role"] // the callback gets what the hook has added
				return nil
			}
		})
		b := s.signedIn(t, "1001")
		id := s.accountOwner(t, "idp", "1001")
		answer := func() string {
			body := text(t, visit(t, b, s.URL+"/api/auth/session"))
			if strings.Contains(body, "of the row") || strings.Contains(body, "sessionToken") {
				t.Errorf("the answer has more than the hook returns: %s", body)
			}
			var parsed struct {
				User struct{ ID, Role, Name, Email string }
				Seen string
			}
			if err := json.Unmarshal([]byte(body), &parsed); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%+v", parsed)
		}
		const format = "{User:{ID:%s Role:%s Name:Ann Example Email:ann@example.com} Seen:%[2]s}"
		if got, want := answer(), fmt.Sprintf(format, id, "EDITOR"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		store.roles["ann@example.com"] = "GUEST"
		if got, want := answer(), fmt.Sprintf(format, id, "GUEST"); got != want {
			t.Errorf("after the row has changed: got %s, want %s", got, want)
		}
		if err := s.store.DeleteUser(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if body := text(t, visit(t, b, s.URL+"/api/auth/session")); body != "null" || sessionToken(b) != "" {
			t.Errorf("after the user was deleted: %s", body)
		}
	})
}

func TestSessionUserWithoutRows(t *testing.T) {
	t.Parallel()
	forEachStore(t, func(t *testing.T, set func(*cardea.Config)) {
		s := newSite(t, func(c *cardea.Config) {
			set(c)
			c.SessionUser = cardea.SessionUser(func(_ context.Context, u *cardea.User) (map[string]any, error) {
				return map[string]any{"id": u.ID}, nil
			})
		})
		b := s.signedIn(t, "1001")
		user, _ := b.Session()["user"].(map[string]any)
		if id := s.sessionOf(t, b).UserID; id == "" || user["id"] != id || user["email"] != "ann@example.com" {
			t.Errorf("user = %v, want the id %s", user, id)
		}
	})
}

func TestSessionUserFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		hook   func(ctx context.Context, u *cardea.User) (map[string]any, error)
		status int
		logged string
	}{
		{"an error", func(context.Context, *cardea.User) (map[string]any, error) {
			return nil, errors.New("x1")
		}, 500, "x1"},
		{"out of time", func(context.Context, *cardea.User) (map[string]any, error) {
			return nil, context.DeadlineExceeded
		}, 503, "deadline"},
		{"the name", members("name"), 500, `member \"name\"`},
		{"the address", members("email"), 500, `member \"email\"`},
		{"the picture", members("image"), 500, `member \"image\"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			var fails atomic.Bool
			s := newSite(t, func(c *cardea.Config) {
				c.Logger = log.logger()
				c.SessionUser = cardea.SessionUser(func(ctx context.Context, u *cardea.User) (map[string]any, error) {
					if fails.Load() {
						return tc.hook(ctx, u)
					}
					return nil, nil
				})
			})
			b := s.signedIn(t, "1001")
			fails.Store(true)
			res := visit(t, b, s.URL+"/api/auth/session")
			if got := text(t, res); res.StatusCode != tc.status || got != "null" ||
				!strings.Contains(log.String(), tc.logged) {
				t.Errorf("%s, %s; logged %s", res.Status, got, log.String())
			}
			if sessionToken(b) == "" {
				t.Error("the session is gone")
			}
		})
	}
}

// members returns a hook that returns one member.
func members(name string) func(context.Context, *cardea.User) (map[string]any, error) {
	return func(context.Context, *cardea.User) (map[string]any, error) { return map[string]any{name: nil}, nil }
}

// With StrategyJWT the hook reads the row. If the store fails, the answer is not that nobody is
// signed in.
func TestSessionUserWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var store *recordingStore
		s := newSite(t, func(c *cardea.Config) {
			store = recordCalls(c)
			c.Session.Strategy = strategy
			c.SessionUser = cardea.SessionUser(members("role"))
		})
		b := s.signedIn(t, "1001")
		store.failOnly("UserByID", "Session")
		if res := visit(t, b, s.URL+"/api/auth/session"); res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("got %s", res.Status)
		}
		store.failOnly()
		if signedInEmail(b) == "" {
			t.Error("the session is gone")
		}
	})
}

// UserAs returns the row of the user whom a callback or an event is about, with every strategy;
// also if another user is signed in, and if no middleware ran.
func TestUserAsInCallbacks(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		seen := map[string][]string{}
		note := func(ctx context.Context, what string) {
			u, err := cardea.UserAs[roleRow](ctx)
			got := fmt.Sprint(err)
			if err == nil {
				got = u.Role
			}
			if !slices.Contains(seen[what], got) {
				seen[what] = append(seen[what], got)
			}
		}
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy, c.Session.UpdateAge = strategy, 1
			withRoles(c).roles[bob.Email] = "OWNER"
			c.Callbacks = cardea.Callbacks{
				SignIn: func(ctx context.Context, in *cardea.SignIn) (string, error) {
					note(ctx, fmt.Sprintf("SignIn new %t", in.IsNewUser))
					return "", nil
				},
				JWT: func(ctx context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
					note(ctx, fmt.Sprintf("JWT %q", t.Trigger))
					return t.Claims, nil
				},
				Session: func(ctx context.Context, _ *cardea.SessionView) error {
					note(ctx, "Session")
					return nil
				},
				Authorized: func(ctx context.Context, _ *cardea.Session) (bool, error) {
					note(ctx, "Authorized")
					return true, nil
				},
			}
			c.Events = cardea.Events{
				CreateUser: func(ctx context.Context, _ *cardea.User) { note(ctx, "event CreateUser") },
				LinkAccount: func(ctx context.Context, _ *cardea.User, _ *cardea.Account, _ *oauth.Profile) {
					note(ctx, "event LinkAccount")
				},
				SignIn:  func(ctx context.Context, _ *cardea.SignIn) { note(ctx, "event SignIn") },
				SignOut: func(ctx context.Context, _ *cardea.Session) { note(ctx, "event SignOut") },
				Session: func(ctx context.Context, _ *cardea.Session) { note(ctx, "event Session") },
			}
		})
		b := s.signedIn(t, "1001")
		b.Session()
		ann := s.accountOwner(t, "idp", "1001")
		s.handle("POST /again", func(w http.ResponseWriter, r *http.Request) {
			s.signIn(t, w, r, &cardea.User{ID: ann})
		})
		answered(b.PostForm(s.URL+"/again", nil))(t)
		visit(t, b, s.URL+"/api/auth/session")
		b.Post("/session", url.Values{"data": {"{}"}})
		s.auth.Require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { note(r.Context(), "handler") })).
			ServeHTTP(httptest.NewRecorder(), requestOf(s, b))
		b.Post("/signout", nil)
		none := cardea.ErrNoSession.Error()
		want := map[string]string{
			"SignIn new true": none, "SignIn new false": "EDITOR", "Session": "EDITOR", "Authorized": "EDITOR",
			"event CreateUser": "EDITOR", "event LinkAccount": "EDITOR", "event SignIn": "EDITOR",
			"event SignOut": "EDITOR", "event Session": "EDITOR", "handler": "EDITOR",
		}
		if strategy == cardea.StrategyJWT {
			want[`JWT "signUp"`], want[`JWT "signIn"`], want[`JWT ""`] = "EDITOR", "EDITOR", "EDITOR"
			want[`JWT "update"`] = "EDITOR"
		}
		for what, role := range want {
			if got := seen[what]; len(got) != 1 || got[0] != role {
				t.Errorf("%s: got %q, want %q", what, got, role)
			}
		}
		if len(seen) != len(want) {
			t.Errorf("called: %v", seen)
		}

		// Bob signs in while Ann is signed in: the callbacks are about Bob.
		s.issuer.Next(bob)
		other := s.signedIn(t, bob.Subject)
		other.Post("/signout", nil)
		b = s.signedIn(t, "1001")
		seen = map[string][]string{}
		bobID := s.accountOwner(t, "idp", bob.Subject)
		r := requestOf(s, b)
		s.auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.signIn(t, w, r, &cardea.User{ID: bobID})
		})).ServeHTTP(httptest.NewRecorder(), r)
		for _, what := range []string{"SignIn new false", "event SignIn"} {
			if got := seen[what]; len(got) != 1 || got[0] != "OWNER" {
				t.Errorf("%s of another user: got %q", what, got)
			}
		}
	})
}

// requestOf returns a request of a browser for a page of the site.
func requestOf(s *site, b *cardeatest.Browser) *http.Request {
	r := httptest.NewRequest(http.MethodGet, s.URL+"/", nil)
	r.Header.Set("Cookie", cookiesOf(b).String())
	return r
}
