package cardea_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/authjs"
	"github.com/cardea-auth/cardea/cardeatest"
)

const sessionCookieV4 = "next-auth.session-token" // of next-auth 4 on http

// asV4 returns a function that sets ProtocolV4, and then applies more changes.
func asV4(more ...func(*cardea.Config)) func(*cardea.Config) {
	return func(c *cardea.Config) {
		c.Protocol = cardea.ProtocolV4
		for _, change := range more {
			change(c)
		}
	}
}

// forEachProtocolAndStrategy runs a test with each protocol and strategy. app is the protocol's
// cookie prefix.
func forEachProtocolAndStrategy(t *testing.T, test func(t *testing.T, change func(*cardea.Config), app string)) {
	t.Helper()
	for app, protocol := range map[string]cardea.Protocol{"authjs": cardea.ProtocolV5, "next-auth": cardea.ProtocolV4} {
		t.Run(app, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				test(t, func(c *cardea.Config) { c.Protocol, c.Session.Strategy = protocol, strategy }, app)
			})
		})
	}
}

// next-auth 4 has no provider type oidc.
func TestProviderTypesOfEachProtocol(t *testing.T) {
	t.Parallel()
	for want, protocol := range map[string]cardea.Protocol{"oidc": cardea.ProtocolV5, "oauth": cardea.ProtocolV4} {
		s := newSite(t, func(c *cardea.Config) { c.Protocol = protocol })
		body := text(t, send(t, s.URL+"/api/auth/providers", nil, nil))
		if !strings.Contains(body, `"type":"`+want+`"`) {
			t.Errorf("got %s, want the type %s", body, want)
		}
	}
}

// The protocols differ in the names of the cookies and in the session of a visitor who is not
// signed in.
func TestSessionOfEachProtocol(t *testing.T) {
	t.Parallel()
	forEachProtocolAndStrategy(t, func(t *testing.T, change func(*cardea.Config), app string) {
		empty := map[string]string{"authjs": "null", "next-auth": "{}"}[app]
		s := newSite(t, change)
		b := newBrowser(t, s.URL)
		checkJSON(t, visit(t, b, s.URL+"/api/auth/session"), http.StatusOK, empty)
		begun := beginAs(t, b, "idp", "1001", "/next")
		had := cookiesOf(b)
		openCallback(t, b, begun)
		maps.Copy(had, cookiesOf(b))
		for name := range had {
			switch suffix, ok := strings.CutPrefix(name, app+"."); {
			case !ok, suffix != "session-token" && suffix != "csrf-token" && suffix != "callback-url" &&
				!strings.HasPrefix(suffix, "state."):
				t.Errorf("cookie %s", name)
			}
		}
		if got := signedInEmail(b); got != "ann@example.com" || had[app+".session-token"] == "" {
			t.Errorf("signed in as %q, with the cookies %v", got, slices.Collect(maps.Keys(had)))
		}
		checkJSON(t, b.Post("/session", url.Values{"csrfToken": {"0"}}), http.StatusBadRequest, empty)
		b.Post("/signout", nil)
		checkJSON(t, visit(t, b, s.URL+"/api/auth/session"), http.StatusOK, empty)
		ended := cookies{app + ".session-token": had[app+".session-token"]}
		checkJSON(t, send(t, s.URL+"/api/auth/session", ended, nil), http.StatusOK, empty)
	})
}

func TestSessionFailuresOfV4(t *testing.T) {
	t.Parallel()
	s := newSite(t, asV4(func(c *cardea.Config) {
		c.Callbacks.Session = func(context.Context, *cardea.SessionView) error { return errors.New("no") }
	}))
	b := newBrowser(t, s.URL)
	signInAt(t, b, "idp", "")
	checkJSON(t, visit(t, b, s.URL+"/api/auth/session"), http.StatusInternalServerError, "{}")
	checkJSON(t, b.Post("/session", nil), http.StatusBadRequest, "{}")

	s = newSite(t, asV4(func(c *cardea.Config) {
		c.Callbacks.Authorized = func(context.Context, *cardea.Session) (bool, error) {
			return false, errors.New("no store")
		}
	}))
	b = newBrowser(t, s.URL)
	signInAt(t, b, "idp", "")
	checkJSON(t, visit(t, b, s.URL+"/api/auth/session"), http.StatusServiceUnavailable, "{}")
}

// Package authjs, which is tested against next-auth 4, can read and write the JWT sessions of
// ProtocolV4. They are split into chunks of the same size.
func TestNextAuth4CanReadSessionsOfV4(t *testing.T) {
	t.Parallel()
	s := newSite(t, asV4(withLargeSessions))
	b := newBrowser(t, s.URL)
	signInAt(t, b, "idp", "")
	c := cookiesOf(b)
	if n := len(c[sessionCookieV4+".0"]); n != 3933 {
		t.Errorf("the first chunk has %d bytes, want 3933", n)
	}
	for version, want := range map[authjs.Version]string{authjs.VersionV4: "ann@example.com", authjs.VersionV5: ""} {
		sessions, err := authjs.New(authjs.Config{
			Secret: secret, Version: version, CookieName: sessionCookieV4, InsecureCookies: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		r, _ := http.NewRequest("GET", s.URL, nil)
		r.Header.Set("Cookie", c.String())
		claims, err := sessions.Read(r)
		if got, _ := claims["email"].(string); got != want || (err == nil) != (want != "") {
			t.Errorf("version %d reads %q, %v", version, got, err)
		}
	}
	if body := s.sessionBody(t, cookies{sessionCookie: c[sessionCookieV4+".0"]}); body != "{}" {
		t.Errorf("the cookie name of v5 is accepted: %s", body)
	}

	// The other way round: a session that a Node server has made.
	node, err := authjs.New(authjs.Config{Secret: secret, Version: authjs.VersionV4, InsecureCookies: true})
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	nora := authjs.Claims{"sub": "9", "name": "Nora", "email": "nora@example.com", "picture": nil}
	if err := node.Write(recorder{h}, &http.Request{}, nora); err != nil {
		t.Fatal(err)
	}
	made, err := http.ParseSetCookie(h.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"user":{"name":"Nora","email":"nora@example.com","image":null},`
	if body := s.sessionBody(t, cookies{made.Name: made.Value}); !strings.HasPrefix(body, want) {
		t.Errorf("session = %s, want %s…", body, want)
	}
}

// recorder is a ResponseWriter that keeps only the header.
type recorder struct{ h http.Header }

func (r recorder) Header() http.Header         { return r.h }
func (r recorder) Write(p []byte) (int, error) { return len(p), nil }
func (r recorder) WriteHeader(int)             {}

// With v4 failures lead to the error endpoint, which redirects to the sign-in page for the codes
// that this page shows.
func TestFailuresOfV4(t *testing.T) {
	t.Parallel()
	s := newSite(t, asV4(func(c *cardea.Config) { addSecondProvider(c) }))
	base := s.URL + "/api/auth"
	check := func(what string, res *http.Response, want string) {
		t.Helper()
		if to := res.Header.Get("Location"); to != base+want {
			t.Errorf("%s: %s to %s, want %s", what, res.Status, to, base+want)
		}
	}
	b := newBrowser(t, s.URL)
	check("no state", visit(t, b, base+"/callback/idp?code=1&state=2"), "/error?error=InvalidCheck&provider=idp")
	check("an unknown provider", b.Post("/signin/unknown", nil), "/error?error=InvalidCheck")
	s.issuer.Misbehave(cardeatest.CallbackError("access_denied"))
	check("the provider's own error", visit(t, b, callbackURLOf(t, b, "idp")), "/error?error=Callback")
	s.issuer.Misbehave(cardeatest.NonceForeign)
	check("a bad ID token", visit(t, b, callbackURLOf(t, b, "idp")), "/error?error=OAuthCallback")
	s.issuer.Misbehave()
	s.issuer.Next(cardeatest.Person{Subject: "1", Email: "eve@example.com"})
	signInAt(t, newBrowser(t, s.URL), "idp", "1")
	s.issuer.Next(cardeatest.Person{Subject: "2", Email: "eve@example.com"})
	check("an address that another user has", visit(t, b, beginAs(t, b, "other", "2", "/")),
		"/error?error=OAuthAccountNotLinked")
	for action, want := range map[string]string{
		"signin": "/signin?csrf=true", "signin/idp": "/signin?csrf=true", "signout": "/signout?csrf=true",
		"callback/idp": "/signin?csrf=true",
	} {
		check("no CSRF token at "+action, b.Post("/"+action, url.Values{"csrfToken": {"0"}}), want)
		res := b.Post("/"+action, url.Values{"csrfToken": {"0"}, "json": {"true"}})
		checkJSON(t, res, http.StatusOK, `{"url":"`+base+want+`"}`)
	}
	for _, code := range []string{
		"Signin", "OAuthSignin", "OAuthCallback", "OAuthCreateAccount", "EmailCreateAccount", "Callback",
		"OAuthAccountNotLinked", "EmailSignin", "CredentialsSignin", "SessionRequired",
	} {
		check(code, visit(t, b, base+"/error?error="+code+"&provider=x"), "/signin?error="+code)
		check(code, visit(t, b, base+"/error/"+code), "/signin?error="+code)
	}
	for path, status := range map[string]int{
		"/error": 200, "/error/what": 200, "/error/a/b": 404,
		"/error?error=AccessDenied": 403, "/error/AccessDenied": 403, "/error/Verification": 403,
		"/error/Configuration": 500, "/error/AccessDenied?error=Configuration": 500,
		"/signin": 200, "/signin/OAuthCallback": 200, "/signout/x": 404,
	} {
		res := visit(t, b, base+path)
		if hasAlert := strings.Contains(text(t, res), `role="alert"`); res.StatusCode != status ||
			strings.HasPrefix(path, "/signin/") && !hasAlert {
			t.Errorf("GET %s: %s, alert %t; want %d", path, res.Status, hasAlert, status)
		}
	}
}

func TestConfiguredPagesOfV4(t *testing.T) {
	t.Parallel()
	s := newSite(t, asV4(func(c *cardea.Config) { c.Pages = cardea.Pages{SignIn: "/in", Error: "/oops"} }))
	b := newBrowser(t, s.URL)
	for path, want := range map[string]string{
		"/error?error=AccessDenied":              "/oops?error=AccessDenied",
		"/error/AccessDenied":                    "/oops?error=AccessDenied",
		"/error?error=CredentialsSignin":         "/api/auth/signin?error=CredentialsSignin",
		"/signin/OAuthSignin?callbackUrl=":       "/in?callbackUrl=" + url.QueryEscape(s.URL) + "&error=OAuthSignin",
		"/callback/idp?code=1&state=2":           "/api/auth/error?error=InvalidCheck&provider=idp",
		"/error?error=InvalidCheck&provider=idp": "/oops?error=InvalidCheck&provider=idp",
	} {
		if to := visit(t, b, s.URL+"/api/auth"+path).Header.Get("Location"); to != s.URL+want {
			t.Errorf("GET %s: redirected to %s, want %s", path, to, want)
		}
	}
}

// With the default settings both clients work unmodified. The client of next-auth 4 sends json=true
// in its form, and reads the URL from the body.
func TestBothClientsWorkWithEachProtocol(t *testing.T) {
	t.Parallel()
	forEachProtocolAndStrategy(t, func(t *testing.T, change func(*cardea.Config), _ string) {
		s := newSite(t, change)
		check := func(res *http.Response, prefix string, location bool) string {
			t.Helper()
			var body map[string]string
			answer := text(t, res)
			if err := json.Unmarshal([]byte(answer), &body); err != nil || len(body) != 1 ||
				!strings.HasPrefix(body["url"], prefix) || res.StatusCode != http.StatusOK {
				t.Fatalf("response = %s, %s; want 200 and %s…", res.Status, answer, prefix)
			}
			if got := res.Header.Get("Location"); got != map[bool]string{true: body["url"]}[location] {
				t.Errorf("Location = %q", got)
			}
			return body["url"]
		}
		b := newBrowser(t, s.URL)
		v4 := url.Values{"redirect": {"false"}, "callbackUrl": {"/next"}, "json": {"true"}}
		res := b.Post("/signin/idp", v4)
		if len(res.Cookies()) == 0 {
			t.Error("no state cookie")
		}
		if to := openCallback(t, b, consent(t, b, check(res, s.issuer.URL+"/authorize?", false))); to != s.URL+"/next" {
			t.Errorf("after signing in redirected to %s", to)
		}
		if signedInEmail(b) == "" {
			t.Error("not signed in")
		}
		check(send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), form(b, "json", "true"), clientHeader),
			s.issuer.URL+"/authorize?", true)
		for _, other := range []string{"", "false", "1", "TRUE"} {
			res := send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), form(b, "json", other))
			if res.StatusCode != http.StatusSeeOther {
				t.Errorf("json=%s: %s, want 303", other, res.Status)
			}
		}
		asked := post(t, b, "signin/idp", "application/json", `{"csrfToken":"`+b.CSRFToken()+`","json":"true"}`)
		check(asked, s.issuer.URL+"/authorize?", false)
		res = b.Post("/signout", url.Values{"callbackUrl": {"/bye"}, "json": {"true"}})
		check(res, s.URL+"/bye", false)
		if signedInEmail(b) != "" {
			t.Error("still signed in")
		}
	})
}

// The client of next-auth 4 reports errors in the browser. Only the level and the code of a report
// are logged, and only if they are well-formed.
func TestBrowserReportsAreLoggedWithoutTheirText(t *testing.T) {
	t.Parallel()
	const kind = "application/x-www-form-urlencoded;charset=UTF-8"
	forEachProtocolAndStrategy(t, func(t *testing.T, change func(*cardea.Config), app string) {
		var log logRecorder
		s := newSite(t, func(c *cardea.Config) {
			change(c)
			c.Logger = log.logger()
		})
		now := s.setClock()
		b := newBrowser(t, s.URL)
		report := func(body string) {
			t.Helper()
			res := post(t, b, "_log", kind, body)
			if got := text(t, res); res.StatusCode != http.StatusOK || got != "" {
				t.Errorf("%.40s: %s, %q", body, res.Status, got)
			}
		}
		logged := func() []map[string]any { return log.records(t, "cardea: reported by a browser") }
		report("level=error&code=CLIENT_FETCH_ERROR&message=tell-tale&url=https%3A%2F%2Ftell-tale&client=true")
		report("level=fatal&code=CLIENT_FETCH_ERROR")
		report("level=error&code=tell-tale%0Alevel%3DERROR")
		report("level=error&code=" + strings.Repeat("X", 65))
		report("")
		var got []string
		for _, r := range logged() {
			got = append(got, fmt.Sprint(r["level"], " ", r["reported"], " ", r["code"]))
		}
		want := []string{
			"INFO error CLIENT_FETCH_ERROR", "INFO unknown unknown", "INFO unknown unknown", "INFO unknown unknown",
			"INFO unknown unknown",
		}
		if !slices.Equal(got, want) {
			t.Errorf("log = %q, want %q", got, want)
		}
		if strings.Contains(log.String(), "tell-tale") {
			t.Error("the log contains the text that the browser sent")
		}

		for range 20 {
			report("level=debug&code=X")
		}
		if n := len(logged()); n != 10 {
			t.Errorf("%d reports logged in a minute, want 10", n)
		}
		now.advance(time.Minute)
		report("level=warn&code=Y")
		if last := logged()[len(logged())-1]; last["code"] != "Y" || len(logged()) != 11 {
			t.Errorf("the last of %d reports is %v, want code Y", len(logged()), last)
		}

		n := len(logged())
		fromOtherSite := send(t, s.URL+"/api/auth/_log", nil, url.Values{"level": {"error"}, "code": {"X"}},
			header("Origin", "https://evil.example"))
		if fromOtherSite.StatusCode != http.StatusOK || len(logged()) != n {
			t.Errorf("from another site: %s, %d reports logged", fromOtherSite.Status, len(logged())-n)
		}
		for _, body := range []string{"level=%zz", "level=error&code=X&x=" + strings.Repeat("x", 65<<10)} {
			if res := post(t, b, "_log", kind, body); res.StatusCode != http.StatusBadRequest || len(logged()) != n {
				t.Errorf("%.20s: %s", body, res.Status)
			}
		}
		if res := visit(t, b, s.URL+"/api/auth/_log"); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("GET _log: %s", res.Status)
		}
		if c := cookiesOf(b); c[app+".csrf-token"] == "" || c[app+".session-token"] != "" {
			t.Errorf("cookies = %v", c)
		}
	})
}
