package cardea_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// request is an HTTP request as it reaches the handler.
type request struct {
	host   string   // the Host header
	peer   string   // the IP address of the client or proxy
	header []string // name and value in turn
}

// originOf returns the origin that the handler assumes for a request and uses in its URLs, or "" if
// the request is refused.
func originOf(t *testing.T, s *site, from request) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://unused/api/auth/providers", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host, r.RemoteAddr = from.host, from.peer+":1234"
	if strings.Contains(from.peer, ":") {
		r.RemoteAddr = "[" + from.peer + "]:1234"
	}
	for i := 0; i < len(from.header); i += 2 {
		r.Header.Add(from.header[i], from.header[i+1])
	}
	res := serveDirectly(s, r)
	body := text(t, res)
	_, rest, found := strings.Cut(body, `"signinUrl":"`)
	if !found {
		if res.StatusCode != http.StatusBadRequest || strings.Contains(body, from.host) && from.host != "" ||
			len(res.Cookies()) != 0 {
			t.Errorf("the refusal is %s, %s, with %d cookies", res.Status, body, len(res.Cookies()))
		}
		return ""
	}
	origin, _, _ := strings.Cut(rest, "/api/auth/")
	return origin
}

// Hostile requests are in security_redirect_test.go.
func TestOrigin(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	fixed := func(c *cardea.Config) { c.BaseURL = "https://App.example:443/" }
	listed := func(c *cardea.Config) { c.TrustedHosts = []string{"app.example", "Admin.example:8443"} }
	previews := func(c *cardea.Config) {
		c.TrustedHosts, c.TrustedProxies = []string{"*.preview.example", "*.dev.example:8443"}, proxies
	}
	proxied := func(c *cardea.Config) { listed(c); c.TrustedProxies = proxies }
	const stranger, proxy = "203.0.113.5", "10.1.2.3"
	for _, tc := range []struct {
		name   string
		change func(*cardea.Config)
		from   request
		want   string
	}{
		{"base URL, written as browsers do", fixed, request{"app.example", stranger, nil}, "https://app.example"},
		{"base URL, with another host", fixed, request{"evil.example", stranger, nil}, "https://app.example"},
		{"base URL, without any host", fixed, request{"", stranger, nil}, "https://app.example"},

		{"loopback by default", nil, request{"localhost:3000", stranger, nil}, "http://localhost:3000"},
		{"loopback by default, in another case", nil, request{"LOCALHOST", stranger, nil}, "http://localhost"},
		{"loopback by default, with the default port", nil, request{"127.0.0.1:80", stranger, nil}, "http://127.0.0.1"},
		{"loopback by default, another name", nil, request{"app.example", stranger, nil}, ""},
		{"loopback by default, with a path", nil, request{"localhost/evil.example", stranger, nil}, ""},
		{"loopback by default, without a host", nil, request{"", stranger, nil}, ""},
		{
			"loopback by default, through a local proxy that names another host", nil,
			request{"localhost:3000", "127.0.0.1", []string{"X-Forwarded-Host", "evil.example"}},
			"http://localhost:3000",
		},

		{"listed host", listed, request{"APP.example:80", stranger, nil}, "http://app.example"},
		{"listed host with port", listed, request{"admin.example:8443", stranger, nil}, "http://admin.example:8443"},
		{"listed wildcard", previews, request{"PR.preview.example:80", stranger, nil}, "http://pr.preview.example"},
		{"listed wildcard, two labels", previews, request{"a.b.preview.example", stranger, nil}, ""},
		{"listed wildcard, no label", previews, request{"preview.example", stranger, nil}, ""},
		{"listed wildcard, another port", previews, request{"a.preview.example:8080", stranger, nil}, ""},
		{"listed wildcard, a path", previews, request{"evil.example/.preview.example", stranger, nil}, ""},
		{"listed wildcard with port", previews, request{"a.dev.example:8443", proxy, nil}, "http://a.dev.example:8443"},
		{"listed wildcard without its port", previews, request{"a.dev.example", stranger, nil}, ""},
		{
			"listed wildcard, through a trusted proxy", previews,
			request{"backend", proxy, []string{"X-Forwarded-Host", "a.preview.example", "X-Forwarded-Proto", "https"}},
			"https://a.preview.example",
		},
		{"listed host without its port", listed, request{"admin.example", stranger, nil}, ""},
		{"listed host with another port", listed, request{"admin.example:8444", stranger, nil}, ""},
		{"loopback, although hosts are listed", listed, request{"localhost:3000", stranger, nil}, ""},
		{
			"listed host, through a proxy that is not trusted", listed,
			request{"app.example", proxy, []string{"X-Forwarded-Proto", "https"}}, "http://app.example",
		},

		{
			"trusted proxy", proxied,
			request{"backend:8080", proxy, []string{"X-Forwarded-Host", "app.example", "X-Forwarded-Proto", "https"}},
			"https://app.example",
		},
		{
			"trusted proxy with an IPv6 address", proxied,
			request{
				"backend:8080", "fd00::1", []string{"X-Forwarded-Host", "app.example", "X-Forwarded-Proto", "https"},
			},
			"https://app.example",
		},
		{
			"trusted proxy with an IPv4-mapped IPv6 address", proxied,
			request{"backend:8080", "::ffff:10.1.2.3", []string{"X-Forwarded-Host", "app.example"}},
			"http://app.example",
		},
		{
			"trusted proxy that sends only the scheme", proxied,
			request{"app.example", proxy, []string{"X-Forwarded-Proto", "https"}}, "https://app.example",
		},
		{
			"trusted proxy without forwarded headers", proxied,
			request{"app.example", proxy, nil}, "http://app.example",
		},
		{
			"trusted proxy with a host that is not listed", proxied,
			request{"app.example", proxy, []string{"X-Forwarded-Host", "evil.example"}}, "",
		},
		{
			"another peer with forwarded headers", proxied,
			request{
				"app.example", stranger,
				[]string{"X-Forwarded-Host", "admin.example:8443", "X-Forwarded-Proto", "https"},
			},
			"http://app.example",
		},
		{
			"another peer that says it forwards for the proxy", proxied,
			request{
				"app.example", stranger,
				[]string{"X-Forwarded-For", proxy, "X-Forwarded-Host", "admin.example:8443"},
			},
			"http://app.example",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := originOf(t, newSite(t, tc.change), tc.from); got != tc.want {
				t.Errorf("origin = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestUntrustedHostIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) {
		c.TrustedHosts, c.Logger = []string{"app.example"}, log.logger()
	})
	b := cardeatest.NewBrowser(t, s.URL)
	ran := false
	spy := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran = true })
	for name, page := range map[string]http.Handler{"Load": s.auth.Load(spy), "Require": s.auth.Require(spy)} {
		if res := open(t, page, b); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
	for _, action := range []string{
		"providers", "session", "csrf", "signin", "signout", "error", "verify-request", "callback/idp?code=1&state=1",
	} {
		if res := send(t, s.URL+"/api/auth/"+action, nil, nil); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", action, res.Status)
		}
	}
	if ran {
		t.Error("the application's handler ran")
	}
	got := log.String()
	if !strings.Contains(got, "Config.TrustedHosts") || !strings.Contains(got, `"code":"UntrustedHost"`) {
		t.Errorf("the log does not say what to do:\n%s", got)
	}
}

func TestCookiesOverTLS(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		secure := httptest.NewTLSServer(s.auth)
		t.Cleanup(secure.Close)
		b := cardeatest.NewBrowser(t, secure.URL)
		b.Transport = secure.Client().Transport
		b.CheckRedirect = stopAtRedirect
		startSignIn(t, b, "idp", nil)
		for name := range cookiesOf(b) {
			if name != "__Host-"+csrfCookie && name != "__Secure-"+callbackCookie &&
				!strings.HasPrefix(name, "__Host-"+stateCookiePrefix) {
				t.Errorf("cookie %s lacks the prefix for https", name)
			}
		}
		b.CheckRedirect = nil
		b.SignIn("idp", "")
		if signedInEmail(b) != "ann@example.com" || cookiesOf(b)["__Secure-"+sessionCookie] == "" {
			t.Errorf("signed in as %q with %d cookies", signedInEmail(b), len(cookiesOf(b)))
		}
		res := visit(t, b, secure.URL+"/api/auth/session")
		for _, c := range res.Cookies() {
			if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("cookie = %v", c)
			}
		}
		token := cookiesOf(b)["__Secure-"+sessionCookie]
		if got := s.sessionBody(t, cookies{sessionCookie: token}); strategy == cardea.StrategyJWT && got != "null" {
			t.Errorf("the token of the cookie for https is accepted in the one for http: %s", got)
		}
		b.SignOut()
		if b.Session() != nil {
			t.Error("there is a session after sign-out")
		}
	})
}

// Behind a proxy that terminates TLS the cookies are those for https, and forms are accepted
// although the proxy's request has another Host.
func TestSignInBehindAProxy(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config){
		"base URL": func(c *cardea.Config) { c.BaseURL = "https://app.example" },
		"trusted proxy": func(c *cardea.Config) {
			c.TrustedHosts = []string{"app.example"}
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, change)
			const origin, session = "https://app.example", "__Secure-" + sessionCookie
			jar := cookies{}
			// forward sends a request of the browser as the proxy does.
			forward := func(path string, f url.Values, change ...func(*http.Request)) *http.Response {
				t.Helper()
				change = append(change, header("X-Forwarded-Host", "app.example"), header("X-Forwarded-Proto", "https"))
				res := send(t, s.URL+"/api/auth/"+path, jar, f, change...)
				for _, c := range res.Cookies() {
					if !c.Secure || !strings.HasPrefix(c.Name, "__") {
						t.Errorf("%s: cookie = %v, want one for https", path, c)
					}
					jar[c.Name] = c.Value
				}
				return res
			}
			csrf := func() url.Values {
				body := text(t, forward("csrf", nil))
				token := strings.TrimSuffix(strings.TrimPrefix(body, `{"csrfToken":"`), `"}`)
				return url.Values{"csrfToken": {token}}
			}
			to := forward("signin/idp", csrf(), header("Origin", s.URL)).Header.Get("Location")
			if !strings.HasSuffix(to, "/signin?error=MissingCSRF") {
				t.Errorf("a form of another origin: sent to %s", to)
			}
			sameOrigin := header("Sec-Fetch-Site", "same-origin")
			to = forward("signin/idp", csrf(), header("Origin", origin), sameOrigin).Header.Get("Location")
			u, err := url.Parse(to)
			if err != nil || u.Query().Get("redirect_uri") != origin+"/api/auth/callback/idp" {
				t.Fatalf("sent to %s", to)
			}
			back := send(t, to, nil, nil).Header.Get("Location")
			path, found := strings.CutPrefix(back, origin+"/api/auth/")
			if !found {
				t.Fatalf("sent back to %s", back)
			}
			if res := forward(path, nil); res.Header.Get("Location") != origin || jar[session] == "" {
				t.Errorf("callback: %s to %s", res.Status, res.Header.Get("Location"))
			}
			if got := text(t, forward("session", nil)); !strings.Contains(got, "ann@example.com") {
				t.Errorf("session = %s", got)
			}
		})
	}
}
