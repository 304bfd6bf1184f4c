package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// User is an application's own row.
type User struct {
	ID    string
	Name  string
	Email string
	Role  string // the application's own column
}

// entities is a store in memory with rows of the type User.
type entities struct {
	*watchedStore
	mu   sync.Mutex
	rows map[string]User
}

// withEntities returns such a store around the one that newSite configures.
func withEntities(c *cardea.Config) *entities {
	return &entities{watchedStore: watch(c), rows: map[string]User{}}
}

func (e *entities) NewUser() any { return new(User) }

func (e *entities) CreateUser(ctx context.Context, u *cardea.User) error {
	row, _ := u.Entity.(*User)
	if row == nil {
		row = new(User)
	}
	if err := e.watchedStore.CreateUser(ctx, u); err != nil {
		return err
	}
	row.ID, row.Name, row.Email = u.ID, u.Name, u.Email
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rows[u.ID] = *row
	u.Entity = row
	return nil
}

// attach gives a user that was read its row.
func (e *entities) attach(u *cardea.User, err error) (*cardea.User, error) {
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	row := e.rows[u.ID]
	u.Entity = &row
	return u, nil
}

func (e *entities) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return e.attach(e.watchedStore.UserByID(ctx, id))
}

func (e *entities) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	return e.attach(e.watchedStore.UserByEmail(ctx, email))
}

func (e *entities) UserByAccount(ctx context.Context, provider, id string) (*cardea.User, error) {
	return e.attach(e.watchedStore.UserByAccount(ctx, provider, id))
}

func (e *entities) Session(ctx context.Context, token string) (*cardea.Session, error) {
	s, err := e.watchedStore.Session(ctx, token)
	if err != nil {
		return nil, err
	}
	s.User, err = e.attach(s.User, nil)
	return s, err
}

// open has a browser open a page of the application.
func open(t testing.TB, page http.Handler, b *cardeatest.Browser, change ...func(*http.Request)) *http.Response {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.Site+"/page?a=b&c=d", nil)
	if err != nil {
		t.Fatal(err)
	}
	if line := cookiesOf(b).String(); line != "" {
		r.Header.Set("Cookie", line)
	}
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	return w.Result()
}

var (
	asBrowser = header("Sec-Fetch-Mode", "navigate")
	greeting  = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
)

// greet is a page for a user with an own row.
func greet(w http.ResponseWriter, _ *http.Request, u *User) {
	fmt.Fprintf(w, "hello %s, %s", u.Name, u.Role)
}

func TestRequireSendsStrangersAway(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = withEntities(c) })
	signIn := s.URL + "/api/auth/signin?callbackUrl=" + url.QueryEscape(s.URL+"/page?a=b&c=d")
	method := func(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }
	for _, tc := range []struct {
		name     string
		change   []func(*http.Request)
		location string // "" for 401
	}{
		{"a browser that opens a page", []func(*http.Request){asBrowser}, signIn},
		{"an old browser that opens a page", []func(*http.Request){header("Accept", "text/html,application/xhtml+xml;q=0.9")}, signIn},
		{"a HEAD request of a browser", []func(*http.Request){asBrowser, method("HEAD")}, signIn},
		{"a form that a browser posts", []func(*http.Request){asBrowser, method("POST")}, s.URL + "/api/auth/signin"},
		{"a script in a browser", []func(*http.Request){header("Sec-Fetch-Mode", "cors")}, ""},
		{"a script in a browser that takes HTML", []func(*http.Request){header("Sec-Fetch-Mode", "cors"), header("Accept", "text/html")}, ""},
		{"a picture in a page", []func(*http.Request){header("Sec-Fetch-Mode", "no-cors"), header("Accept", "image/png")}, ""},
		{"a program", nil, ""},
		{"a program that takes everything", []func(*http.Request){header("Accept", "*/*")}, ""},
		{"a program that takes JSON", []func(*http.Request){header("Accept", "application/json")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for name, page := range map[string]http.Handler{
				"Require": s.auth.Require(greeting), "Handle": cardea.Handle(s.auth, greet),
			} {
				res := open(t, page, stepper(t, s.URL), tc.change...)
				if got := res.Header.Get("Cache-Control"); got != "private, no-store" {
					t.Errorf("%s: Cache-Control: %s", name, got)
				}
				if !slices.Contains(res.Header.Values("Vary"), "Cookie") {
					t.Errorf("%s: Vary: %v", name, res.Header.Values("Vary"))
				}
				if tc.location == "" {
					checkJSON(t, res, http.StatusUnauthorized, `{"error":"unauthorized","message":"Sign in first."}`)
				} else if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != tc.location {
					t.Errorf("%s: answer = %s to %s, want 303 to %s", name, res.Status, res.Header.Get("Location"),
						tc.location)
				}
			}
		})
	}
}

func TestRequireUsesTheOwnSignInPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Pages.SignIn = "/login?lang=cs" })
	res := open(t, s.auth.Require(greeting), stepper(t, s.URL), asBrowser)
	if want := s.URL + "/login?callbackUrl=" + url.QueryEscape(s.URL+"/page?a=b&c=d") +
		"&lang=cs"; res.Header.Get("Location") != want {
		t.Errorf("sent to %s, want %s", res.Header.Get("Location"), want)
	}
}

// The way that a visitor takes who opens a page without being signed in: to the sign-in page, the
// provider, and back to the page.
func TestFromThePageToTheProviderAndBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = withEntities(c) })
	page := cardea.Handle(s.auth, greet)
	b := stepper(t, s.URL)
	signIn := visit(t, b, open(t, page, b, asBrowser).Header.Get("Location"))
	if signIn.StatusCode != http.StatusOK {
		t.Fatalf("the sign-in page: %s", signIn.Status)
	}
	back := comeBack(t, b, consent(t, b, begin(t, b, "idp", nil))) // the cookie remembers the callback URL
	if want := s.URL + "/page?a=b&c=d"; back != want {
		t.Errorf("sent back to %s, want %s", back, want)
	}
	if res := open(t, page, b, asBrowser); text(t, res) != "hello Ann Example, " {
		t.Errorf("the page: %s", res.Status)
	}
}

func TestHandleGetsTheRow(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		var store *entities
		s := newSite(t, func(c *cardea.Config) {
			store = withEntities(c)
			c.Adapter, c.Session.Strategy = store, strategy
			c.OnCreateUser = cardea.BeforeCreate(func(_ context.Context, u *User, _ *oauth.Profile) error {
				u.Role = "ADMIN"
				return nil
			})
		})
		b := s.signedIn(t, "")
		if got := text(t, open(t, cardea.Handle(s.auth, greet), b)); got != "hello Ann Example, ADMIN" {
			t.Errorf("page = %q", got)
		}
		generic := cardea.Handle(s.auth, func(w http.ResponseWriter, _ *http.Request, u *cardea.User) {
			io.WriteString(w, u.Email)
		})
		if got := text(t, open(t, generic, b)); got != "ann@example.com" {
			t.Errorf("page of a cardea.User = %q", got)
		}
		store.breakDown()
		open(t, s.auth.Require(greeting), b)
		want := []string{"Session"}
		if strategy == cardea.StrategyJWT {
			want = nil
		}
		if got := store.seen(); !slices.Equal(got, want) {
			t.Errorf("Require asks the store for %v, want %v", got, want)
		}
	})
}

// seen returns what was called since breakDown.
func (s *watchedStore) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// With JWT sessions the row is read when it is wanted, and once for each request.
func TestRowIsReadOnce(t *testing.T) {
	t.Parallel()
	var store *entities
	s := newSite(t, func(c *cardea.Config) {
		store = withEntities(c)
		c.Adapter, c.Session.Strategy = store, cardea.StrategyJWT
	})
	b := s.signedIn(t, "")
	store.breakDown()
	page := s.auth.Load(s.auth.Require(cardea.Handle(s.auth, func(w http.ResponseWriter, r *http.Request, u *User) {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if again, err := cardea.UserAs[User](r.Context()); err != nil || again != u {
					t.Errorf("UserAs = %p, %v; want the row that the handler has, %p", again, err, u)
				}
			})
		}
		wg.Wait()
	})))
	if res := open(t, page, b); res.StatusCode != http.StatusOK {
		t.Errorf("page: %s", res.Status)
	}
	if got := store.seen(); !slices.Equal(got, []string{"UserByID"}) {
		t.Errorf("the store was asked for %v, want the row once", got)
	}
}

func TestWithoutAdapter(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = nil })
	b := s.signedIn(t, "")
	id := func() string {
		return text(t, open(t, cardea.Handle(s.auth, func(w http.ResponseWriter, _ *http.Request, u *cardea.User) {
			io.WriteString(w, u.ID+" "+u.Email)
		}), b))
	}
	first := id()
	pass(t, b, "idp", "")
	if again := id(); again != first || !strings.HasSuffix(first, " ann@example.com") ||
		len(first) != 36+len(" ann@example.com") {
		t.Errorf("user = %q and then %q", first, again)
	}
}

func TestUserAsRefusesAnotherType(t *testing.T) {
	t.Parallel()
	type Other struct{ ID string }
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Adapter, c.Session.Strategy = withEntities(c), strategy })
		var err error
		open(t, s.auth.Require(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err = cardea.UserAs[Other](r.Context())
		})), s.signedIn(t, ""))
		if err == nil || errors.Is(err, cardea.ErrNoSession) || !strings.Contains(err.Error(), "*cardea_test.User") ||
			!strings.Contains(err.Error(), "*cardea_test.Other") {
			t.Errorf("UserAs of another type: %v, want an error that names both types", err)
		}
	})
}

func TestUserAsWithoutAdapterKnowsNoRows(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = nil })
	var u *User
	var err error
	open(t, s.auth.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		u, err = cardea.UserAs[User](r.Context())
	})), s.signedIn(t, ""))
	if u != nil || err == nil {
		t.Errorf("UserAs = %v, %v; want an error", u, err)
	}
}

func TestNobodyIsSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = withEntities(c) })
	check := func(ctx context.Context) {
		t.Helper()
		if got := cardea.SessionFrom(ctx); got != nil {
			t.Errorf("SessionFrom = %v, want nil", got)
		}
		if u, err := cardea.UserAs[User](ctx); u != nil || !errors.Is(err, cardea.ErrNoSession) {
			t.Errorf("UserAs = %v, %v; want ErrNoSession", u, err)
		}
	}
	check(t.Context())
	ran := false
	res := open(t, s.auth.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ran = true
		check(r.Context())
	})), stepper(t, s.URL))
	if !ran || res.StatusCode != http.StatusOK {
		t.Errorf("Load keeps a stranger out: %s", res.Status)
	}
}

func TestSessionFrom(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		now := s.setClock()
		b := s.signedIn(t, "")
		var got *cardea.Session
		open(t, s.auth.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = cardea.SessionFrom(r.Context())
		})), b)
		u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if got.UserID != u.ID || got.User.Email != u.Email || !got.Expires.Equal(now.now().Add(30*24*time.Hour)) {
			t.Errorf("session = %+v of %+v", got, got.User)
		}
		if isJWT := strategy == cardea.StrategyJWT; (got.Claims != nil) != isJWT || (got.Token == "") != isJWT {
			t.Errorf("claims = %v, token %q", got.Claims, got.Token)
		}
	})
}

// Better Auth GHSA-2vg6-77g8-24mp: who was deleted is refused, with whatever session.
func TestDeletedUserIsRefused(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Adapter, c.Session.Strategy = withEntities(c), strategy })
		b := s.signedIn(t, "")
		u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.store.DeleteUser(t.Context(), u.ID); err != nil {
			t.Fatal(err)
		}
		page := cardea.Handle(s.auth, greet)
		checkJSON(t, open(t, page, b), http.StatusUnauthorized, `{"error":"unauthorized","message":"Sign in first."}`)
		if res := open(t, page, b, asBrowser); res.StatusCode != http.StatusSeeOther {
			t.Errorf("a browser: %s, want 303", res.Status)
		}
	})
}

// Auth.js GHSA-8fpg-xm3f-6cx3: a store that is away is never taken for "nobody" or, worse, for
// somebody.
func TestStoreAwayIs503(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		var store *entities
		s := newSite(t, func(c *cardea.Config) {
			store = withEntities(c)
			c.Adapter, c.Session.Strategy = store, strategy
		})
		b := s.signedIn(t, "")
		store.breakDown("Session", "UserByID")
		ran := false
		spy := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran = true })
		pages := map[string]http.Handler{"Handle": cardea.Handle(s.auth,
			func(http.ResponseWriter, *http.Request, *User) {
				ran = true
			})}
		if strategy == cardea.StrategyDatabase {
			pages["Require"], pages["Load"] = s.auth.Require(spy), s.auth.Load(spy)
		}
		for name, page := range pages {
			for _, change := range [][]func(*http.Request){nil, {asBrowser}} {
				res := open(t, page, b, change...)
				checkJSON(t, res, http.StatusServiceUnavailable,
					`{"error":"unavailable","message":"Sessions cannot be checked right now. Try again."}`)
				if res.Header.Get("Retry-After") == "" || res.Header.Get("Cache-Control") != "private, no-store" {
					t.Errorf("%s: headers = %v", name, res.Header)
				}
			}
		}
		if ran {
			t.Error("a page ran")
		}
		if session(b) == "" {
			t.Error("the browser was told to forget its session")
		}
	})
}

func TestStoreAwayAtTheEndpoints(t *testing.T) {
	t.Parallel()
	var store *watchedStore
	s := newSite(t, func(c *cardea.Config) { store = watch(c) })
	b := s.signedIn(t, "")
	token := b.CSRFToken()
	store.breakDown("Session")
	checkJSON(t, visit(t, b, s.URL+"/api/auth/session"), http.StatusServiceUnavailable, "null")
	checkJSON(t, b.Post("/session", url.Values{"csrfToken": {token}}), http.StatusServiceUnavailable, "null")
	if res := b.Post("/signin/idp", url.Values{"csrfToken": {token}}); res.StatusCode != http.StatusServiceUnavailable || !strings.HasPrefix(
		res.Header.Get("Content-Type"), "text/html",
	) {
		t.Errorf("signing in: %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	res := send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), url.Values{"csrfToken": {token}}, clientHeader)
	checkJSON(t, res, http.StatusServiceUnavailable, `{"url":"`+s.URL+`/api/auth/error?error=Configuration"}`)
}

func TestMiddlewareRenewsTheSession(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		var store *watchedStore
		s := newSite(t, func(c *cardea.Config) {
			shortSessions(c)
			c.Session.Strategy = strategy
			store = watch(c)
		})
		now := s.setClock()
		b := s.signedIn(t, "")
		page := s.auth.Require(s.auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if got, want := cardea.SessionFrom(r.Context()).Expires, now.now().Add(50*time.Minute); got.Before(want) {
				t.Errorf("the session lasts until %v, want %v at least", got, want)
			}
			w.Header().Set("Cache-Control", "public, max-age=60") // a page that is the same for everybody
		})))
		now.advance(10*time.Minute - time.Second)
		store.breakDown()
		res := open(t, page, b)
		if res.StatusCode != http.StatusOK || len(res.Cookies()) != 0 || len(store.writes()) != 0 {
			t.Errorf("before UpdateAge: %s, cookies %v, written %v", res.Status, res.Cookies(), store.writes())
		}
		now.advance(time.Second)
		res = open(t, page, b)
		checkCookie(t, res, now.now().Add(time.Hour))
		if len(res.Header["Set-Cookie"]) != 1 {
			t.Errorf("%d cookies, want the session's alone", len(res.Header["Set-Cookie"]))
		}
		if got, want := store.writes(), []string{"RenewSession"}; strategy == cardea.StrategyDatabase &&
			!slices.Equal(got, want) {
			t.Errorf("at UpdateAge: written %v, want %v", got, want)
		}
		now.advance(59 * time.Minute)
		keep(t, b, sessionCookie, setCookie(res, sessionCookie).Value)
		if res := open(t, page, b); res.StatusCode != http.StatusOK {
			t.Errorf("the renewed session: %s", res.Status)
		}
	})
}

func TestMiddlewareDoesNotBringBackAnEndedSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		shortSessions(c)
		c.Adapter = endsMeanwhile{c.Adapter.(*memadapter.Adapter)}
	})
	now := s.setClock()
	b := s.signedIn(t, "")
	now.advance(30 * time.Minute)
	if res := open(t, s.auth.Require(greeting), b); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("page: %s, want 401", res.Status)
	}
}

// What one Auth found out about a request says nothing to another one in the same program.
func TestTwoSitesInOneProgram(t *testing.T) {
	t.Parallel()
	inner, outer := newSite(t, nil), newSite(t, nil)
	b := outer.signedIn(t, "")
	page := outer.auth.Require(inner.auth.Require(greeting))
	if res := open(t, page, b); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("page: %s, want 401", res.Status)
	}
}
