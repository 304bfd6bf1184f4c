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

// hostileTargets are values that must lead to the base URL of the site, in whose place they have
// HOST.
var hostileTargets = []string{
	// Scheme-relative, in every spelling of a slash.
	"//evil.example", "///evil.example", "////evil.example", `/\evil.example`, `\/evil.example`, `\\evil.example`,
	`/\/evil.example`, "/\t/evil.example",
	"/\n/evil.example", "/\r\n/evil.example", " //evil.example", "\t//evil.example", "/\x00/evil.example",
	"/ /evil.example",
	// Encoded once.
	"/%09/evil.example", "/%0a/evil.example", "/%0d%0a/evil.example", "/%2fevil.example", "/%2F%2Fevil.example",
	"/%5cevil.example", "%2f%2fevil.example",
	"/%e3%80%80/evil.example",
	// Dot segments.
	"/..//evil.example", "/.//evil.example", "/./evil.example", "/a/../..//evil.example", "/%2e%2e//evil.example",
	// Schemes.
	"http:evil.example", "https:evil.example", "http:/evil.example", "http:///evil.example", "https://evil.example",
	"HTTPS://EVIL.EXAMPLE", "ftp://HOST/",
	"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)",
	"javascript://HOST/%0aalert(1)",
	"data:text/html,<script>alert(1)</script>", "vbscript:x", "blob:http://HOST/1", "file:///etc/passwd",
	"mailto:a@HOST", "://HOST", "https://HOST/",
	// Userinfo.
	"http://HOST@evil.example", "http://HOST:80@evil.example", "http://HOST%40evil.example", "http://evil.example@HOST",
	`http://HOST\@evil.example`,
	"http://evil.example#@HOST", "http://evil.example?@HOST",
	// Suffix, prefix, port.
	"http://HOST.evil.example", "http://evilHOST", "http://evil.HOST", "http://HOST1", "http://127.0.0.1",
	"http://127.0.0.1:1", "http://HOST:80", "http://",
	"http://[::1]", "http://[::ffff:127.0.0.1]", "http://2130706433",
	// Characters that browsers map to others.
	"http://HOST\u3002evil.example", "http://\uff48OST", "\uff0f\uff0fevil.example", "/\uff0fevil.example",
	"\ufeff//evil.example", "/\u2028/evil.example",
	// Headers, and nothing much.
	"/a\r\nSet-Cookie: a=b", "/a\r\nLocation: https://evil.example\r\n\r\n<script>", "evil.example", "www.evil.example",
	"?a=b", "#a", "%", "/%zz", "\xff", "/\xc0\xaf",
	"/" + strings.Repeat("a", 4096), strings.Repeat("https://evil.example/", 500),
}

func hostile(host string) []string {
	list := make([]string, len(hostileTargets))
	for i, v := range hostileTargets {
		list[i] = strings.ReplaceAll(v, "HOST", host)
	}
	return list
}

// escaped is a value as it stands in a cookie.
func escaped(v string) string { return strings.ReplaceAll(url.QueryEscape(v), "+", "%20") }

func query(v string) string { return "?callbackUrl=" + url.QueryEscape(v) }

// The oauth2-proxy, NextAuth, Casdoor, caddy-security, Pomerium and Better Auth rows of open
// redirects, standards 11: every parameter and cookie that ends in a Location leads hostile values
// to the base URL, and a path of the site to that path.
func TestHostileCallbackURLsEndAtTheBase(t *testing.T) {
	t.Parallel()
	ways := map[string]func(t *testing.T, s *site, b *cardeatest.Browser, v string) string{
		"sign in, form": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			return visit(t, b, consent(t, b, begin(t, b, "idp", url.Values{"callbackUrl": {v}}))).Header.Get("Location")
		},
		"sign in, query": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			return visit(t, b, arrive(t, b, "idp"+query(v))).Header.Get("Location")
		},
		"sign in, cookie": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			token := b.CSRFToken()
			c := cookiesOf(b).with(callbackCookie, escaped(v))
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
			c := cookiesOf(b).with(callbackCookie, escaped(v))
			return send(t, s.URL+"/api/auth/signout", c, url.Values{"csrfToken": {token}}).Header.Get("Location")
		},
		"sign out, as the Auth.js client": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
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
			return read(t, res).Header.Get("Location")
		},
		"sign-in page, of the application": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
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
		"the cookie that remembers it": func(t *testing.T, s *site, b *cardeatest.Browser, v string) string {
			visit(t, b, s.URL+"/api/auth/error"+query(v))
			kept, err := url.QueryUnescape(cookiesOf(b)[callbackCookie])
			if err != nil {
				t.Fatal(err)
			}
			return kept
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT })
			if got, want := way(t, s, stepper(t, s.URL), "/a/b?c=d#e"), s.URL+"/a/b?c=d#e"; got != want {
				t.Errorf("a path of the site leads to %q, want %q", got, want)
			}
			b := stepper(t, s.URL)
			for _, v := range hostile(s.Listener.Addr().String()) {
				if got := way(t, s, b, v); got != s.URL {
					t.Errorf("%q leads to %q", v, got)
				}
			}
		})
	}
}

// The same rows: at the callback it is the attempt that says where to go, and neither the query nor
// the cookie of that moment.
func TestTheCallbackTakesNoTarget(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := stepper(t, s.URL)
	callback := consent(t, b, begin(t, b, "idp", url.Values{"callbackUrl": {"/mine"}}))
	c := cookiesOf(b).with(callbackCookie, escaped(s.URL+"/theirs"))
	res := send(t, callback+"&callbackUrl="+url.QueryEscape("/theirs")+"&redirect_uri=https%3A%2F%2Fevil.example", c,
		nil)
	if got, want := res.Header.Get("Location"), s.URL+"/mine"; got != want {
		t.Errorf("leads to %q, want %q", got, want)
	}
}

// The same rows, for what the application's callbacks make of it: a redirect of the signIn callback
// is held to the site, and the redirect callback may lead elsewhere, but to web addresses only.
func TestCallbacksCannotLeadToScripts(t *testing.T) {
	t.Parallel()
	for _, v := range []string{
		"javascript:alert(1)", "data:text/html,x", "//evil.example", "evil.example", "https:", "\x00", "/a\r\nb", "",
	} {
		s := newSite(t, func(c *cardea.Config) {
			c.Callbacks.Redirect = func(context.Context, string, string) string { return v }
		})
		if got := stepper(t, s.URL).Post("/signout",
			url.Values{"callbackUrl": {"/a"}}).Header.Get("Location"); got != s.URL {
			t.Errorf("redirect callback %q: leads to %q", v, got)
		}
	}
	elsewhere := newSite(t, func(c *cardea.Config) {
		c.Callbacks.Redirect = func(context.Context, string, string) string { return "https://www.example.com/bye" }
	})
	if got := stepper(t, elsewhere.URL).Post("/signout",
		url.Values{"callbackUrl": {"/a"}}).Header.Get("Location"); got != "https://www.example.com/bye" {
		t.Errorf("redirect callback: leads to %q", got)
	}
	for _, v := range []string{"//evil.example", "https://evil.example", "javascript:alert(1)"} {
		s := newSite(t, func(c *cardea.Config) {
			c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) { return v, nil }
		})
		b := stepper(t, s.URL)
		if got := finish(t, b, "idp").Header.Get("Location"); got != s.URL || b.Session() != nil {
			t.Errorf("signIn callback %q: leads to %q", v, got)
		}
	}
}

// NextAuth CVE-2022-31093: there is an answer to every callback URL, at once, and it is never the
// server's failure.
func TestEveryCallbackURLIsAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	values := append(hostile("example.com"), strings.Repeat("%", 1<<17), strings.Repeat("../", 1<<16),
		strings.Repeat("//", 1<<16), strings.Repeat("http://", 1<<14))
	for _, v := range values {
		r := httptest.NewRequest(http.MethodGet, s.URL+"/api/auth/signin"+query(v), nil)
		r.Header.Set("Cookie", callbackCookie+"="+escaped(v))
		w := httptest.NewRecorder()
		took := cpuTime(func() { s.auth.ServeHTTP(w, r) })
		if w.Code != http.StatusOK || took > 100*time.Millisecond {
			t.Errorf("%.40q: status %d, took %v", v, w.Code, took)
		}
	}
}

// forwarding are the headers by which proxies tell what they were asked.
var forwarding = []string{
	"Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
	"X-Forwarded-Scheme", "X-Forwarded-Ssl", "X-Forwarded-Prefix",
	"X-Forwarded-Uri", "X-Forwarded-For", "X-Original-Host", "X-Original-Url", "X-Rewrite-Url", "X-Host",
	"X-Url-Scheme", "X-Http-Host-Override", "X-Scheme",
	"Front-End-Https", "X-Real-Ip", "Cf-Visitor", "Origin-Host",
}

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

// Zitadel GHSA-93m4-mfpg-c3xf and CVE-2025-64101, standards 19: from a peer that is not trusted no
// header moves the origin, whether it comes from the host or is configured.
func TestForwardingHeadersFromStrangersAreIgnored(t *testing.T) {
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
				t.Error("the sign-in page speaks of evil.example")
			}
		})
	}
}

// The same rows, the other side: a trusted proxy is believed, its own word alone, in the two
// headers that are meant, and within the trusted hosts.
func TestATrustedProxyIsBelieved(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.TrustedHosts = []string{"app.example"}
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	for _, tc := range []struct {
		name   string
		change func(*http.Request)
		want   string // the origin, "" for refused
	}{
		{"host and scheme", func(r *http.Request) { forwarded(r, "app.example", "https") }, "https://app.example"},
		{"host alone", func(r *http.Request) { forwarded(r, "app.example", "") }, "http://app.example"},
		{"the last of several counts", func(r *http.Request) {
			forwarded(r, "evil.example, app.example", "http,https")
		}, "https://app.example"},
		{"the last of several headers counts", func(r *http.Request) {
			r.Header["X-Forwarded-Host"] = []string{"evil.example", "app.example"}
		}, "http://app.example"},
		{"a scheme that is none is ignored", func(r *http.Request) {
			forwarded(r, "app.example", "javascript")
		}, "http://app.example"},
		{"another host", func(r *http.Request) { forwarded(r, "evil.example", "https") }, ""},
		{"another host first", func(r *http.Request) { forwarded(r, "app.example, evil.example", "https") }, ""},
		{"userinfo", func(r *http.Request) { forwarded(r, "app.example@evil.example", "https") }, ""},
		{"a path", func(r *http.Request) { forwarded(r, "app.example/evil", "https") }, ""},
		{"other headers are ignored", func(r *http.Request) {
			forge(r)
			forwarded(r, "app.example", "http")
		}, "http://app.example"},
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
				t.Errorf("want %s: %s %s", tc.want, res.Status, body)
			}
		})
	}
}

func forwarded(r *http.Request, host, scheme string) {
	r.Header.Set("X-Forwarded-Host", host)
	if scheme != "" {
		r.Header.Set("X-Forwarded-Proto", scheme)
	}
}

// Better Auth #9226: which hosts are the site's. One that is not gets no cookie, no page and no
// link.
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
		{loopback, "[::1]:3000", true},
		{loopback, "evil-localhost.com", false}, {loopback, "localhost.evil.example", false},
		{loopback, "evil.localhost", false}, {loopback, "0.0.0.0", false},
		{loopback, "127.0.0.1.evil.example", false}, {loopback, "127.1", false}, {loopback, "2130706433", false},
		{loopback, "10.0.0.1", false},
		{loopback, "localhost@evil.example", false}, {loopback, "evil.example", false}, {loopback, "[::]", false},
		{named, "app.example", true}, {named, "APP.example", true}, {named, "app.example:80", true},
		{named, "xn--bcher-kva.example", true},
		{named, "app.example:8080", false}, {named, "app.example:443", false}, {named, "evilapp.example", false},
		{named, "app.example.evil.example", false},
		{named, "a.app.example", false}, {named, "app.example.", false}, {named, "localhost", false},
		{named, "127.0.0.1", false}, {named, "evil.example", false},
		{named, "app.example@evil.example", false},
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

// The redirect URI that the provider gets is of the configured origin, whatever the request says;
// and so is where a guard sends a visitor.
func TestLinksAreOfTheConfiguredOrigin(t *testing.T) {
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
		t.Errorf("redirect_uri %q, %v", got, err)
	}
	s.Config.Handler = guarded(s.auth)
	res = send(t, s.URL+"/guarded?x=1", nil, nil, evil)
	want := "https://app.example/api/auth/signin?callbackUrl=https%3A%2F%2Fapp.example%2Fguarded%3Fx%3D1"
	if got := res.Header.Get("Location"); got != want {
		t.Errorf("the guard leads to %q, want %q", got, want)
	}
}

// serve asks the handler itself, without a client or a mux that would tidy the path.
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

// chi RedirectSlashes GHSA-vrw8-fxc6-2r93 and GHSA-mqqf-5wvp-8fh8: no path leads off the site.
func TestNoPathLeadsOffTheSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	mounted := guarded(s.auth)
	for _, path := range []string{
		"//evil.example/", "//evil.example/api/auth/signin", "/api/auth//evil.example/",
		"/api/auth/signin//evil.example/", "/api/auth/signin/evil.example/",
		"/api/auth/%2fevil.example/", "/api/auth/%5cevil.example", "/api/auth/..//evil.example",
		"/api/auth/signin/..//..//evil.example/", "/%2f%2fevil.example",
		"//evil.example/%2e%2e/api/auth/signin/", "/api/auth/error//evil.example", "/guarded//evil.example",
		"//evil.example/guarded",
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

// spellings returns other ways to write an endpoint's path.
func spellings(path string) []string {
	head, last := path[:strings.LastIndexByte(path, '/')], path[strings.LastIndexByte(path, '/')+1:]
	return []string{
		"/" + path, head + "//" + last, "/." + path, head + "/./" + last, head + "/x/../" + last, "/x/.." + path,
		path + "/", path + "//", path + "/.", path + "/..",
		strings.ToUpper(path), head + "/" + strings.ToUpper(last), head + "%2f" + last, head + "%2F" + last,
		head + "/%" + "73" + last[1:], path + "%2f", path + "%00",
		path + "%20", path + "%09", path + ";x", path + "%3b", path + "%3fx", path + "%23", path + ".json",
		path + "?x=/" + last, path + "/x/..",
		"/" + strings.ReplaceAll(path[1:], "/", "%5c"), head + "/%2e/" + last, head + "/%252e/" + last, path + "%0a",
		path + "\u00a0", head + "\\" + last,
	}
}

// Better Auth GHSA-x732-6j76-qmhm, Oathkeeper CVE-2026-33494, oauth2-proxy CVE-2025-54576 and
// CVE-2026-41059: a path written in another way is another path, or is held to the same rules.
func TestPathSpellingsChangeNoRule(t *testing.T) {
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
			if !unserved(res.StatusCode) &&
				(res.StatusCode != want.StatusCode || res.Header.Get("Location") != want.Header.Get("Location")) {
				t.Errorf("GET %s: %s to %s; %s: %s", spelling, res.Status, res.Header.Get("Location"), path,
					want.Status)
			}
		}
	}
	if b.Session() == nil {
		t.Error("one of the spellings has signed the visitor out")
	}
}

// Better Auth GHSA-5rr4-8452-hf4v, Casdoor CVE-2026-5469, Zitadel CVE-2025-67494: no call to
// addresses that only this machine should reach, neither configured, nor discovered, nor by a
// redirect.
func TestNoCallsToInnerAddresses(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{
		"https://169.254.169.254", "https://[::ffff:169.254.169.254]", "https://[fe80::1]", "https://0.0.0.0:9",
		"https://[::]:9", "https://[64:ff9b::7f00:1]:9",
		"https://[fd00:ec2::254]",
	} {
		t.Run("discovery at "+issuer, func(t *testing.T) {
			t.Parallel()
			var log logbook
			s := newSite(t, func(c *cardea.Config) {
				c.Logger = log.logger()
				c.Providers = []cardea.Provider{
					provider.OIDC("idp", "IdP", provider.Client{ID: "id", Secret: "secret", Issuer: issuer}),
				}
			})
			res := stepper(t, s.URL).Post("/signin/idp", nil)
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
			var log logbook
			s := newSite(t, func(c *cardea.Config) {
				c.Logger = log.logger()
				change(idp(c))
			})
			checkRefused(t, s, finish(t, stepper(t, s.URL), "idp"), cardea.CodeConfiguration)
			log.checkFailure(t, "CallbackRouteError", "are not allowed")
		})
	}
	t.Run("loopback, from a provider that is not there", func(t *testing.T) {
		t.Parallel()
		var log logbook
		s := newSite(t, func(c *cardea.Config) {
			c.Logger = log.logger()
			p := github(c)
			p.Issuer = "https://idp.example"
			p.EmailsURL = ""
			p.Profile = func(context.Context, oauth.Claims) (oauth.Profile, error) {
				return oauth.Profile{ID: "7"}, nil
			}
		})
		b := stepper(t, s.URL)
		callback := strings.Replace(arrive(t, b, "github"), url.QueryEscape(s.issuer.URL),
			url.QueryEscape("https://idp.example"), 1)
		checkRefused(t, s, visit(t, b, callback), cardea.CodeConfiguration)
		log.checkFailure(t, "CallbackRouteError", "are not allowed")
	})
}
