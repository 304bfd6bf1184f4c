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

// userRows is a store in memory whose user entities are of type User.
type userRows struct {
	*recordingStore
	mu   sync.Mutex
	rows map[string]User
}

// withUserRows returns such a store. It wraps the one that newSite configures.
func withUserRows(c *cardea.Config) *userRows {
	return &userRows{recordingStore: recordCalls(c), rows: map[string]User{}}
}

func (e *userRows) NewUser() any { return new(User) }

func (e *userRows) CreateUser(ctx context.Context, u *cardea.User) error {
	row, _ := u.Entity.(*User)
	if row == nil {
		row = new(User)
	}
	if err := e.recordingStore.CreateUser(ctx, u); err != nil {
		return err
	}
	row.ID, row.Name, row.Email = u.ID, u.Name, u.Email
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rows[u.ID] = *row
	u.Entity = row
	return nil
}

// withRow sets the entity of a user that was read.
func (e *userRows) withRow(u *cardea.User, err error) (*cardea.User, error) {
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	row := e.rows[u.ID]
	u.Entity = &row
	return u, nil
}

func (e *userRows) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	return e.withRow(e.recordingStore.UserByID(ctx, id))
}

func (e *userRows) UserByEmail(ctx context.Context, email string) (*cardea.User, error) {
	return e.withRow(e.recordingStore.UserByEmail(ctx, email))
}

func (e *userRows) UserByAccount(ctx context.Context, provider, id string) (*cardea.User, error) {
	return e.withRow(e.recordingStore.UserByAccount(ctx, provider, id))
}

func (e *userRows) Session(ctx context.Context, token string) (*cardea.Session, error) {
	s, err := e.recordingStore.Session(ctx, token)
	if err != nil {
		return nil, err
	}
	s.User, err = e.withRow(s.User, nil)
	return s, err
}

// open serves a page of the application to a browser.
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

// greet is a page that gets the row of the signed-in user.
func greet(w http.ResponseWriter, _ *http.Request, u *User) {
	fmt.Fprintf(w, "hello %s, %s", u.Name, u.Role)
}

func TestRequireRefusesStrangers(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = withUserRows(c) })
	signIn := s.URL + "/api/auth/signin?callbackUrl=" + url.QueryEscape(s.URL+"/page?a=b&c=d")
	method := func(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }
	mode := func(m string) func(*http.Request) { return header("Sec-Fetch-Mode", m) }
	accept := func(kinds string) func(*http.Request) { return header("Accept", kinds) }
	type changes []func(*http.Request)
	for _, tc := range []struct {
		name     string
		change   changes
		location string // "" for 401
	}{
		{"a browser that opens a page", changes{asBrowser}, signIn},
		{"an old browser that opens a page", changes{accept("text/html,application/xhtml+xml;q=0.9")}, signIn},
		{"a HEAD request of a browser", changes{asBrowser, method("HEAD")}, signIn},
		{"a form that a browser posts", changes{asBrowser, method("POST")}, s.URL + "/api/auth/signin"},
		{"a script in a browser", changes{mode("cors")}, ""},
		{"a script in a browser that accepts HTML", changes{mode("cors"), accept("text/html")}, ""},
		{"a picture in a page", changes{mode("no-cors"), accept("image/png")}, ""},
		{"a program", nil, ""},
		{"a program that accepts everything", changes{accept("*/*")}, ""},
		{"a program that accepts JSON", changes{accept("application/json")}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for name, page := range map[string]http.Handler{
				"Require": s.auth.Require(greeting), "Handle": cardea.Handle(s.auth, greet),
			} {
				res := open(t, page, newBrowser(t, s.URL), tc.change...)
				if got := res.Header.Get("Cache-Control"); got != "private, no-store" {
					t.Errorf("%s: Cache-Control: %s", name, got)
				}
				if !slices.Contains(res.Header.Values("Vary"), "Cookie") {
					t.Errorf("%s: Vary: %v", name, res.Header.Values("Vary"))
				}
				if tc.location == "" {
					checkJSON(t, res, http.StatusUnauthorized, `{"error":"unauthorized","message":"Sign in first."}`)
				} else if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != tc.location {
					t.Errorf("%s: %s to %s, want 303 to %s", name, res.Status, res.Header.Get("Location"), tc.location)
				}
			}
		})
	}
}

func TestRequireRedirectsToTheConfiguredSignInPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Pages.SignIn = "/login?lang=cs" })
	res := open(t, s.auth.Require(greeting), newBrowser(t, s.URL), asBrowser)
	want := s.URL + "/login?callbackUrl=" + url.QueryEscape(s.URL+"/page?a=b&c=d") + "&lang=cs"
	if got := res.Header.Get("Location"); got != want {
		t.Errorf("redirected to %s, want %s", got, want)
	}
}

// A visitor who is not signed in goes from the page to the sign-in page, the provider, and back to
// the page.
func TestRequireReturnsToThePageAfterSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = withUserRows(c) })
	page := cardea.Handle(s.auth, greet)
	b := newBrowser(t, s.URL)
	signIn := visit(t, b, open(t, page, b, asBrowser).Header.Get("Location"))
	if signIn.StatusCode != http.StatusOK {
		t.Fatalf("the sign-in page: %s", signIn.Status)
	}
	back := openCallback(t, b, consent(t, b, startSignIn(t, b, "idp", nil))) // the cookie remembers the callback URL
	if want := s.URL + "/page?a=b&c=d"; back != want {
		t.Errorf("redirected to %s, want %s", back, want)
	}
	if res := open(t, page, b, asBrowser); text(t, res) != "hello Ann Example, " {
		t.Errorf("the page: %s", res.Status)
	}
}

func TestHandlePassesTheRow(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var store *userRows
		s := newSite(t, func(c *cardea.Config) {
			store = withUserRows(c)
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
		store.failOnly()
		open(t, s.auth.Require(greeting), b)
		want := []string{"Session"}
		if strategy == cardea.StrategyJWT {
			want = nil
		}
		if got := store.seen(); !slices.Equal(got, want) {
			t.Errorf("Require calls the store's %v, want %v", got, want)
		}
	})
}

// With JWT sessions the row is read only if it is needed, and once for each request.
func TestRowIsReadOncePerRequest(t *testing.T) {
	t.Parallel()
	var store *userRows
	s := newSite(t, func(c *cardea.Config) {
		store = withUserRows(c)
		c.Adapter, c.Session.Strategy = store, cardea.StrategyJWT
	})
	b := s.signedIn(t, "")
	store.failOnly()
	page := s.auth.Load(s.auth.Require(cardea.Handle(s.auth, func(w http.ResponseWriter, r *http.Request, u *User) {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if again, err := cardea.UserAs[User](r.Context()); err != nil || again != u {
					t.Errorf("UserAs = %p, %v; want the handler's row %p", again, err, u)
				}
			})
		}
		wg.Wait()
	})))
	if res := open(t, page, b); res.StatusCode != http.StatusOK {
		t.Errorf("page: %s", res.Status)
	}
	if got := store.seen(); !slices.Equal(got, []string{"UserByID"}) {
		t.Errorf("calls of the store: %v, want UserByID once", got)
	}
}

func TestUserIsStableWithoutAdapter(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = nil })
	b := s.signedIn(t, "")
	id := func() string {
		return text(t, open(t, cardea.Handle(s.auth, func(w http.ResponseWriter, _ *http.Request, u *cardea.User) {
			io.WriteString(w, u.ID+" "+u.Email)
		}), b))
	}
	first := id()
	signInAt(t, b, "idp", "")
	if again := id(); again != first || !strings.HasSuffix(first, " ann@example.com") ||
		len(first) != 36+len(" ann@example.com") {
		t.Errorf("user = %q and then %q", first, again)
	}
}

func TestUserAsRefusesAnotherType(t *testing.T) {
	t.Parallel()
	type Other struct{ ID string }
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Adapter, c.Session.Strategy = withUserRows(c), strategy })
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

func TestUserAsWithoutAdapterReturnsAnError(t *testing.T) {
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

func TestLoadLetsStrangersPass(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Adapter = withUserRows(c) })
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
	})), newBrowser(t, s.URL))
	if !ran || res.StatusCode != http.StatusOK {
		t.Errorf("Load refuses a stranger: %s", res.Status)
	}
}

func TestSessionFromReturnsTheSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
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

// Better Auth GHSA-2vg6-77g8-24mp: a deleted user is refused, with any kind of session.
func TestDeletedUserIsRefused(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Adapter, c.Session.Strategy = withUserRows(c), strategy })
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

// Auth.js GHSA-8fpg-xm3f-6cx3: if the store is unavailable, a visitor is neither treated as a
// stranger nor, worse, as signed in.
func TestUnavailableStoreIs503(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var store *userRows
		s := newSite(t, func(c *cardea.Config) {
			store = withUserRows(c)
			c.Adapter, c.Session.Strategy = store, strategy
		})
		b := s.signedIn(t, "")
		store.failOnly("Session", "UserByID")
		ran := false
		spy := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran = true })
		pages := map[string]http.Handler{
			"Handle": cardea.Handle(s.auth, func(http.ResponseWriter, *http.Request, *User) { ran = true }),
		}
		if strategy == cardea.StrategyDatabase {
			pages["Require"], pages["Load"] = s.auth.Require(spy), s.auth.Load(spy)
		}
		for name, page := range pages {
			for _, change := range [][]func(*http.Request){nil, {asBrowser}} {
				res := open(t, page, b, change...)
				if res.Header.Get("Retry-After") == "" ||
					!strings.HasPrefix(res.Header.Get("Cache-Control"), "private, no-") {
					t.Errorf("%s: headers = %v", name, res.Header)
				}
				if change == nil {
					checkJSON(t, res, http.StatusServiceUnavailable,
						`{"error":"unavailable","message":"Sessions cannot be checked right now. Try again."}`)
					continue
				}
				checkPage(t, name, res, http.StatusServiceUnavailable, "Try again in a moment")
			}
		}
		if ran {
			t.Error("a page ran")
		}
		if sessionToken(b) == "" {
			t.Error("the session cookie was deleted")
		}
	})
}

func TestUnavailableStoreIs503AtTheEndpoints(t *testing.T) {
	t.Parallel()
	var store *recordingStore
	s := newSite(t, func(c *cardea.Config) { store = recordCalls(c) })
	b := s.signedIn(t, "")
	token := b.CSRFToken()
	store.failOnly("Session")
	checkJSON(t, visit(t, b, s.URL+"/api/auth/session"), http.StatusServiceUnavailable, "null")
	checkJSON(t, b.Post("/session", url.Values{"csrfToken": {token}}), http.StatusServiceUnavailable, "null")
	res := b.Post("/signin/idp", url.Values{"csrfToken": {token}})
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusServiceUnavailable ||
		!strings.HasPrefix(kind, "text/html") {
		t.Errorf("signing in: %s, %s", res.Status, kind)
	}
	res = send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), url.Values{"csrfToken": {token}}, clientHeader)
	checkJSON(t, res, http.StatusServiceUnavailable, `{"url":"`+s.URL+`/api/auth/error?error=Configuration"}`)
}

func TestMiddlewareExtendsTheSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var store *recordingStore
		s := newSite(t, func(c *cardea.Config) {
			shortSessions(c)
			c.Session.Strategy = strategy
			store = recordCalls(c)
		})
		now := s.setClock()
		b := s.signedIn(t, "")
		page := s.auth.Require(s.auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if got, want := cardea.SessionFrom(r.Context()).Expires, now.now().Add(50*time.Minute); got.Before(want) {
				t.Errorf("the session expires at %v, want %v or later", got, want)
			}
			w.Header().Set("Cache-Control", "public, max-age=60") // the page is the same for everybody
		})))
		now.advance(10*time.Minute - time.Second)
		store.failOnly()
		res := open(t, page, b)
		if res.StatusCode != http.StatusOK || len(res.Cookies()) != 0 || len(store.writes()) != 0 {
			t.Errorf("before UpdateAge: %s, cookies %v, written %v", res.Status, res.Cookies(), store.writes())
		}
		now.advance(time.Second)
		res = open(t, page, b)
		checkCookie(t, res, now.now().Add(time.Hour))
		if len(res.Header["Set-Cookie"]) != 1 {
			t.Errorf("%d cookies set, want only that of the session", len(res.Header["Set-Cookie"]))
		}
		want := []string{"RenewSession"}
		if got := store.writes(); strategy == cardea.StrategyDatabase && !slices.Equal(got, want) {
			t.Errorf("at UpdateAge: written %v, want %v", got, want)
		}
		now.advance(59 * time.Minute)
		storeCookie(t, b, sessionCookie, setCookie(res, sessionCookie).Value)
		if res := open(t, page, b); res.StatusCode != http.StatusOK {
			t.Errorf("the extended session: %s", res.Status)
		}
	})
}

func TestMiddlewareDoesNotRestoreAnEndedSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		shortSessions(c)
		c.Adapter = deletingStore{c.Adapter.(*memadapter.Adapter)}
	})
	now := s.setClock()
	b := s.signedIn(t, "")
	now.advance(30 * time.Minute)
	if res := open(t, s.auth.Require(greeting), b); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("page: %s, want 401", res.Status)
	}
}

// Two Auth in one program do not share what they know about a request.
func TestSessionOfAnotherAuthIsNotAccepted(t *testing.T) {
	t.Parallel()
	inner, outer := newSite(t, nil), newSite(t, nil)
	b := outer.signedIn(t, "")
	page := outer.auth.Require(inner.auth.Require(greeting))
	if res := open(t, page, b); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("page: %s, want 401", res.Status)
	}
}
