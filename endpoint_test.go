package cardea_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// clientHeader is what the Auth.js client sends to get JSON in the place of redirects.
var clientHeader = header("X-Auth-Return-Redirect", "1")

// form returns a form with the CSRF token of a browser, and fields given as name and value in turn.
func form(b *cardeatest.Browser, fields ...string) url.Values {
	f := url.Values{"csrfToken": {b.CSRFToken()}}
	for i := 0; i < len(fields); i += 2 {
		f.Set(fields[i], fields[i+1])
	}
	return f
}

// checkPrivate checks that no cache keeps an answer.
func checkPrivate(t *testing.T, res *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Cache-Control": "private, no-cache, no-store", "Expires": "0", "Pragma": "no-cache",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// checkJSON checks status and body of an answer in JSON.
func checkJSON(t *testing.T, res *http.Response, status int, body string) {
	t.Helper()
	if got := text(t, res); res.StatusCode != status || res.Header.Get("Content-Type") != "application/json" ||
		got != body {
		t.Errorf("answer = %s, %s, %s; want %d, application/json, %s", res.Status, res.Header.Get("Content-Type"), got,
			status, body)
	}
}

func TestGetProviders(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		github(c)
		second(c)
	})
	res := send(t, s.URL+"/api/auth/providers", nil, nil)
	var want []string
	for _, p := range []struct{ id, name, kind string }{
		{"idp", "Identity Provider", "oidc"}, {"github", "GitHub", "oauth"}, {"other", "Other", "oidc"},
	} {
		want = append(want, fmt.Sprintf(`"%[1]s":{"id":"%[1]s","name":"%[2]s","type":"%[3]s","signinUrl":"%[4]s/api/auth/signin/%[1]s","callbackUrl":"%[4]s/api/auth/callback/%[1]s"}`,
			p.id, p.name, p.kind, s.URL))
	}
	checkJSON(t, res, http.StatusOK, "{"+strings.Join(want, ",")+"}")
	if len(res.Cookies()) != 0 {
		t.Errorf("cookies = %v, want none", res.Cookies())
	}
}

func TestGetSession(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		now := s.setClock()
		res := send(t, s.URL+"/api/auth/session", nil, nil)
		checkJSON(t, res, http.StatusOK, "null")
		checkPrivate(t, res)
		if setCookie(res, sessionCookie) != nil {
			t.Error("a visitor without a session gets a session cookie")
		}
		if setCookie(res, csrfCookie) == nil || setCookie(res, callbackCookie) == nil {
			t.Errorf("cookies = %v, want those for the CSRF token and the callback URL", res.Cookies())
		}

		s.issuer.Next(cardeatest.Person{Subject: "3", Name: "Žofie <b>", Picture: "https://example.com/z.png"})
		b := s.signedIn(t, "3")
		res = visit(t, b, s.URL+"/api/auth/session")
		expires := now.now().Add(30 * 24 * time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
		checkJSON(t, res, http.StatusOK,
			`{"user":{"name":"Žofie \u003cb\u003e","email":null,"image":"https://example.com/z.png"},"expires":"`+
				expires+`"}`)
		checkPrivate(t, res)
	})
}

func TestGetSessionForgetsWhatIsNone(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		res := send(t, s.URL+"/api/auth/session", cookies{sessionCookie + ".0": "x", sessionCookie + ".1": "y"}, nil)
		checkJSON(t, res, http.StatusOK, "null")
		for _, chunk := range []string{".0", ".1"} {
			if c := setCookie(res, sessionCookie+chunk); c == nil || c.MaxAge >= 0 || c.Value != "" {
				t.Errorf("cookie %s = %v, want it cleared", chunk, c)
			}
		}
	})
}

func TestPostSessionUpdates(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Callbacks.JWT = func(_ context.Context, t *cardea.TokenChange) (oauth.Claims, error) {
				if t.Trigger == cardea.TriggerUpdate {
					t.Claims["jwt"] = string(t.Update)
				}
				return t.Claims, nil
			}
			c.Callbacks.Session = func(_ context.Context, v *cardea.SessionView) error {
				v.User = nil
				v.Extra = oauth.Claims{"trigger": v.Trigger, "update": v.Update, "jwt": v.Session.Claims.String("jwt")}
				return nil
			}
		})
		now := s.setClock()
		expires := now.now().Add(30 * 24 * time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
		b := s.signedIn(t, "")
		jwt := func(data string) string {
			if strategy == cardea.StrategyJWT {
				return data
			}
			return ""
		}
		for _, tc := range []struct{ name, kind, body, update string }{
			{"JSON", "application/json", `{"csrfToken":"` + b.CSRFToken() + `","data":{"theme":"dark"}}`,
				`{"theme":"dark"}`},
			{"JSON with a charset", "application/json; charset=utf-8",
				`{"csrfToken":"` + b.CSRFToken() + `","data":"x"}`, `"x"`},
			{"JSON without data", "application/json", `{"csrfToken":"` + b.CSRFToken() + `"}`, ""},
			{"a form", "application/x-www-form-urlencoded", form(b, "data", `[1,2]`).Encode(), `[1,2]`},
		} {
			res := post(t, b, "session", tc.kind, tc.body)
			checkJSON(t, res, http.StatusOK,
				`{"expires":"`+expires+`","jwt":`+quote(jwt(tc.update))+`,"trigger":"update","update":`+
					cmp.Or(tc.update, "null")+`,"user":null}`)
			if setCookie(res, sessionCookie) == nil {
				t.Errorf("%s: the session cookie is not set", tc.name)
			}
		}
		last := visit(t, b, s.URL+"/api/auth/session")
		checkJSON(t, last, http.StatusOK,
			`{"expires":"`+expires+`","jwt":`+quote(jwt("[1,2]"))+`,"trigger":"","update":null,"user":null}`)
	})
}

func quote(s string) string {
	text, _ := json.Marshal(s) // text is always JSON
	return string(text)
}

// post posts a body of any kind.
func post(t *testing.T, b *cardeatest.Browser, endpoint, kind, body string) *http.Response {
	t.Helper()
	res, err := b.Client.Post(b.Site+b.BasePath+"/"+endpoint, kind, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, res)
}

func TestPostSessionRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.signedIn(t, "")
	t.Run("without the CSRF token", func(t *testing.T) {
		checkJSON(t, post(t, b, "session", "application/json", `{"data":1}`), http.StatusBadRequest, "null")
	})
	t.Run("a body that is no form", func(t *testing.T) {
		checkJSON(t, post(t, b, "session", "text/plain", form(b).Encode()), http.StatusBadRequest, "null")
	})
	t.Run("but answers a stranger", func(t *testing.T) {
		stranger := stepper(t, s.URL)
		checkJSON(t, stranger.Post("/session", nil), http.StatusOK, "null")
	})
	if got := whoIs(b); got != "ann@example.com" {
		t.Errorf("signed in as %q afterwards", got)
	}
}

// Auth.js GHSA-8fpg-xm3f-6cx3: what goes wrong is never a session.
func TestSessionCallbackFails(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.Callbacks.Session = func(context.Context, *cardea.SessionView) error { return errors.New("no") }
	})
	b := stepper(t, s.URL)
	pass(t, b, "idp", "")
	checkJSON(t, visit(t, b, s.URL+"/api/auth/session"), http.StatusInternalServerError, "null")
	checkJSON(t, b.Post("/session", nil), http.StatusBadRequest, "null")
}

func TestGetCSRF(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := stepper(t, s.URL)
	res := visit(t, b, s.URL+"/api/auth/csrf")
	checkPrivate(t, res)
	got := text(t, res)
	match := regexp.MustCompile(`^{"csrfToken":"([0-9a-f]{64})"}$`).FindStringSubmatch(got)
	if res.StatusCode != http.StatusOK || match == nil {
		t.Fatalf("answer = %s, %s", res.Status, got)
	}
	if c := setCookie(res, csrfCookie); c == nil || !strings.HasPrefix(c.Value, match[1]+"%7C") {
		t.Errorf("the cookie does not begin with the token: %v", c)
	}
	again := visit(t, b, s.URL+"/api/auth/csrf")
	if text(t, again) != got || setCookie(again, csrfCookie) != nil {
		t.Error("a browser that has a token gets another one")
	}
}

func TestGetSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { github(c) })
	b := stepper(t, s.URL)
	res := visit(t, b, s.URL+"/api/auth/signin?callbackUrl=/next&error=OAuthCallbackError")
	body := text(t, res)
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("answer = %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	checkPrivate(t, res)
	for _, want := range []string{
		`action="/api/auth/signin/idp"`, `action="/api/auth/signin/github"`,
		`name="csrfToken" value="` + b.CSRFToken() + `"`,
		`name="callbackUrl" value="` + s.URL + `/next"`, `role="alert"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if strings.Index(body, "signin/idp") > strings.Index(body, "signin/github") {
		t.Error("the providers are not in the order of the configuration")
	}
	if c := setCookie(res, callbackCookie); c == nil || c.Value != url.QueryEscape(s.URL+"/next") {
		t.Errorf("callback cookie = %v", c)
	}
}

// OmniAuth CVE-2015-9284: a link starts no sign-in.
func TestGetSignInWithAProviderStartsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	checkJSON(t, send(t, s.URL+"/api/auth/signin/idp", nil, nil), http.StatusMethodNotAllowed, `"Method not allowed."`)
	if n := s.issuer.Requests(cardeatest.Discovery); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
}

func TestPostSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := stepper(t, s.URL)
	t.Run("sends a browser to the provider", func(t *testing.T) {
		res := b.Post("/signin/idp", nil)
		checkPrivate(t, res)
		if res.StatusCode != http.StatusSeeOther ||
			!strings.HasPrefix(res.Header.Get("Location"), s.issuer.URL+"/authorize?") {
			t.Errorf("answer = %s to %s", res.Status, res.Header.Get("Location"))
		}
		if len(res.Cookies()) != 1 || !strings.HasPrefix(res.Cookies()[0].Name, attemptPrefix) ||
			res.Cookies()[0].MaxAge != 900 {
			t.Errorf("cookies = %v, want one for the attempt", res.Cookies())
		}
	})
	t.Run("tells the Auth.js client where to go", func(t *testing.T) {
		res := send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), form(b), clientHeader)
		checkRedirectJSON(t, res, s.issuer.URL+"/authorize?")
		if len(res.Cookies()) != 1 || !strings.HasPrefix(res.Cookies()[0].Name, attemptPrefix) {
			t.Errorf("cookies = %v, want one for the attempt", res.Cookies())
		}
	})
	t.Run("takes JSON", func(t *testing.T) {
		res := post(t, b, "signin/idp", "application/json",
			`{"csrfToken":"`+b.CSRFToken()+`","callbackUrl":"/json","remember":true}`)
		if res.StatusCode != http.StatusSeeOther || cookiesOf(b)[callbackCookie] != url.QueryEscape(s.URL+"/json") {
			t.Errorf("answer = %s, callback cookie %q", res.Status, cookiesOf(b)[callbackCookie])
		}
	})
	t.Run("without a provider shows the page", func(t *testing.T) {
		res := b.Post("/signin", url.Values{"callbackUrl": {"/next"}})
		if want := s.URL + "/api/auth/signin?callbackUrl=" +
			url.QueryEscape(s.URL+"/next"); res.StatusCode != http.StatusSeeOther ||
			res.Header.Get("Location") != want {
			t.Errorf("answer = %s to %s, want 303 to %s", res.Status, res.Header.Get("Location"), want)
		}
	})
	t.Run("an unknown provider is a fault of the site", func(t *testing.T) {
		checkRefused(t, s, b.Post("/signin/unknown", nil), cardea.CodeConfiguration)
		checkRefused(t, s, visit(t, b, s.URL+"/api/auth/callback/unknown?code=1&state=2"), cardea.CodeConfiguration)
	})
	t.Run("needs the CSRF token", func(t *testing.T) {
		checkRefused(t, s, send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), url.Values{}), cardea.CodeMissingCSRF)
		checkRefused(t, s, send(t, s.URL+"/api/auth/signin", cookiesOf(b), url.Values{"csrfToken": {"0"}}),
			cardea.CodeMissingCSRF)
		res := send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), url.Values{}, clientHeader)
		checkRedirectJSON(t, res, s.URL+"/api/auth/signin?error=MissingCSRF")
	})
}

// checkRedirectJSON checks that an answer is a redirect for the Auth.js client, to a URL that
// begins so.
func checkRedirectJSON(t *testing.T, res *http.Response, prefix string) {
	t.Helper()
	var body map[string]string
	answer := text(t, res)
	if err := json.Unmarshal([]byte(answer), &body); err != nil {
		t.Fatalf("answer %s: %v", answer, err)
	}
	to := body["url"]
	if res.StatusCode != http.StatusOK || len(body) != 1 || !strings.HasPrefix(to, prefix) ||
		res.Header.Get("Location") != to {
		t.Errorf("answer = %s, Location %s, %s; want 200 and %s… in both", res.Status, res.Header.Get("Location"),
			answer, prefix)
	}
}

func TestCallbackAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	now := s.setClock()
	b := stepper(t, s.URL)
	res := visit(t, b, leave(t, b, "idp", "", "/next?a=1#top"))
	checkPrivate(t, res)
	if want := s.URL + "/next?a=1#top"; res.StatusCode != http.StatusFound || res.Header.Get("Location") != want ||
		res.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("answer = %s to %s, Referrer-Policy %s; want 302 to %s", res.Status, res.Header.Get("Location"),
			res.Header.Get("Referrer-Policy"), want)
	}
	checkCookie(t, res, now.now().Add(30*24*time.Hour))
	if setCookie(res, csrfCookie) == nil {
		t.Error("the CSRF token from before the sign-in is still good")
	}
}

func TestGetSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.signedIn(t, "")
	res := visit(t, b, s.URL+"/api/auth/signout")
	body := text(t, res)
	checkPrivate(t, res)
	for _, want := range []string{`action="/api/auth/signout"`, `method="post"`, `value="` + b.CSRFToken() + `"`} {
		if res.StatusCode != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("answer = %s, and the page has no %s", res.Status, want)
		}
	}
	if whoIs(b) == "" {
		t.Error("looking at the page signed out")
	}
}

func TestPostSignOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	t.Run("sends a browser on", func(t *testing.T) {
		t.Parallel()
		b := s.signedIn(t, "")
		res := b.Post("/signout", url.Values{"callbackUrl": {"/bye"}})
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != s.URL+"/bye" {
			t.Errorf("answer = %s to %s", res.Status, res.Header.Get("Location"))
		}
		if c := setCookie(res, sessionCookie); c == nil || c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("session cookie = %v, want it cleared", c)
		}
	})
	t.Run("tells the Auth.js client where to go", func(t *testing.T) {
		t.Parallel()
		b := s.signedIn(t, "")
		res := send(t, s.URL+"/api/auth/signout", cookiesOf(b), form(b, "callbackUrl", "/bye"), clientHeader)
		checkRedirectJSON(t, res, s.URL+"/bye")
		if c := setCookie(res, sessionCookie); c == nil || c.MaxAge >= 0 {
			t.Errorf("session cookie = %v, want it cleared", c)
		}
	})
	t.Run("needs the CSRF token", func(t *testing.T) {
		t.Parallel()
		b := s.signedIn(t, "")
		res := send(t, s.URL+"/api/auth/signout", cookiesOf(b), url.Values{})
		if want := s.URL + "/api/auth/signin?error=MissingCSRF"; res.Header.Get("Location") != want {
			t.Errorf("sent to %s, want %s", res.Header.Get("Location"), want)
		}
		if whoIs(b) == "" {
			t.Error("the session is over")
		}
	})
	t.Run("does nothing to a stranger", func(t *testing.T) {
		t.Parallel()
		res := stepper(t, s.URL).Post("/signout", nil)
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != s.URL ||
			setCookie(res, sessionCookie) != nil {
			t.Errorf("answer = %s to %s, cookies %v", res.Status, res.Header.Get("Location"), res.Cookies())
		}
	})
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, tc := range []struct {
		query  string
		status int
	}{
		{"?error=Configuration", 500}, {"?error=AccessDenied", 403}, {"?error=Verification", 403},
		{"?error=OAuthAccountNotLinked", 200}, {"?error=%3Cscript%3E", 200}, {"", 200},
		{"?error=AccessDenied&error=Verification", 403},
	} {
		res := send(t, s.URL+"/api/auth/error"+tc.query, nil, nil)
		body := text(t, res)
		if res.StatusCode != tc.status || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") ||
			strings.Contains(body, "<script") {
			t.Errorf("error%s: %s, %s; want %d", tc.query, res.Status, res.Header.Get("Content-Type"), tc.status)
		}
		checkPrivate(t, res)
	}
	res := send(t, s.URL+"/api/auth/verify-request", nil, nil)
	if body := text(t, res); res.StatusCode != http.StatusOK || !strings.Contains(body, "Check your email") {
		t.Errorf("verify-request: %s", res.Status)
	}
}

func TestOwnPages(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		pages cardea.Pages
		query string // that the configured pages have
	}{
		{"without a query", cardea.Pages{SignIn: "/own/in", SignOut: "/own/out", Error: "/own/error",
			VerifyRequest: "/own/verify", NewUser: "/own/new"}, ""},
		{"with a query", cardea.Pages{SignIn: "/own/in?lang=cs", SignOut: "/own/out?lang=cs",
			Error: "/own/error?lang=cs", VerifyRequest: "/own/verify?lang=cs", NewUser: "/own/new?lang=cs"}, "cs"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.Pages = tc.pages })
			b := stepper(t, s.URL)
			b.CSRFToken()
			check := func(what string, res *http.Response, path string, query ...string) {
				t.Helper()
				want := url.Values{}
				if tc.query != "" {
					want.Set("lang", tc.query)
				}
				for i := 0; i < len(query); i += 2 {
					want.Set(query[i], query[i+1])
				}
				u, err := url.Parse(res.Header.Get("Location"))
				if err != nil || u.Scheme+"://"+u.Host+u.Path != s.URL+path || u.Query().Encode() != want.Encode() {
					t.Errorf("%s: sent to %s, want %s?%s", what, res.Header.Get("Location"), path, want.Encode())
				}
			}
			get := func(to string) *http.Response { return visit(t, b, s.URL+"/api/auth/"+to) }
			check("signin", get("signin?callbackUrl=/x"), "/own/in", "callbackUrl", s.URL+"/x")
			check("signin with an error", get("signin?callbackUrl=/x&error=OAuthCallbackError"), "/own/in",
				"callbackUrl", s.URL+"/x", "error", "OAuthCallbackError")
			check("signout", get("signout"), "/own/out")
			check("error", get("error?error=AccessDenied"), "/own/error", "error", "AccessDenied")
			check("error without code", get("error"), "/own/error")
			check("verify-request", get("verify-request?provider=email&type=email&x=y"), "/own/verify", "provider",
				"email", "type", "email")
			check("a failure of the error page", b.Post("/signin/unknown", nil), "/own/error", "error", "Configuration")
			check("a failure of the sign-in page", b.Post("/signin/idp", url.Values{"csrfToken": {"0"}}), "/own/in",
				"error", "MissingCSRF")
			check("a new user", visit(t, b, leave(t, b, "idp", "", "/x?y=z")), "/own/new", "callbackUrl",
				s.URL+"/x?y=z")
			if got := comeBack(t, b, leave(t, b, "idp", "", "/x")); got != s.URL+"/x" {
				t.Errorf("the second time: sent to %s", got)
			}
		})
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	var list []string
	for _, path := range []string{
		"", "unknown", "_log", "Session", "SIGNIN", "session/x", "providers/idp", "csrf/x", "signout/x",
		"error/AccessDenied", "verify-request/x", "callback",
		"callback/", "callback/idp/x", "signin/idp/x", "webauthn-options/idp", "//session", "./session",
		"%2e%2e/session",
	} {
		list = append(list, "GET "+path)
	}
	list = append(list, "POST providers", "POST csrf", "POST error", "POST verify-request", "POST unknown",
		"POST signout/idp", "POST session/x")
	for _, method := range []string{"HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "get"} {
		for _, path := range []string{"session", "providers", "signin", "signin/idp", "signout"} {
			list = append(list, method+" "+path)
		}
	}
	for _, line := range list {
		method, path, _ := strings.Cut(line, " ")
		res := raw(t, s, method, "/api/auth/"+path, "", "")
		if body := text(t, res); !unserved(res.StatusCode) ||
			(body != `"Not found."` && body != `"Method not allowed."` && method != "HEAD") || len(res.Cookies()) != 0 {
			t.Errorf("%s: %s, %s, %d cookies", line, res.Status, body, len(res.Cookies()))
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other origins may read the answer", line)
		}
	}
	for _, body := range []string{"{", `{"csrfToken":`, `[]`, `"x"`, `1`, "\xff", strings.Repeat(" ", 65<<10) + "{}"} {
		for _, action := range []string{"session", "signin/idp", "signout"} {
			res := raw(t, s, "POST", "/api/auth/"+action, "application/json", body)
			if got := text(t, res); res.StatusCode != http.StatusBadRequest || got != `"Bad request."` {
				t.Errorf("POST %s with %.20q: %s, %s", action, body, res.Status, got)
			}
		}
	}
	for _, body := range []string{"csrfToken=%zz", "a=1;b=2", "x=" + strings.Repeat("x", 65<<10)} {
		res := raw(t, s, "POST", "/api/auth/signout", "application/x-www-form-urlencoded", body)
		if got := text(t, res); res.StatusCode != http.StatusBadRequest || got != `"Bad request."` {
			t.Errorf("POST signout with %.20q: %s, %s", body, res.Status, got)
		}
	}
}

// raw sends a path as it is, past the ServeMux of the site, which would clean it.
func raw(t *testing.T, s *site, method, path, kind, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return serveDirectly(s, r)
}

func TestTrailingSlash(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	checkJSON(t, send(t, s.URL+"/api/auth/session/", nil, nil), http.StatusOK, "null")
	b := stepper(t, s.URL)
	if res := b.Post("/signin/idp/", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("POST signin/idp/: %s", res.Status)
	}
	if res := b.Post("/signout/", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("POST signout/: %s", res.Status)
	}
}

func TestOfSeveralValuesTheLastCounts(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := stepper(t, s.URL)
	visit(t, b, s.URL+"/api/auth/signin?callbackUrl=/a&callbackUrl=/b")
	if got := cookiesOf(b)[callbackCookie]; got != url.QueryEscape(s.URL+"/b") {
		t.Errorf("callback cookie = %s", got)
	}
	res := b.Post("/signout", url.Values{"callbackUrl": {"/c", "/d"}})
	if got := res.Header.Get("Location"); got != s.URL+"/d" {
		t.Errorf("sent to %s", got)
	}
	token := b.CSRFToken()
	res = b.Post("/signout", url.Values{"csrfToken": {token, "0"}})
	if got := res.Header.Get("Location"); got != s.URL+"/api/auth/signin?error=MissingCSRF" {
		t.Errorf("with the CSRF token as the first of two: sent to %s", got)
	}
}

func TestBasePath(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.BasePath = "/auth" })
	r, _ := http.NewRequest("GET", s.URL+"/auth/providers", nil)
	if body := text(t, serveDirectly(s, r)); !strings.Contains(body, s.URL+"/auth/callback/idp") {
		t.Errorf("providers = %s", body)
	}
	for _, path := range []string{"/api/auth/providers", "/authx/providers", "/auth", "/x/auth/providers"} {
		r, _ := http.NewRequest("GET", s.URL+path, nil)
		if res := serveDirectly(s, r); res.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %s", path, res.Status)
		}
	}
}

func TestOnlyHintsReachTheProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := stepper(t, s.URL)
	plain, err := url.Parse(begin(t, b, "idp", nil))
	if err != nil {
		t.Fatal(err)
	}
	with, err := url.Parse(begin(t, b, "idp?login_hint=ann&prompt=login&scope=all&client_id=x&redirect_uri=https://evil.example&state=x&response_type=token&foo=bar&claims={}", nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range with.Query() {
		switch name {
		case "state", "nonce", "code_challenge":
		case "login_hint", "prompt":
		default:
			if !slices.Equal(values, plain.Query()[name]) {
				t.Errorf("%s = %q", name, values)
			}
		}
	}
	if with.Query().Get("login_hint") != "ann" || with.Query().Get("prompt") != "login" {
		t.Errorf("the hints are not in %s", with.RawQuery)
	}
}

// serveDirectly has the handler answer a request without a network.
func serveDirectly(s *site, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.auth.ServeHTTP(w, r)
	return w.Result()
}
