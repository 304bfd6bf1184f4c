package cardea_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
)

// A handler behind RequireFresh or RequireLevel runs for nobody whose proof is too old or too weak.
// Browsers sign in again and come back, with another session; programs get a challenge.
func TestRequireFreshAndLevel(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		now := s.setClock()
		s.issuer.SetClock(now.now)
		greet := func(w http.ResponseWriter, _ *http.Request, u *cardea.User) { w.Write([]byte("hello " + u.Name)) }
		s.handle("/strong", s.auth.RequireLevel(2, cardea.Handle(s.auth, greet)).ServeHTTP)
		fresh := s.auth.RequireFresh(time.Minute, cardea.Handle(s.auth, greet))
		s.handle("/fresh", fresh.ServeHTTP)
		s.handle("/both", s.auth.RequireLevel(1, fresh).ServeHTTP)
		page := header("Accept", "text/html")
		check := func(what string, c cookies, path string, status int, want string, change ...func(*http.Request)) {
			t.Helper()
			res := send(t, s.URL+path, c, nil, change...)
			got := text(t, res) + " " + res.Header.Get("Location") + " " + res.Header.Get("WWW-Authenticate")
			if res.StatusCode != status || !strings.Contains(got, want) {
				t.Errorf("%s: %s, %s; want %d, %s", what, res.Status, got, status, want)
			}
			if res.Header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("%s: Cache-Control %q", what, res.Header.Get("Cache-Control"))
			}
		}
		back := func(path string) string { return "/api/auth/confirm?callbackUrl=" + url.QueryEscape(s.URL+path) }
		check("nobody, a page", nil, "/fresh", 303, strings.Replace(back("/fresh"), "confirm", "signin", 1), page)
		check("nobody, a program", nil, "/strong", 401, "unauthorized")

		b := s.signedIn(t, "1001")
		check("fresh", cookiesOf(b), "/fresh", 200, "hello Ann Example")
		check("both", cookiesOf(b), "/both", 200, "hello Ann Example")
		check("too weak, a program", cookiesOf(b), "/strong", 401,
			`Bearer error="insufficient_user_authentication", acr_values="2"`)
		check("too weak, a page", cookiesOf(b), "/strong?a=b", 303, back("/strong?a=b")+"&level=2", page)
		now.advance(58 * time.Second)
		check("as old as allowed", cookiesOf(b), "/fresh", 200, "hello Ann Example")
		now.advance(3 * time.Second)
		check("too old, a program", cookiesOf(b), "/fresh", 401,
			`Bearer error="insufficient_user_authentication", max_age="60"`)
		check("too old, both", cookiesOf(b), "/both", 401, `max_age="60"`)
		if b.Session() == nil { // a use of the session
			t.Error("the session has ended")
		}
		check("used", cookiesOf(b), "/fresh", 401, "insufficient_user_authentication")
		check("too old, a page", cookiesOf(b), "/fresh", 303, back("/fresh"), page)
		old := cookiesOf(b)

		// The page for that leads to the provider, and back to where the visitor was.
		to := openCallback(t, b, consent(t, b, s.confirmAt(t, b, "idp", s.URL+"/fresh")))
		if to != s.URL+"/fresh" {
			t.Errorf("confirmed: to %s", to)
		}
		check("confirmed", cookiesOf(b), "/fresh", 200, "hello Ann Example")
		check("the session before", old, "/fresh", 401, "unauthorized")
	})
}

// Two factors are level 2, and one is not. A session of which nobody knows when the person has
// proven who they are is not fresh, however new it is.
func TestSessionsOfDifferentProofs(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	u := s.newUser(t, "Ann")
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	strong, fresh := s.auth.RequireLevel(2, ok), s.auth.RequireFresh(time.Hour, ok)
	check := func(what, token string, h http.Handler, want int) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, s.URL+"/", nil)
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: token})
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: %d, want %d", what, w.Code, want)
		}
	}
	for _, tc := range []struct {
		methods []string
		want    int
	}{
		{nil, 401},
		{[]string{"pwd"}, 401},
		{[]string{"pwd", "mail"}, 401},
		{[]string{"otp"}, 401},
		{[]string{"pwd", "strong"}, 401},
		{[]string{"pwd", "otp"}, 200},
		{[]string{"fed", "recovery"}, 200},
		{[]string{"pop", "mfa"}, 200},
	} {
		w := httptest.NewRecorder()
		_, err := s.auth.SignIn(w, requestOf(s, newBrowser(t, s.URL)), cardea.Proof{UserID: u.ID, Methods: tc.methods})
		must(t, err)
		token := setCookie(w.Result(), sessionCookie).Value
		check(strings.Join(tc.methods, " "), token, strong, tc.want)
		check(strings.Join(tc.methods, " ")+", fresh", token, fresh, 200)
	}
	// As a Node server on the same tables stores it.
	must(t, s.store.CreateSession(t.Context(), &cardea.Session{
		Token: hashOf("node"), UserID: u.ID, Expires: time.Now().Add(24 * time.Hour),
	}))
	check("signed in", "node", s.auth.Require(ok), 200)
	check("of a Node server", "node", fresh, 401)
}

// A mistake in the set-up shows when the program starts.
func TestRequireFreshAndLevelPanic(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for name, call := range map[string]func(){
		"level 0":   func() { s.auth.RequireLevel(0, http.NotFoundHandler()) },
		"level 3":   func() { s.auth.RequireLevel(3, http.NotFoundHandler()) },
		"no time":   func() { s.auth.RequireFresh(0, http.NotFoundHandler()) },
		"too short": func() { s.auth.RequireFresh(time.Second-1, http.NotFoundHandler()) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}
