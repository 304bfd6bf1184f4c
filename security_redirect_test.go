package cardea_test

import (
	"context"
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// hostileTargets are callback URLs that must redirect to the base URL of the site. HOST stands for
// the site's host.
var hostileTargets = []string{
	// Scheme-relative URLs, with all spellings of a slash.
	"//evil.example", "///evil.example", "////evil.example", `/\evil.example`, `\/evil.example`, `\\evil.example`,
	`/\/evil.example`, "/\t/evil.example", "/\n/evil.example", "/\r\n/evil.example", " //evil.example",
	"\t//evil.example", "/\x00/evil.example", "/ /evil.example",
	// Encoded once.
	"/%09/evil.example", "/%0a/evil.example", "/%0d%0a/evil.example", "/%2fevil.example", "/%2F%2Fevil.example",
	"/%5cevil.example", "%2f%2fevil.example", "/%e3%80%80/evil.example",
	// Dot segments.
	"/..//evil.example", "/.//evil.example", "/./evil.example", "/a/../..//evil.example", "/%2e%2e//evil.example",
	// Schemes.
	"http:evil.example", "https:evil.example", "http:/evil.example", "http:///evil.example", "https://evil.example",
	"HTTPS://EVIL.EXAMPLE", "ftp://HOST/", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
	"\x01javascript:alert(1)", "javascript://HOST/%0aalert(1)", "data:text/html,<script>alert(1)</script>",
	"vbscript:x", "blob:http://HOST/1", "file:///etc/passwd", "mailto:a@HOST", "://HOST", "https://HOST/",
	// Userinfo.
	"http://HOST@evil.example", "http://HOST:80@evil.example", "http://HOST%40evil.example",
	"http://evil.example@HOST", `http://HOST\@evil.example`, "http://evil.example#@HOST",
	"http://evil.example?@HOST",
	// Other hosts and ports that look like the site.
	"http://HOST.evil.example", "http://evilHOST", "http://evil.HOST", "http://HOST1", "http://127.0.0.1",
	"http://127.0.0.1:1", "http://HOST:80", "http://", "http://[::1]", "http://[::ffff:127.0.0.1]",
	"http://2130706433",
	// Characters that browsers map to others.
	"http://HOST\u3002evil.example", "http://\uff48OST", "\uff0f\uff0fevil.example", "/\uff0fevil.example",
	"\ufeff//evil.example", "/\u2028/evil.example",
	// Header injection, relative and malformed URLs, and long ones.
	"/a\r\nSet-Cookie: a=b", "/a\r\nLocation: https://evil.example\r\n\r\n<script>", "evil.example",
	"www.evil.example", "?a=b", "#a", "%", "/%zz", "\xff", "/\xc0\xaf", "/" + strings.Repeat("a", 4096),
	strings.Repeat("https://evil.example/", 500),
}

// hostileTargetsFor returns hostileTargets for a host.
func hostileTargetsFor(host string) []string {
	list := make([]string, len(hostileTargets))
	for i, v := range hostileTargets {
		list[i] = strings.ReplaceAll(v, "HOST", host)
	}
	return list
}

// cookieEscape returns a value as cookies have it.
func cookieEscape(v string) string { return strings.ReplaceAll(url.QueryEscape(v), "+", "%20") }

// query returns a query with that callbackUrl.
func query(v string) string { return "?callbackUrl=" + url.QueryEscape(v) }

// The open redirects of oauth2-proxy, NextAuth, Casdoor, caddy-security, Pomerium and Better Auth,
// and RFC 9700 § 4.11: each parameter and cookie that may become a Location redirects a path of the
// site to that path, and hostile values to the base URL.
func TestHostileCallbackURLsRedirectToTheSite(t *testing.T) {
	t.Parallel()
	inputs := map[string]func(t *testing.T, s *site, b *cardeatest.Browser, v string) string{
		"sign in, form": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			callback := consent(t, b, startSignIn(t, b, "idp", url.Values{"callbackUrl": {v}}))
			return visit(t, b, callback).Header.Get("Location")
		},
		"sign in, query": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			return visit(t, b, callbackURLOf(t, b, "idp"+query(v))).Header.Get("Location")
		},
		"sign in, cookie": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			token := b.CSRFToken()
			c := cookiesOf(b).with(callbackCookie, cookieEscape(v))
			res := send(t, s.URL+"/api/auth/signin/idp", c, url.Values{"csrfToken": {token}})
			b.Jar.SetCookies(res.Request.URL, res.Cookies())
			return visit(t, b, consent(t, b, res.Header.Get("Location"))).Header.Get("Location")
		},
		"sign out, form": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			return b.Post("/signout", url.Values{"callbackUrl": {v}}).Header.Get("Location")
		},
		"sign out, query": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			return b.Post("/signout"+query(v), nil).Header.Get("Location")
		},
		"sign out, cookie": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			token := b.CSRFToken()
			c := cookiesOf(b).with(callbackCookie, cookieEscape(v))
			return send(t, s.URL+"/api/auth/signout", c, url.Values{"csrfToken": {token}}).Header.Get("Location")
		},
		"sign out, by the client of Auth.js": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			form := url.Values{"csrfToken": {b.CSRFToken()}, "callbackUrl": {v}}
			res := send(t, s.URL+"/api/auth/signout", cookiesOf(b), form, header("X-Auth-Return-Redirect", "1"))
			var body struct{ URL string }
			if err := json.NewDecoder(res.Body).Decode(&body); err != nil || body.URL != res.Header.Get("Location") {
				t.Errorf("url %q, Location %q, %v", body.URL, res.Header.Get("Location"), err)
			}
			return body.URL
		},
		"sign out, JSON": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			body, err := json.Marshal(map[string]string{"csrfToken": b.CSRFToken(), "callbackUrl": v})
			if err != nil {
				t.Fatal(err)
			}
			req, err := http.NewRequest(http.MethodPost, s.URL+"/api/auth/signout", strings.NewReader(string(body)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			res, err := b.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			return buffered(t, res).Header.Get("Location")
		},
		"sign-in page, by a redirect": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			to, err := url.Parse(b.Post("/signin"+query(v), nil).Header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			return to.Query().Get("callbackUrl")
		},
		"sign-in page, built in": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			page := text(t, visit(t, b, s.URL+"/api/auth/signin"+query(v)))
			found := regexp.MustCompile(`name="callbackUrl" value="([^"]*)"`).FindStringSubmatch(page)
			if found == nil {
				t.Fatal("the page has no callbackUrl")
			}
			return html.UnescapeString(found[1])
		},
		"callback URL cookie": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			visit(t, b, s.URL+"/api/auth/error"+query(v))
			stored, err := url.QueryUnescape(cookiesOf(b)[callbackCookie])
			if err != nil {
				t.Fatal(err)
			}
			return stored
		},
	}
	for name, redirect := range inputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT })
			if got, want := redirect(t, s, newBrowser(t, s.URL), "/a/b?c=d#e"), s.URL+"/a/b?c=d#e"; got != want {
				t.Errorf("a path of the site leads to %q, want %q", got, want)
			}
			b := newBrowser(t, s.URL)
			for _, v := range hostileTargetsFor(s.Listener.Addr().String()) {
				if got := redirect(t, s, b, v); got != s.URL {
					t.Errorf("%q leads to %q", v, got)
				}
			}
		})
	}
}

// The same weaknesses: a callback redirects to the URL in the flow state, and ignores its own query
// and the cookie.
func TestCallbackIgnoresOtherCallbackURLs(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	callback := consent(t, b, startSignIn(t, b, "idp", url.Values{"callbackUrl": {"/mine"}}))
	c := cookiesOf(b).with(callbackCookie, cookieEscape(s.URL+"/theirs"))
	callback += "&callbackUrl=" + url.QueryEscape("/theirs") + "&redirect_uri=https%3A%2F%2Fevil.example"
	res := send(t, callback, c, nil)
	if got, want := res.Header.Get("Location"), s.URL+"/mine"; got != want {
		t.Errorf("leads to %q, want %q", got, want)
	}
}

// The same weaknesses, for the application's callbacks: the signIn callback can redirect only
// within the site, and the redirect callback only to http and https URLs.
func TestCallbacksCannotRedirectToScripts(t *testing.T) {
	t.Parallel()
	signOut := func(s *site) string {
		return newBrowser(t, s.URL).Post("/signout", url.Values{"callbackUrl": {"/a"}}).Header.Get("Location")
	}
	for _, v := range []string{
		"javascript:alert(1)", "data:text/html,x", "//evil.example", "evil.example", "https:", "\x00", "/a\r\nb", "",
	} {
		s := newSite(t, func(c *cardea.Config) {
			c.Callbacks.Redirect = func(context.Context, string, string) string { return v }
		})
		if got := signOut(s); got != s.URL {
			t.Errorf("redirect callback %q: leads to %q", v, got)
		}
	}
	elsewhere := newSite(t, func(c *cardea.Config) {
		c.Callbacks.Redirect = func(context.Context, string, string) string { return "https://www.example.com/bye" }
	})
	if got := signOut(elsewhere); got != "https://www.example.com/bye" {
		t.Errorf("redirect callback: leads to %q", got)
	}
	for _, v := range []string{"//evil.example", "https://evil.example", "javascript:alert(1)"} {
		s := newSite(t, func(c *cardea.Config) {
			c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) { return v, nil }
		})
		b := newBrowser(t, s.URL)
		if got := signInWith(t, b, "idp").Header.Get("Location"); got != s.URL || b.Session() != nil {
			t.Errorf("signIn callback %q: leads to %q", v, got)
		}
	}
}

// NextAuth CVE-2022-31093: no callback URL takes long or makes the server fail.
func TestHostileCallbackURLsTakeNoTime(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	values := append(hostileTargetsFor("example.com"),
		strings.Repeat("%", 1<<17), strings.Repeat("../", 1<<16), strings.Repeat("//", 1<<16),
		strings.Repeat("http://", 1<<14))
	for _, v := range values {
		r := httptest.NewRequest(http.MethodGet, s.URL+"/api/auth/signin"+query(v), nil)
		r.Header.Set("Cookie", callbackCookie+"="+cookieEscape(v))
		w := httptest.NewRecorder()
		took := cpuTime(func() { s.auth.ServeHTTP(w, r) })
		if w.Code != http.StatusOK || took > 100*time.Millisecond {
			t.Errorf("%.40q: status %d, took %v", v, w.Code, took)
		}
	}
}

// forwarding are headers in which proxies say which URL was requested.
var forwarding = []string{
	"Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
	"X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Forwarded-Prefix", "X-Forwarded-Uri", "X-Forwarded-For",
	"X-Original-Host", "X-Original-Url", "X-Rewrite-Url", "X-Host", "X-Url-Scheme", "X-Http-Host-Override",
	"X-Scheme", "Front-End-Https", "X-Real-Ip", "Cf-Visitor", "Origin-Host",
}

// forge adds all these headers to a request, with evil.example as host and https as scheme.
func forge(r *http.Request) {
	for _, name := range forwarding {
		r.Header.Set(name, "evil.example")
	}
	r.Header.Set("Forwarded", "for=127.0.0.1;host=evil.example;proto=https")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("X-Forwarded-Scheme", "https")
	r.Header.Set("X-Forwarded-Ssl", "on")
	r.Header.Set("Front-End-Https", "on")
}

// Zitadel GHSA-93m4-mfpg-c3xf and CVE-2025-64101, RFC 9700 § 4.13: forwarding headers of a peer
// that is not trusted do not change the origin.
func TestForwardingHeadersOfOtherPeersAreIgnored(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config){
		"by default":         nil,
		"with a base URL":    func(c *cardea.Config) { c.BaseURL = "https://app.example" },
		"with trusted hosts": func(c *cardea.Config) { c.TrustedHosts = []string{"app.example"} },
		"with another proxy": func(c *cardea.Config) {
			c.TrustedHosts = []string{"app.example", "evil.example"}
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, change)
			host := func(r *http.Request) {
				if change != nil {
					r.Host = "app.example"
				}
			}
			want := send(t, s.URL+"/api/auth/providers", nil, nil, host)
			got := send(t, s.URL+"/api/auth/providers", nil, nil, host, forge)
			body := text(t, got)
			if got.StatusCode != http.StatusOK || body != text(t, want) {
				t.Errorf("%s %s", got.Status, body)
			}
			res := send(t, s.URL+"/api/auth/signin?callbackUrl=https://evil.example/", nil, nil, host, forge)
			if strings.Contains(text(t, res), "evil") ||
				strings.Contains(strings.Join(res.Header["Set-Cookie"], "\n"), "evil") {
				t.Error("the sign-in page or its cookies contain evil.example")
			}
		})
	}
}

// The opposite: of a trusted proxy, the last values of X-Forwarded-Host and X-Forwarded-Proto
// count, if the host is one of the trusted hosts.
func TestTrustedProxySetsTheOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.TrustedHosts = []string{"app.example"}
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	for _, tc := range []struct {
		name   string
		change func(*http.Request)
		want   string // the origin, or "" if the request is refused
	}{
		{"host and scheme", func(r *http.Request) { forwarded(r, "app.example", "https") }, "https://app.example"},
		{"host alone", func(r *http.Request) { forwarded(r, "app.example", "") }, "http://app.example"},
		{
			"the last of several values counts",
			func(r *http.Request) { forwarded(r, "evil.example, app.example", "http,https") }, "https://app.example",
		},
		{
			"the last of several headers counts",
			func(r *http.Request) { r.Header["X-Forwarded-Host"] = []string{"evil.example", "app.example"} },
			"http://app.example",
		},
		{
			"an unknown scheme is ignored",
			func(r *http.Request) { forwarded(r, "app.example", "javascript") }, "http://app.example",
		},
		{"another host", func(r *http.Request) { forwarded(r, "evil.example", "https") }, ""},
		{"another host first", func(r *http.Request) { forwarded(r, "app.example, evil.example", "https") }, ""},
		{"userinfo", func(r *http.Request) { forwarded(r, "app.example@evil.example", "https") }, ""},
		{"a path", func(r *http.Request) { forwarded(r, "app.example/evil", "https") }, ""},
		{
			"other headers are ignored",
			func(r *http.Request) {
				forge(r)
				forwarded(r, "app.example", "http")
			},
			"http://app.example",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			res := send(t, s.URL+"/api/auth/providers", nil, nil, tc.change)
			body := text(t, res)
			if tc.want == "" {
				if res.StatusCode != http.StatusBadRequest || strings.Contains(body, "evil") ||
					res.Header.Get("Set-Cookie") != "" {
					t.Errorf("%s %s", res.Status, body)
				}
				return
			}
			if !strings.Contains(body, `"callbackUrl":"`+tc.want+`/api/auth/callback/idp"`) {
				t.Errorf("answer = %s %s, want the origin %s", res.Status, body, tc.want)
			}
		})
	}
}

// forwarded sets the headers of a proxy. The scheme may be "".
func forwarded(r *http.Request, host, scheme string) {
	r.Header.Set("X-Forwarded-Host", host)
	if scheme != "" {
		r.Header.Set("X-Forwarded-Proto", scheme)
	}
}

// Better Auth #9226: requests for hosts that are not trusted get neither pages nor cookies.
func TestOnlyTrustedHostsAreServed(t *testing.T) {
	t.Parallel()
	loopback := newSite(t, nil)
	named := newSite(t, func(c *cardea.Config) { c.TrustedHosts = []string{"app.example", "xn--bcher-kva.example"} })
	for _, tc := range []struct {
		site *site
		host string
		want bool
	}{
		{loopback, "localhost", true}, {loopback, "LOCALHOST:3000", true}, {loopback, "127.0.0.1:1", true},
		{loopback, "[::1]:3000", true}, {loopback, "evil-localhost.com", false},
		{loopback, "localhost.evil.example", false}, {loopback, "evil.localhost", false}, {loopback, "0.0.0.0", false},
		{loopback, "127.0.0.1.evil.example", false}, {loopback, "127.1", false}, {loopback, "2130706433", false},
		{loopback, "10.0.0.1", false}, {loopback, "localhost@evil.example", false}, {loopback, "evil.example", false},
		{loopback, "[::]", false},
		{named, "app.example", true}, {named, "APP.example", true}, {named, "app.example:80", true},
		{named, "xn--bcher-kva.example", true}, {named, "app.example:8080", false}, {named, "app.example:443", false},
		{named, "evilapp.example", false}, {named, "app.example.evil.example", false}, {named, "a.app.example", false},
		{named, "app.example.", false}, {named, "localhost", false}, {named, "127.0.0.1", false},
		{named, "evil.example", false}, {named, "app.example@evil.example", false},
	} {
		for _, path := range []string{"/api/auth/providers", "/api/auth/signin", "/api/auth/session"} {
			res := send(t, tc.site.URL+path, nil, nil, func(r *http.Request) { r.Host = tc.host })
			if got := res.StatusCode == http.StatusOK; got != tc.want {
				t.Errorf("%s at %s: %s", path, tc.host, res.Status)
			}
			if !tc.want && res.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s at %s sets a cookie", path, tc.host)
			}
		}
	}
}

// The redirect URI and the redirect of Require have the configured origin, whatever headers the
// request has.
func TestRedirectsHaveTheConfiguredOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.BaseURL = "https://app.example" })
	evil := func(r *http.Request) {
		forge(r)
		r.Host = "evil.example"
		r.Header.Set("Accept", "text/html")
	}
	res := send(t, s.URL+"/api/auth/csrf", nil, nil, evil)
	var csrf struct{ CSRFToken string }
	if err := json.NewDecoder(res.Body).Decode(&csrf); err != nil {
		t.Fatal(err)
	}
	c := cookies{}
	for _, cookie := range res.Cookies() {
		c[cookie.Name] = cookie.Value
	}
	res = send(t, s.URL+"/api/auth/signin/idp", c, url.Values{"csrfToken": {csrf.CSRFToken}}, evil)
	to, err := url.Parse(res.Header.Get("Location"))
	if got := to.Query().Get("redirect_uri"); err != nil || got != "https://app.example/api/auth/callback/idp" {
		t.Errorf("redirect_uri = %q, %v", got, err)
	}
	s.Config.Handler = newApplication(s.auth)
	res = send(t, s.URL+"/guarded?x=1", nil, nil, evil)
	want := "https://app.example/api/auth/signin?callbackUrl=https%3A%2F%2Fapp.example%2Fguarded%3Fx%3D1"
	if got := res.Header.Get("Location"); got != want {
		t.Errorf("Require redirects to %q, want %q", got, want)
	}
}

// serve calls a handler without a client or mux, which would clean the path.
func serve(h http.Handler, method, target string, c cookies, form url.Values) *http.Response {
	r := httptest.NewRequest(method, "/", strings.NewReader(form.Encode()))
	u, err := url.ParseRequestURI(target)
	if err != nil {
		panic(err)
	}
	r.URL, r.RequestURI, r.Host = u, target, "localhost"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if len(c) > 0 {
		r.Header.Set("Cookie", c.String())
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// chi RedirectSlashes GHSA-vrw8-fxc6-2r93 and GHSA-mqqf-5wvp-8fh8: no path redirects to another
// site.
func TestNoPathRedirectsToAnotherSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	mounted := newApplication(s.auth)
	for _, path := range []string{
		"//evil.example/", "//evil.example/api/auth/signin", "/api/auth//evil.example/",
		"/api/auth/signin//evil.example/", "/api/auth/signin/evil.example/", "/api/auth/%2fevil.example/",
		"/api/auth/%5cevil.example", "/api/auth/..//evil.example", "/api/auth/signin/..//..//evil.example/",
		"/%2f%2fevil.example", "//evil.example/%2e%2e/api/auth/signin/", "/api/auth/error//evil.example",
		"/guarded//evil.example", "//evil.example/guarded",
	} {
		for name, h := range map[string]http.Handler{"alone": s.auth, "in a mux": mounted} {
			res := serve(h, http.MethodGet, path, nil, nil)
			to := res.Header.Get("Location")
			if to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) {
				t.Errorf("%s, %s: leads to %s", path, name, to)
			}
			if name == "alone" && res.StatusCode >= 300 && res.StatusCode < 400 {
				t.Errorf("%s: %s", path, res.Status)
			}
		}
	}
}

// spellings returns paths that a careless program takes for the path of an endpoint.
func spellings(path string) []string {
	head, last := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/')+1:]
	return []string{
		"/" + path, head + "//" + last, "/." + path, head + "/./" + last, head + "/x/../" + last, "/x/.." + path,
		path + "/", path + "//", path + "/.", path + "/..", strings.ToUpper(path),
		head + "/" + strings.ToUpper(last), head + "%2f" + last, head + "%2F" + last, head + "/%" + "73" + last[1:],
		path + "%2f", path + "%00", path + "%20", path + "%09", path + ";x", path + "%3b", path + "%3fx",
		path + "%23", path + ".json", path + "?x=/" + last, path + "/x/..",
		"/" + strings.ReplaceAll(path[1:], "/", "%5c"), head + "/%2e/" + last, head + "/%252e/" + last,
		path + "%0a", path + "\u00a0", head + "\\" + last,
	}
}

// Better Auth GHSA-x732-6j76-qmhm, Oathkeeper CVE-2026-33494, oauth2-proxy CVE-2025-54576 and
// CVE-2026-41059: another spelling of a path is refused, or the same rules apply to it.
func TestPathSpellingsBypassNoRule(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := cardeatest.SignIn(t, s.URL, "idp", "")
	c := cookiesOf(b)
	for _, path := range []string{
		"/api/auth/signout", "/api/auth/session", "/api/auth/signin", "/api/auth/signin/idp",
	} {
		for _, spelling := range append(spellings(path), path) {
			res := serve(s.auth, http.MethodPost, spelling, c, url.Values{"csrfToken": {"wrong"}})
			refused := unserved(res.StatusCode) || res.StatusCode == http.StatusBadRequest ||
				strings.HasSuffix(res.Header.Get("Location"), "/api/auth/signin?error=MissingCSRF")
			if !refused {
				t.Errorf("POST %s without a token: %s to %s", spelling, res.Status, res.Header.Get("Location"))
			}
		}
	}
	for _, path := range []string{
		"/api/auth/session", "/api/auth/csrf", "/api/auth/signout", "/api/auth/callback/idp", "/api/auth/providers",
	} {
		want := serve(s.auth, http.MethodGet, path, c, nil)
		for _, spelling := range spellings(path) {
			res := serve(s.auth, http.MethodGet, spelling, c, nil)
			if !unserved(res.StatusCode) && (res.StatusCode != want.StatusCode ||
				withoutRestart(t, res.Header.Get("Location")) != withoutRestart(t, want.Header.Get("Location"))) {
				t.Errorf("GET %s: %s to %s; %s: %s",
					spelling, res.Status, res.Header.Get("Location"), path, want.Status)
			}
		}
	}
	if b.Session() == nil {
		t.Error("one of the spellings signed the visitor out")
	}
}

// Better Auth GHSA-5rr4-8452-hf4v, Casdoor CVE-2026-5469, Zitadel CVE-2025-67494: requests to
// link-local and loopback addresses are refused, whether the URL is configured or discovered
// (SSRF).
func TestRequestsToInternalAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{
		"https://169.254.169.254", "https://[::ffff:169.254.169.254]", "https://[fe80::1]", "https://0.0.0.0:9",
		"https://[::]:9", "https://[64:ff9b::7f00:1]:9", "https://[fd00:ec2::254]",
	} {
		t.Run("discovery at "+issuer, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) {
				c.Logger = log.logger()
				c.Providers = []cardea.Provider{
					provider.OIDC("idp", "IdP", provider.Client{ID: "id", Secret: "secret", Issuer: issuer}),
				}
			})
			res := newBrowser(t, s.URL).Post("/signin/idp", nil)
			if want := s.URL + "/api/auth/error?error=Configuration"; res.Header.Get("Location") != want {
				t.Errorf("leads to %s", res.Header.Get("Location"))
			}
			log.checkFailure(t, "OAuthSignInError", "are not allowed")
		})
	}
	for name, change := range map[string]func(*oauth.Provider){
		"keys":  func(p *oauth.Provider) { p.JWKSURL = "https://169.254.169.254/keys" },
		"token": func(p *oauth.Provider) { p.TokenURL = "https://169.254.169.254/token" },
		"userinfo": func(p *oauth.Provider) {
			p.UserinfoURL, p.UseUserinfo = "https://[::ffff:169.254.169.254]/me", true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) {
				c.Logger = log.logger()
				change(idp(c))
			})
			checkSignInFailed(t, s, signInWith(t, newBrowser(t, s.URL), "idp"), cardea.CodeConfiguration)
			log.checkFailure(t, "CallbackRouteError", "are not allowed")
		})
	}
	t.Run("loopback, although the issuer is not on loopback", func(t *testing.T) {
		t.Parallel()
		var log logRecorder
		s := newSite(t, func(c *cardea.Config) {
			c.Logger = log.logger()
			p := addGitHub(c)
			p.Issuer = "https://idp.example"
			p.EmailsURL = ""
			p.Profile = func(context.Context, oauth.Claims) (oauth.Profile, error) {
				return oauth.Profile{ID: "7"}, nil
			}
		})
		b := newBrowser(t, s.URL)
		old, issuer := url.QueryEscape(s.issuer.URL), url.QueryEscape("https://idp.example")
		callback := strings.Replace(callbackURLOf(t, b, "github"), old, issuer, 1)
		checkSignInFailed(t, s, visit(t, b, callback), cardea.CodeConfiguration)
		log.checkFailure(t, "CallbackRouteError", "are not allowed")
	})
}
