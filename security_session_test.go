package cardea_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

// passport CVE-2022-25896, @fastify/passport CVE-2023-29019, fiber CVE-2024-38513, standards 56, 77
// and 78: whatever session cookie a browser has when it signs in, it gets another one, and the old
// one is worth nothing.
func TestSigningInChangesTheSession(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		site, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		chosen := strings.Repeat("a", 43)
		b := stepper(t, s.URL)
		b.Jar.SetCookies(site, []*http.Cookie{{Name: sessionCookie, Value: chosen, Path: "/"}})
		finish(t, b, "idp")
		first := cookiesOf(b)
		if first[sessionCookie] == chosen || s.sessionBody(t, first) == "null" {
			t.Error("the chosen value is the session, or there is none")
		}
		if got := s.sessionBody(t, cookies{sessionCookie: chosen}); got != "null" {
			t.Errorf("the chosen value is a session: %s", got)
		}

		// Again, in the browser that is signed in already.
		finish(t, b, "idp")
		second := cookiesOf(b)
		if second[sessionCookie] == first[sessionCookie] || s.sessionBody(t, second) == "null" {
			t.Error("signing in again keeps the session, or there is none")
		}
		if got := s.sessionBody(t, first); got != "null" {
			t.Errorf("the session before is alive: %s", got)
		}
	})
}

// fat makes the sessions of a site so large that they take several cookies.
func fat(c *cardea.Config) {
	c.Session.Strategy = cardea.StrategyJWT
	c.Callbacks.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
		change.Claims["fat"] = strings.Repeat("x", 9000)
		return change.Claims, nil
	}
}

// oauth2-proxy CVE-2026-34454 and caddy-security CVE-2024-21492, standards 58 and 87: after signing
// out every cookie of the session is gone, and its value is refused by the server.
func TestSigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config){
		"database":          nil,
		"jwt":               func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT },
		"jwt in chunks":     fat,
		"database, raw":     func(c *cardea.Config) { c.Session.InsecureStoreRawTokens = true },
		"jwt without store": func(c *cardea.Config) { c.Adapter = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, change)
			s.Config.Handler = guarded(s.auth)
			b := stepper(t, s.URL)
			finish(t, b, "idp")
			if b.Session() == nil { // a token from GET session is as good as the first one, and ends with it
				t.Fatal("not signed in")
			}
			before := cookiesOf(b)
			var had []string
			for name := range before {
				if strings.HasPrefix(name, sessionCookie) {
					had = append(had, name)
				}
			}
			if name == "jwt in chunks" && len(had) < 3 {
				t.Fatalf("the session is in %v", had)
			}

			res := b.Post("/signout", nil)
			for _, name := range had {
				if !slices.ContainsFunc(res.Cookies(), func(c *http.Cookie) bool {
					return c.Name == name && c.MaxAge < 0 && c.Value == ""
				}) {
					t.Errorf("%s is not taken from the browser", name)
				}
			}
			for name := range cookiesOf(b) {
				if strings.HasPrefix(name, sessionCookie) {
					t.Errorf("%s is left", name)
				}
			}
			if got := s.sessionBody(t, before); got != "null" {
				t.Errorf("the old value is a session: %s", got)
			}
			for _, path := range []string{"/guarded", "/typed"} {
				if res := send(t, s.URL+path, before, nil); res.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s with the old value: %s", path, res.Status)
				}
			}
		})
	}
}

// The same rows: a session that shrinks leaves no chunk of the larger one behind.
func TestAShrinkingSessionLeavesNoChunks(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.Session.Strategy = cardea.StrategyJWT
		c.Callbacks.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
			change.Claims["fat"] = ""
			if change.Trigger == cardea.TriggerSignUp {
				change.Claims["fat"] = strings.Repeat("x", 9000)
			}
			return change.Claims, nil
		}
	})
	b := stepper(t, s.URL)
	finish(t, b, "idp")
	if _, has := cookiesOf(b)[sessionCookie+".2"]; !has {
		t.Fatal("the session is not in chunks")
	}
	if b.Session() == nil {
		t.Fatal("no session from chunks")
	}
	for name := range cookiesOf(b) {
		if strings.HasPrefix(name, sessionCookie+".") {
			t.Errorf("%s is left", name)
		}
	}
	if b.Session() == nil {
		t.Error("no session after it shrank")
	}
}

// fiber CVE-2023-45128 and CVE-2023-45141: the token belongs to one browser, and to the time before
// or after it signs in.
func TestACSRFTokenBelongsToOneBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	refused := func(b *cardeatest.Browser, token string) bool {
		res := b.Post("/signin", url.Values{"csrfToken": {token}})
		return res.Header.Get("Location") == s.URL+"/api/auth/signin?error=MissingCSRF"
	}
	a, b := stepper(t, s.URL), stepper(t, s.URL)
	tokenOfA, tokenOfB := a.CSRFToken(), b.CSRFToken()
	if tokenOfA == tokenOfB {
		t.Error("two browsers have one token")
	}
	if refused(a, tokenOfA) || !refused(b, tokenOfA) || !refused(a, tokenOfB) {
		t.Error("a token is good in another browser, or not in its own")
	}
	if !refused(stepper(t, s.URL), tokenOfA) {
		t.Error("a token is good without its cookie")
	}

	finish(t, a, "idp")
	afterwards := a.CSRFToken()
	if afterwards == tokenOfA || !refused(a, tokenOfA) || refused(a, afterwards) {
		t.Error("the token of before signing in is good after it")
	}
	a.Post("/signout", nil)
	if !refused(a, afterwards) || refused(a, a.CSRFToken()) {
		t.Error("the token of before signing out is good after it")
	}
}

// gorilla/csrf CVE-2025-24358 and CVE-2025-47909, nosurf CVE-2025-46721, standards 70: with the
// right token, where a request comes from still counts. A request without any word on that is left
// to the token: every browser says it, and what is no browser sends no cookies by itself.
func TestRequestsFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, origin, fetchSite string
		want                    bool
	}{
		{"the site", "https://app.example", "same-origin", true},
		{"the site, in an old browser", "https://app.example", "", true},
		{"a program", "", "", true},
		{"a form, in a browser that leaves out the origin", "", "same-origin", true},
		{"the visitor's own hand", "", "none", true},
		{"the same host on http", "http://app.example", "", false},
		{"the same host on http, as a new browser says", "http://app.example", "cross-site", false},
		{"a page that hides itself", "null", "", false},
		{"a page that hides itself, as a new browser says", "null", "cross-site", false},
		{"a sibling", "https://evil.example", "same-site", false},
		{"a subdomain", "https://a.app.example", "", false},
		{"the parent", "https://example", "", false},
		{"a longer name", "https://app.example.evil.example", "", false},
		{"userinfo", "https://app.example@evil.example", "", false},
		{"another port", "https://app.example:8443", "", false},
		{"a host without scheme", "app.example", "", false},
		{"a scheme alone", "https://", "", false},
		{"a path", "https://app.example/", "", false},
		{"elsewhere without origin", "", "cross-site", false},
		{"a sibling without origin", "", "same-site", false},
		{"the site's origin from elsewhere", "https://app.example", "cross-site", false},
		{"another origin that says it is the same", "https://evil.example", "same-origin", false},
		{"a word that is none", "", "whatever", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.BaseURL = "https://app.example" })
			first := httptest.NewRecorder()
			s.auth.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "https://app.example/api/auth/csrf", nil))
			var cookie, token string
			for _, c := range first.Result().Cookies() {
				if c.Name == "__Host-authjs.csrf-token" {
					cookie, token = c.Value, c.Value[:64]
				}
			}
			for _, path := range []string{"/signin", "/signin/idp", "/signout", "/session"} {
				r := httptest.NewRequest(http.MethodPost, "https://app.example/api/auth"+path,
					strings.NewReader("csrfToken="+token))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Cookie", "__Host-authjs.csrf-token="+cookie)
				for name, value := range map[string]string{"Origin": tc.origin, "Sec-Fetch-Site": tc.fetchSite} {
					if value != "" {
						r.Header.Set(name, value)
					}
				}
				w := httptest.NewRecorder()
				s.auth.ServeHTTP(w, r)
				to := w.Header().Get("Location")
				refused := w.Code == http.StatusBadRequest ||
					to == "https://app.example/api/auth/signin?error=MissingCSRF"
				if refused == tc.want {
					t.Errorf("POST %s: %d to %s", path, w.Code, to)
				}
			}
		})
	}
}

// fiber CVE-2024-25124, Casdoor CVE-2024-41657, gin-contrib CVE-2019-25211: no answer lets another
// origin read it.
func TestNoAnswerAllowsOtherOrigins(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	h := guarded(s.auth)
	c := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	paths := []string{"/guarded", "/typed", "/loaded"}
	for _, action := range []string{
		"providers", "session", "csrf", "signin", "signin/idp", "callback/idp", "signout", "verify-request", "error",
		"nothing",
	} {
		paths = append(paths, "/api/auth/"+action)
	}
	for _, path := range paths {
		for _, method := range []string{
			"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get",
		} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Method, r.Host = method, "localhost"
			r.Header.Set("Cookie", c.String())
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "content-type,x-auth-return-redirect")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") || strings.HasPrefix(name, "Cross-Origin-Resource") {
					t.Errorf("%s %s answers %s", method, path, name)
				}
			}
			if strings.HasPrefix(path, "/api/") && method != "GET" && method != "POST" &&
				!unserved(w.Code) {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}

// fiber CVE-2026-25899: any heap of cookies is refused with little work and a short answer.
func TestHeapsOfCookiesAreRefused(t *testing.T) {
	t.Parallel()
	numbered := func(n, size int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%s.%d=%s; ", sessionCookie, i, strings.Repeat("a", size))
		}
		return b.String()
	}
	heaps := map[string]string{
		"200 chunks":               numbered(200, 10),
		"200 chunks of 100 kB":     numbered(200, 480),
		"90 chunks of 90 kB":       numbered(90, 1000),
		"one of 100 kB":            sessionCookie + "=" + strings.Repeat("a", 100<<10),
		"one of 64 kB":             sessionCookie + "=" + strings.Repeat("a", 64<<10),
		"one of dots":              sessionCookie + "=" + strings.Repeat(".", 60<<10),
		"one of percent signs":     sessionCookie + "=" + strings.Repeat("%", 60<<10),
		"25,000 small ones":        strings.Repeat("a=b;", 25_000),
		"one name 3,000 times":     strings.Repeat(sessionCookie+"=a;", 3_000),
		"1,500 attempts":           strings.Repeat(attemptPrefix+"00000000a=b;", 1_500),
		"1 MB of something else":   "x=" + strings.Repeat("y", 1<<20),
		"chunks with huge numbers": strings.Repeat(sessionCookie+".99999999999999999999=a;", 1_500),
	}
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		h := guarded(s.auth)
		heaps := maps.Clone(heaps)
		own := sessionCookie + "=" + cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))[sessionCookie]
		heaps["a session before 100 kB of others"] = own + "; x=" + strings.Repeat("y", 100<<10)
		heaps["a session after 100 kB of others"] = "x=" + strings.Repeat("y", 100<<10) + "; " + own
		for name, heap := range heaps {
			for path, want := range map[string]int{
				"/api/auth/session": 200, "/guarded": 401, "/api/auth/signin": 200,
				"/api/auth/callback/idp?state=00000000a.b&code=c": 302,
			} {
				r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
				r.Header.Set("Cookie", heap)
				w := httptest.NewRecorder()
				took := cpuTime(func() { h.ServeHTTP(w, r) })
				size := len(strings.Join(w.Header()["Set-Cookie"], ""))
				if w.Code != want || size > 16<<10 || path == "/api/auth/session" && w.Body.String() != "null" ||
					took > 100*time.Millisecond {
					t.Errorf("%s at %s: %d, %d bytes of Set-Cookie, took %v", name, path, w.Code, size, took)
				}
			}
		}
	})
}

// rodauth #142, standards 69, 73 and 75: every cookie with all its attributes, on http and on
// https.
func TestEveryCookieHasItsAttributes(t *testing.T) {
	t.Parallel()
	const (
		plain   = "; Path=/; HttpOnly; SameSite=Lax"
		minutes = "; Max-Age=900; Path=/; Expires=Thu, 02 Jan 2031 03:19:05 GMT; HttpOnly; SameSite=Lax"
		month   = "; Path=/; Expires=Sat, 01 Feb 2031 03:04:05 GMT; HttpOnly; SameSite=Lax"
		gone    = "=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
	)
	want := map[string][]string{
		"csrf":     {"authjs.csrf-token=…" + plain, "authjs.callback-url=…" + plain},
		"signin":   {"authjs.callback-url=…" + plain, "authjs.state.ID=…" + minutes},
		"callback": {"authjs.state.ID" + gone, "authjs.session-token=…" + month, "authjs.csrf-token=…" + plain},
		"session":  {"authjs.session-token=…" + month},
		"signout":  {"authjs.session-token" + gone, "authjs.csrf-token=…" + plain},
	}
	clock := time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			strategies(t, func(t *testing.T, strategy cardea.Strategy) {
				s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
				s.auth.SetClock(func() time.Time { return clock })
				s.issuer.SetClock(func() time.Time { return clock })
				b := stepper(t, s.URL)
				if scheme == "https" {
					secure := httptest.NewTLSServer(s.Config.Handler)
					t.Cleanup(secure.Close)
					b = stepper(t, secure.URL)
					b.Transport = secure.Client().Transport
				}
				got := map[string][]string{}
				note := func(step string, res *http.Response) *http.Response {
					for _, line := range res.Header["Set-Cookie"] {
						got[step] = append(got[step], anonymous(line))
					}
					return res
				}
				note("csrf", visit(t, b, b.Site+"/api/auth/csrf"))
				res := note("signin", b.Post("/signin/idp", url.Values{"callbackUrl": {"/a"}}))
				note("callback", visit(t, b, consent(t, b, res.Header.Get("Location"))))
				note("session", visit(t, b, b.Site+"/api/auth/session"))
				note("signout", b.Post("/signout", nil))
				for step, lines := range want {
					if scheme == "https" {
						lines = secured(lines)
					}
					if !slices.Equal(got[step], lines) {
						t.Errorf("%s:\n%s\nwant\n%s", step, strings.Join(got[step], "\n"), strings.Join(lines, "\n"))
					}
				}
			})
		})
	}
}

var (
	cookieValue = regexp.MustCompile(`=[^;]+`)
	attemptID   = regexp.MustCompile(`state\.[0-9A-Za-z]+=`)
)

// anonymous leaves out of a Set-Cookie header what differs each time.
func anonymous(line string) string {
	pair, attributes, _ := strings.Cut(line, ";")
	return attemptID.ReplaceAllString(cookieValue.ReplaceAllString(pair, "=…"), "state.ID=") + ";" + attributes
}

// secured returns Set-Cookie headers as they are on https.
func secured(lines []string) []string {
	var list []string
	for _, line := range lines {
		prefix := "__Secure-"
		if strings.HasPrefix(line, csrfCookie) {
			prefix = "__Host-"
		}
		list = append(list, prefix+strings.Replace(line, "; HttpOnly", "; HttpOnly; Secure", 1))
	}
	return list
}
