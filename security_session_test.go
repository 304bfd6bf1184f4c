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

// passport CVE-2022-25896, @fastify/passport CVE-2023-29019, fiber CVE-2024-38513 and OWASP ASVS
// 5.0 V7 (session fixation): a sign-in starts a new session, and the session cookie that the
// browser had before becomes invalid.
func TestSignInChangesTheSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		site, err := url.Parse(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		chosen := strings.Repeat("a", 43) // by an attacker
		b := newBrowser(t, s.URL)
		b.Jar.SetCookies(site, []*http.Cookie{{Name: sessionCookie, Value: chosen, Path: "/"}})
		signInWith(t, b, "idp")
		first := cookiesOf(b)
		if first[sessionCookie] == chosen || s.sessionBody(t, first) == "null" {
			t.Error("the browser still has the chosen value, or is not signed in")
		}
		if got := s.sessionBody(t, cookies{sessionCookie: chosen}); got != "null" {
			t.Errorf("the chosen value is accepted as a session: %s", got)
		}

		// The second sign-in, in the browser that is signed in already.
		signInWith(t, b, "idp")
		second := cookiesOf(b)
		if second[sessionCookie] == first[sessionCookie] || s.sessionBody(t, second) == "null" {
			t.Error("the second sign-in did not change the session, or the browser is not signed in")
		}
		if got := s.sessionBody(t, first); got != "null" {
			t.Errorf("the first session is still accepted: %s", got)
		}
	})
}

// withLargeSessions makes the sessions of a site so large that they need several cookies.
func withLargeSessions(c *cardea.Config) {
	c.Session.Strategy = cardea.StrategyJWT
	c.Callbacks.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
		change.Claims["large"] = strings.Repeat("x", 9000)
		return change.Claims, nil
	}
}

// oauth2-proxy CVE-2026-34454, caddy-security CVE-2024-21492, OWASP ASVS 5.0 V7 and NIST SP
// 800-63B: a sign-out clears all cookies of the session, and the server refuses their values.
func TestSignOutEndsTheSession(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config){
		"database":              nil,
		"jwt":                   func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT },
		"jwt in several chunks": withLargeSessions,
		"database, raw tokens":  func(c *cardea.Config) { c.Session.InsecureStoreRawTokens = true },
		"jwt without adapter":   func(c *cardea.Config) { c.Adapter = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, change)
			s.Config.Handler = newApplication(s.auth)
			b := newBrowser(t, s.URL)
			signInWith(t, b, "idp")
			if b.Session() == nil { // which also renews the token of a JWT session
				t.Fatal("not signed in")
			}
			before := cookiesOf(b)
			var chunks []string
			for name := range before {
				if strings.HasPrefix(name, sessionCookie) {
					chunks = append(chunks, name)
				}
			}
			if name == "jwt in several chunks" && len(chunks) < 3 {
				t.Fatalf("the session is in the cookies %v", chunks)
			}

			res := b.Post("/signout", nil)
			for _, name := range chunks {
				if c := setCookie(res, name); c == nil || c.MaxAge >= 0 || c.Value != "" {
					t.Errorf("%s is not cleared", name)
				}
			}
			for name := range cookiesOf(b) {
				if strings.HasPrefix(name, sessionCookie) {
					t.Errorf("%s is left in the browser", name)
				}
			}
			if got := s.sessionBody(t, before); got != "null" {
				t.Errorf("the old value is accepted as a session: %s", got)
			}
			for _, path := range []string{"/guarded", "/typed"} {
				if res := send(t, s.URL+path, before, nil); res.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s with the old value: %s", path, res.Status)
				}
			}
		})
	}
}

// The same weaknesses: if a session becomes smaller, the chunks of the larger one are cleared.
func TestSmallerSessionClearsChunks(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.Session.Strategy = cardea.StrategyJWT
		c.Callbacks.JWT = func(_ context.Context, change *cardea.TokenChange) (oauth.Claims, error) {
			change.Claims["large"] = ""
			if change.Trigger == cardea.TriggerSignUp {
				change.Claims["large"] = strings.Repeat("x", 9000)
			}
			return change.Claims, nil
		}
	})
	b := newBrowser(t, s.URL)
	signInWith(t, b, "idp")
	if _, has := cookiesOf(b)[sessionCookie+".2"]; !has {
		t.Fatal("the session is not in chunks")
	}
	if b.Session() == nil {
		t.Fatal("the session in chunks is not accepted")
	}
	for name := range cookiesOf(b) {
		if strings.HasPrefix(name, sessionCookie+".") {
			t.Errorf("%s is left in the browser", name)
		}
	}
	if b.Session() == nil {
		t.Error("the smaller session is not accepted")
	}
}

// fiber CVE-2023-45128 and CVE-2023-45141: a CSRF token is valid in one browser, until it signs in
// or out.
func TestCSRFTokenBelongsToOneBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	refused := func(b *cardeatest.Browser, token string) bool {
		res := b.Post("/signin", url.Values{"csrfToken": {token}})
		return res.Header.Get("Location") == s.URL+"/api/auth/signin?error=MissingCSRF"
	}
	a, b := newBrowser(t, s.URL), newBrowser(t, s.URL)
	tokenOfA, tokenOfB := a.CSRFToken(), b.CSRFToken()
	if tokenOfA == tokenOfB {
		t.Error("two browsers have the same token")
	}
	if refused(a, tokenOfA) || !refused(b, tokenOfA) || !refused(a, tokenOfB) {
		t.Error("a token is accepted in another browser, or not in its own")
	}
	if !refused(newBrowser(t, s.URL), tokenOfA) {
		t.Error("a token is accepted without its cookie")
	}

	signInWith(t, a, "idp")
	renewed := a.CSRFToken()
	if renewed == tokenOfA || !refused(a, tokenOfA) || refused(a, renewed) {
		t.Error("the token from before the sign-in is accepted after it")
	}
	a.Post("/signout", nil)
	if !refused(a, renewed) || refused(a, a.CSRFToken()) {
		t.Error("the token from before the sign-out is accepted after it")
	}
}

// gorilla/csrf CVE-2025-24358 and CVE-2025-47909, nosurf CVE-2025-46721 and OWASP ASVS 5.0 V3:
// requests of other origins are refused even with the right CSRF token. If a request has neither
// Origin nor Sec-Fetch-Site, the token decides: browsers send one of them, and other programs send
// no cookies by themselves.
func TestCrossOriginRequestsAreRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, origin, fetchSite string
		want                    bool
	}{
		{"the site", "https://app.example", "same-origin", true},
		{"the site, in an old browser", "https://app.example", "", true},
		{"a program", "", "", true},
		{"a form, in a browser that sends no Origin", "", "same-origin", true},
		{"the address bar", "", "none", true},
		{"the same host on http", "http://app.example", "", false},
		{"the same host on http, in a new browser", "http://app.example", "cross-site", false},
		{"an opaque origin", "null", "", false},
		{"an opaque origin, in a new browser", "null", "cross-site", false},
		{"a sibling domain", "https://evil.example", "same-site", false},
		{"a subdomain", "https://a.app.example", "", false},
		{"the parent domain", "https://example", "", false},
		{"a longer name", "https://app.example.evil.example", "", false},
		{"userinfo", "https://app.example@evil.example", "", false},
		{"another port", "https://app.example:8443", "", false},
		{"a host without a scheme", "app.example", "", false},
		{"a scheme without a host", "https://", "", false},
		{"an origin with a path", "https://app.example/", "", false},
		{"another site, without Origin", "", "cross-site", false},
		{"a sibling domain, without Origin", "", "same-site", false},
		{"the site's Origin from another site", "https://app.example", "cross-site", false},
		{"another Origin that claims to be the same", "https://evil.example", "same-origin", false},
		{"an unknown Sec-Fetch-Site", "", "whatever", false},
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
				missingCSRF := to == "https://app.example/api/auth/signin?error=MissingCSRF"
				if accepted := w.Code != http.StatusBadRequest && !missingCSRF; accepted != tc.want {
					t.Errorf("POST %s: %d to %s", path, w.Code, to)
				}
			}
		})
	}
}

// fiber CVE-2024-25124, Casdoor CVE-2024-41657, gin-contrib CVE-2019-25211: no response has CORS
// headers.
func TestNoResponseAllowsOtherOrigins(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	h := newApplication(s.auth)
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
					t.Errorf("%s %s: the response has the header %s", method, path, name)
				}
			}
			isServed := method == "GET" || method == "POST" || !strings.HasPrefix(path, "/api/")
			if !isServed && !unserved(w.Code) {
				t.Errorf("%s %s: %d, want 404 or 405", method, path, w.Code)
			}
		}
	}
}

// fiber CVE-2026-25899: too many or too large cookies are refused, with little work and a short
// response.
func TestTooManyCookiesAreRefused(t *testing.T) {
	t.Parallel()
	numbered := func(n, size int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%s.%d=%s; ", sessionCookie, i, strings.Repeat("a", size))
		}
		return b.String()
	}
	headers := map[string]string{
		"200 chunks":               numbered(200, 10),
		"200 chunks of 100 kB":     numbered(200, 480),
		"90 chunks of 90 kB":       numbered(90, 1000),
		"one cookie of 100 kB":     sessionCookie + "=" + strings.Repeat("a", 100<<10),
		"one cookie of 64 kB":      sessionCookie + "=" + strings.Repeat("a", 64<<10),
		"one cookie of dots":       sessionCookie + "=" + strings.Repeat(".", 60<<10),
		"one of percent signs":     sessionCookie + "=" + strings.Repeat("%", 60<<10),
		"25,000 small cookies":     strings.Repeat("a=b;", 25_000),
		"one name 3,000 times":     strings.Repeat(sessionCookie+"=a;", 3_000),
		"1,500 flow states":        strings.Repeat(stateCookiePrefix+"00000000a=b;", 1_500),
		"1 MB of another cookie":   "x=" + strings.Repeat("y", 1<<20),
		"chunks with huge numbers": strings.Repeat(sessionCookie+".99999999999999999999=a;", 1_500),
	}
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		h := newApplication(s.auth)
		headers := maps.Clone(headers)
		own := sessionCookie + "=" + cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))[sessionCookie]
		headers["a session before 100 kB of others"] = own + "; x=" + strings.Repeat("y", 100<<10)
		headers["a session after 100 kB of others"] = "x=" + strings.Repeat("y", 100<<10) + "; " + own
		for name, header := range headers {
			for path, want := range map[string]int{
				"/api/auth/session": 200, "/guarded": 401, "/api/auth/signin": 200,
				"/api/auth/callback/idp?state=00000000a.b&code=c": 302,
			} {
				r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
				r.Header.Set("Cookie", header)
				w := httptest.NewRecorder()
				took := cpuTime(func() { h.ServeHTTP(w, r) })
				size := len(strings.Join(w.Header()["Set-Cookie"], ""))
				if w.Code != want || size > 16<<10 || took > 100*time.Millisecond ||
					path == "/api/auth/session" && w.Body.String() != "null" {
					t.Errorf("%s at %s: %d, %d bytes of Set-Cookie, took %v", name, path, w.Code, size, took)
				}
			}
		}
	})
}

// rodauth #142, OWASP ASVS 5.0 V3 and the session management cheat sheet: every cookie with all its
// attributes, on http and on https.
func TestEveryCookieHasItsAttributes(t *testing.T) {
	t.Parallel()
	const (
		plain   = "; Path=/; HttpOnly; SameSite=Lax"
		minutes = "; Max-Age=900; Path=/; Expires=Thu, 02 Jan 2031 03:19:05 GMT; HttpOnly; SameSite=Lax"
		month   = "; Path=/; Expires=Sat, 01 Feb 2031 03:04:05 GMT; HttpOnly; SameSite=Lax"
		cleared = "=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
	)
	want := map[string][]string{
		"csrf":     {"authjs.csrf-token=…" + plain, "authjs.callback-url=…" + plain},
		"signin":   {"authjs.callback-url=…" + plain, "authjs.state.ID=…" + minutes},
		"callback": {"authjs.state.ID" + cleared, "authjs.session-token=…" + month, "authjs.csrf-token=…" + plain},
		"session":  {"authjs.session-token=…" + month},
		"signout":  {"authjs.session-token" + cleared, "authjs.csrf-token=…" + plain},
	}
	clock := time.Date(2031, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
				s.auth.SetClock(func() time.Time { return clock })
				s.issuer.SetClock(func() time.Time { return clock })
				b := newBrowser(t, s.URL)
				if scheme == "https" {
					secure := httptest.NewTLSServer(s.Config.Handler)
					t.Cleanup(secure.Close)
					b = newBrowser(t, secure.URL)
					b.Transport = secure.Client().Transport
				}
				got := map[string][]string{}
				record := func(step string, res *http.Response) *http.Response {
					for _, line := range res.Header["Set-Cookie"] {
						got[step] = append(got[step], withoutValue(line))
					}
					return res
				}
				record("csrf", visit(t, b, b.Site+"/api/auth/csrf"))
				res := record("signin", b.Post("/signin/idp", url.Values{"callbackUrl": {"/a"}}))
				record("callback", visit(t, b, consent(t, b, res.Header.Get("Location"))))
				record("session", visit(t, b, b.Site+"/api/auth/session"))
				record("signout", b.Post("/signout", nil))
				for step, lines := range want {
					if scheme == "https" {
						lines = overHTTPS(lines)
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
	flowID      = regexp.MustCompile(`state\.[0-9A-Za-z]+=`)
)

// withoutValue returns a Set-Cookie header without its value and the id of the flow.
func withoutValue(line string) string {
	pair, attributes, _ := strings.Cut(line, ";")
	return flowID.ReplaceAllString(cookieValue.ReplaceAllString(pair, "=…"), "state.ID=") + ";" + attributes
}

// overHTTPS returns Set-Cookie headers as the site sends them over https.
func overHTTPS(lines []string) []string {
	var list []string
	for _, line := range lines {
		prefix := "__Secure-"
		if strings.HasPrefix(line, csrfCookie) || strings.HasPrefix(line, stateCookiePrefix) {
			prefix = "__Host-"
		}
		list = append(list, prefix+strings.Replace(line, "; HttpOnly", "; HttpOnly; Secure", 1))
	}
	return list
}
