package main

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/examples/frameworks/internal/site"
	"github.com/cardea-auth/cardea/provider"
)

var (
	ann = cardeatest.Person{Subject: "1", Name: "Ann at the provider", Email: "ann@example.com", EmailVerified: true}
	bob = cardeatest.Person{Subject: "2", Name: "Bob", Email: "bob@example.com", EmailVerified: true}
)

// newAuth returns the sign-in of the site, and the provider where Ann and Bob have accounts.
func newAuth(t *testing.T, session cardea.SessionConfig) (*cardea.Auth, *cardeatest.Issuer) {
	t.Helper()
	db, err := gorm.Open(sqlite.Open(":memory:"), &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	issuer := cardeatest.NewIssuer(t, ann, bob)
	auth, err := site.New(t.Context(), db, provider.OIDC("idp", "Identity Provider",
		provider.Client{ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL}),
		cardea.Config{Secret: strings.Repeat("s", 32), Logger: slog.New(slog.DiscardHandler), Session: session})
	if err != nil {
		t.Fatal(err)
	}
	return auth, issuer
}

// start serves the site with a framework, and returns its URL.
func (f framework) start(t *testing.T, auth *cardea.Auth) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- f.serve(listener, auth) }()
	t.Cleanup(func() {
		listener.Close()
		if err := <-served; err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "http://localhost:" + port
}

// forEach runs a test with the site in each framework.
func forEach(t *testing.T, session cardea.SessionConfig, test func(t *testing.T, url string)) {
	for _, f := range frameworks {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			auth, _ := newAuth(t, session)
			test(t, f.start(t, auth))
		})
	}
}

// call sends a request of a script on the site's own pages, or of a program.
func call(t *testing.T, b *cardeatest.Browser, method, path string, header http.Header) (*http.Response, string) {
	t.Helper()
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader("title=Hello")
		if strings.HasSuffix(header.Get("Content-Type"), "json") {
			body = strings.NewReader(`{"title": "Hello"}`)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, b.Site+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

// check compares the status and the text of an answer.
func check(t *testing.T, b *cardeatest.Browser, method, path string, header http.Header, status int, words ...string) {
	t.Helper()
	res, text := call(t, b, method, path, header)
	if res.StatusCode != status {
		t.Errorf("%s %s: %s, want %d: %q", method, path, res.Status, status, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s %s: %q, want %q in it", method, path, text, w)
		}
	}
}

// contentType is that of the data which the site gets.
func contentType(name string) http.Header {
	if name == "huma" {
		return http.Header{"Content-Type": {"application/json"}}
	}
	return http.Header{}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			forEach(t, cardea.SessionConfig{Strategy: strategy}, checkRoutes)
		})
	}
}

func checkRoutes(t *testing.T, url string) {
	form := contentType(t.Name()[strings.LastIndexByte(t.Name(), '/')+1:])
	nobody := cardeatest.NewBrowser(t, url)
	check(t, nobody, "GET", "/", nil, http.StatusOK, "Please sign in")
	for method, path := range map[string]string{"GET": "/me", "POST": "/editors/articles"} {
		check(t, nobody, method, path, form, http.StatusUnauthorized)
	}

	reader := cardeatest.SignIn(t, url, "idp", bob.Email)
	check(t, reader, "GET", "/", nil, http.StatusOK, "Welcome back, Bob.")
	check(t, reader, "GET", "/me", nil, http.StatusOK, "Bob", "reader")
	check(t, reader, "GET", "/editors/articles", nil, http.StatusForbidden)
	check(t, reader, "POST", "/editors/articles", form, http.StatusForbidden)

	editor := cardeatest.SignIn(t, url, "idp", ann.Email)
	check(t, editor, "GET", "/me", nil, http.StatusOK, "Ann", "editor")
	check(t, editor, "GET", "/editors/articles", nil, http.StatusOK, "no articles yet")
	check(t, editor, "POST", "/editors/articles", form, http.StatusOK, "Ann has published", "Hello")

	foreign := form.Clone()
	foreign.Set("Sec-Fetch-Site", "cross-site")
	check(t, editor, "POST", "/editors/articles", foreign, http.StatusForbidden)

	editor.SignOut()
	check(t, editor, "GET", "/me", nil, http.StatusUnauthorized)
}

// A browser that opens a protected page goes to the sign-in page. APIs with huma have no pages.
func TestSignInPage(t *testing.T) {
	t.Parallel()
	forEach(t, cardea.SessionConfig{}, func(t *testing.T, site string) {
		if strings.HasSuffix(t.Name(), "huma") {
			check(t, cardeatest.NewBrowser(t, site), "GET", "/api/auth/signin", nil, http.StatusOK, "Identity Provider")
			return
		}
		html := http.Header{"Accept": {"text/html"}}
		for _, path := range []string{"/me?a=b", "/editors/articles?a=b"} {
			res, text := call(t, cardeatest.NewBrowser(t, site), "GET", path, html)
			want := "/api/auth/signin?callbackUrl=" + url.QueryEscape(site+path)
			if got := res.Request.URL.RequestURI(); got != want || !strings.Contains(text, "Identity Provider") {
				t.Errorf("%s: at %s, want %s: %q", path, got, want, text)
			}
		}
	})
}

// A response that extends the session has its cookie, so no cache may store it, although the
// handler lets caches store its page.
func TestPageWithSessionCookieIsNotCached(t *testing.T) {
	t.Parallel()
	extendAlways := cardea.SessionConfig{UpdateAge: time.Nanosecond}
	forEach(t, extendAlways, func(t *testing.T, url string) {
		b := cardeatest.SignIn(t, url, "idp", bob.Email)
		res, _ := call(t, b, "GET", "/news", nil)
		if len(res.Cookies()) != 1 || res.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("cookies %d, Cache-Control %q, want the session's and private, no-store",
				len(res.Cookies()), res.Header.Values("Cache-Control"))
		}
		res, text := call(t, cardeatest.NewBrowser(t, url), "GET", "/news", nil)
		if got := res.Header.Get("Cache-Control"); got != "public, max-age=60" || !strings.Contains(text, "No news") {
			t.Errorf("for visitors who are not signed in: Cache-Control %q, %q", got, text)
		}
	})
}

// A session of StrategyJWT that needs several cookies passes.
func TestLargeSession(t *testing.T) {
	t.Parallel()
	large := cardeatest.Person{
		Subject: "3", Name: strings.Repeat("Long ", 40), Email: "c@example.com", EmailVerified: true,
		Picture: "https://example.com/" + strings.Repeat("p", 1900),
	}
	for _, f := range frameworks {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			auth, issuer := newAuth(t, cardea.SessionConfig{Strategy: cardea.StrategyJWT})
			url := f.start(t, auth)
			issuer.Next(large)
			b := cardeatest.SignIn(t, url, "idp", "")
			check(t, b, "GET", "/", nil, http.StatusOK, "Welcome back, Long")
		})
	}
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	auth, _ := newAuth(t, cardea.SessionConfig{})
	b := cardeatest.NewBrowser(t, frameworks[len(frameworks)-1].start(t, auth))
	_, text := call(t, b, "GET", "/openapi.json", nil)
	var document struct {
		Paths map[string]map[string]struct {
			Security  []map[string][]string
			Responses map[string]any
		}
		Components struct{ SecuritySchemes map[string]map[string]string }
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	post := document.Paths["/editors/articles"]["post"]
	if len(post.Security) != 1 || strings.Join(post.Security[0]["session"], " ") != "editor" {
		t.Errorf("POST /editors/articles has the security %v", post.Security)
	}
	for _, status := range []string{"200", "401", "403"} {
		if post.Responses[status] == nil {
			t.Errorf("POST /editors/articles does not describe %s", status)
		}
	}
	if open := document.Paths["/"]["get"].Security; len(open) > 0 {
		t.Errorf("GET / has the security %v", open)
	}
	if scheme := document.Components.SecuritySchemes["session"]; scheme["in"] != "cookie" {
		t.Errorf("the scheme of the session is %v", scheme)
	}
}

func TestUnknownFramework(t *testing.T) {
	t.Parallel()
	const want = `the argument is "", want chi, gin, echo, fiber or huma`
	if err := run(""); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
