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

// clientHeader is the header with which the Auth.js client asks for JSON instead of redirects.
var clientHeader = header("X-Auth-Return-Redirect", "1")

// form returns a form with the CSRF token of a browser and fields, which alternate names and
// values.
func form(b *cardeatest.Browser, fields ...string) url.Values {
	f := url.Values{"csrfToken": {b.CSRFToken()}}
	for i := 0; i < len(fields); i += 2 {
		f.Set(fields[i], fields[i+1])
	}
	return f
}

// checkPrivate checks that caches must not store a response.
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

// checkJSON checks the status and the body of a JSON response.
func checkJSON(t *testing.T, res *http.Response, status int, body string) {
	t.Helper()
	if got := text(t, res); res.StatusCode != status || res.Header.Get("Content-Type") != "application/json" ||
		got != body {
		t.Errorf("%s, %s, %s; want %d, application/json, %s", res.Status, res.Header.Get("Content-Type"), got, status,
			body)
	}
}

func TestGetProvidersListsThemInOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		addGitHub(c)
		addSecondProvider(c)
	})
	res := send(t, s.URL+"/api/auth/providers", nil, nil)
	var want []string
	for _, p := range []struct{ id, name, kind string }{
		{"idp", "Identity Provider", "oidc"}, {"github", "GitHub", "oauth"}, {"other", "Other", "oidc"},
	} {
		const format = `"%[1]s":{"id":"%[1]s","name":"%[2]s","type":"%[3]s",` +
			`"signinUrl":"%[4]s/api/auth/signin/%[1]s","callbackUrl":"%[4]s/api/auth/callback/%[1]s"}`
		want = append(want, fmt.Sprintf(format, p.id, p.name, p.kind, s.URL))
	}
	checkJSON(t, res, http.StatusOK, "{"+strings.Join(want, ",")+"}")
	if len(res.Cookies()) != 0 {
		t.Errorf("cookies = %v, want none", res.Cookies())
	}
}

func TestGetSessionReturnsTheSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
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

func TestGetSessionDeletesInvalidCookies(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
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
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
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

// quote returns s as a JSON string.
func quote(s string) string {
	text, _ := json.Marshal(s) // cannot fail for a string
	return string(text)
}

// post posts a body with a content type.
func post(t *testing.T, b *cardeatest.Browser, endpoint, kind, body string) *http.Response {
	t.Helper()
	res, err := b.Client.Post(b.Site+b.BasePath+"/"+endpoint, kind, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return buffered(t, res)
}

func TestPostSessionRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.signedIn(t, "")
	t.Run("without the CSRF token", func(t *testing.T) {
		checkJSON(t, post(t, b, "session", "application/json", `{"data":1}`), http.StatusBadRequest, "null")
	})
	t.Run("a body that is neither a form nor JSON", func(t *testing.T) {
		checkJSON(t, post(t, b, "session", "text/plain", form(b).Encode()), http.StatusBadRequest, "null")
	})
	t.Run("but not a visitor without a session", func(t *testing.T) {
		stranger := newBrowser(t, s.URL)
		checkJSON(t, stranger.Post("/session", nil), http.StatusOK, "null")
	})
	if got := signedInEmail(b); got != "ann@example.com" {
		t.Errorf("signed in as %q afterwards", got)
	}
}

// Auth.js GHSA-8fpg-xm3f-6cx3: an error is never taken for a session.
func TestErrorOfSessionCallbackIsNoSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.Callbacks.Session = func(context.Context, *cardea.SessionView) error { return errors.New("no") }
	})
	b := newBrowser(t, s.URL)
	signInAt(t, b, "idp", "")
	checkJSON(t, visit(t, b, s.URL+"/api/auth/session"), http.StatusInternalServerError, "null")
	checkJSON(t, b.Post("/session", nil), http.StatusBadRequest, "null")
}

func TestGetCSRFReturnsTheTokenOfTheCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	res := visit(t, b, s.URL+"/api/auth/csrf")
	checkPrivate(t, res)
	got := text(t, res)
	match := regexp.MustCompile(`^{"csrfToken":"([0-9a-f]{64})"}$`).FindStringSubmatch(got)
	if res.StatusCode != http.StatusOK || match == nil {
		t.Fatalf("response = %s, %s", res.Status, got)
	}
	if c := setCookie(res, csrfCookie); c == nil || !strings.HasPrefix(c.Value, match[1]+"%7C") {
		t.Errorf("the cookie does not begin with the token: %v", c)
	}
	again := visit(t, b, s.URL+"/api/auth/csrf")
	if text(t, again) != got || setCookie(again, csrfCookie) != nil {
		t.Error("a browser with a CSRF cookie gets another token")
	}
}

func TestGetSignInShowsThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addGitHub(c) })
	b := newBrowser(t, s.URL)
	res := visit(t, b, s.URL+"/api/auth/signin?callbackUrl=/next&error=OAuthCallbackError")
	body := text(t, res)
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("response = %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	checkPrivate(t, res)
	for _, want := range []string{
		`action="/api/auth/signin/idp"`, `action="/api/auth/signin/github"`,
		`name="csrfToken" value="` + b.CSRFToken() + `"`,
		`name="callbackUrl" value="` + s.URL + `/next"`, `role="status"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Index(body, "signin/idp") > strings.Index(body, "signin/github") {
		t.Error("the providers are not in the order of the configuration")
	}
	if c := setCookie(res, callbackCookie); c == nil || c.Value != url.QueryEscape(s.URL+"/next") {
		t.Errorf("callback cookie = %v", c)
	}
}

// A link to one provider shows its form alone, and a link to none says so.
func TestGetSignInOfOneProvider(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		protocol   cardea.Protocol
		path       string
		status     int
		has, lacks []string
	}{
		{cardea.ProtocolV5, "github?callbackUrl=/next", 200,
			[]string{"/signin/github", `value="SITE/next"`, "/api/auth/signin?callbackUrl="},
			[]string{"signin/idp", `role="alert"`}},
		{cardea.ProtocolV5, "github/", 200, []string{"/signin/github"}, []string{"signin/idp", `role="alert"`}},
		{cardea.ProtocolV5, "undefined", 200, []string{"/signin/github", "signin/idp"},
			[]string{`role="alert"`, "Other ways"}},
		{cardea.ProtocolV5, "github?error=OAuthCallbackError", 200, []string{"/signin/github", `role="status"`},
			[]string{"signin/idp"}},
		{cardea.ProtocolV5, "gone", 404, []string{"/signin/github", "signin/idp", "does not have that way"},
			[]string{"gone"}},
		{cardea.ProtocolV5, "%3Cb%3E", 404, []string{"does not have that way"}, []string{"<b>"}},
		{cardea.ProtocolV4, "github", 200, []string{"/signin/github"}, []string{"signin/idp", `role="alert"`}},
		{cardea.ProtocolV4, "OAuthCallback", 200, []string{"/signin/github", "signin/idp", `role="alert"`}, nil},
	} {
		s := newSite(t, func(c *cardea.Config) {
			c.Protocol = tc.protocol
			addGitHub(c)
		})
		res := send(t, s.URL+"/api/auth/signin/"+tc.path, nil, nil)
		body := text(t, res)
		if res.StatusCode != tc.status {
			t.Errorf("%s: %s, want %d", tc.path, res.Status, tc.status)
		}
		for _, want := range tc.has {
			if !strings.Contains(body, strings.Replace(want, "SITE", s.URL, 1)) {
				t.Errorf("%s: the page lacks %s", tc.path, want)
			}
		}
		for _, unwanted := range tc.lacks {
			if strings.Contains(body, unwanted) {
				t.Errorf("%s: the page has %s", tc.path, unwanted)
			}
		}
	}
	s := newSite(t, nil) // the only provider
	if body := text(t, send(t, s.URL+"/api/auth/signin/idp", nil, nil)); strings.Contains(body, "Other ways") {
		t.Error("a site with one provider offers other ways to sign in")
	}
	s = newSite(t, func(c *cardea.Config) { c.Pages.SignIn = "/own" })
	for path, want := range map[string]string{
		"idp?callbackUrl=/x": "provider=idp", "gone?callbackUrl=/x": "error=UnknownProvider",
	} {
		res := send(t, s.URL+"/api/auth/signin/"+path, nil, nil)
		want = s.URL + "/own?callbackUrl=" + url.QueryEscape(s.URL+"/x") + "&" + want
		if got := res.Header.Get("Location"); got != want {
			t.Errorf("redirected to %s, want %s", got, want)
		}
	}
}

// OmniAuth CVE-2015-9284: opening a link does not begin a sign-in.
func TestAttackerCannotStartSignInWithALink(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, path := range []string{"idp", "idp/", "idp?prompt=none", "idp?csrfToken=x&json=true"} {
		if res := send(t, s.URL+"/api/auth/signin/"+path, nil, nil); res.StatusCode != http.StatusOK ||
			len(res.Header["Location"]) > 0 {
			t.Errorf("%s: %s, to %s", path, res.Status, res.Header.Get("Location"))
		}
	}
	if n := s.issuer.Requests(cardeatest.Discovery); n != 0 {
		t.Errorf("%d requests to the provider, want none", n)
	}
}

func TestPostSignInStartsTheFlow(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	t.Run("redirects a browser to the provider", func(t *testing.T) {
		res := b.Post("/signin/idp", nil)
		checkPrivate(t, res)
		if res.StatusCode != http.StatusSeeOther ||
			!strings.HasPrefix(res.Header.Get("Location"), s.issuer.URL+"/authorize?") {
			t.Errorf("response = %s to %s", res.Status, res.Header.Get("Location"))
		}
		if len(res.Cookies()) != 1 || !strings.HasPrefix(res.Cookies()[0].Name, stateCookiePrefix) ||
			res.Cookies()[0].MaxAge != 900 {
			t.Errorf("cookies = %v, want one state cookie", res.Cookies())
		}
	})
	t.Run("returns the URL to the Auth.js client", func(t *testing.T) {
		res := send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), form(b), clientHeader)
		checkRedirectJSON(t, res, s.issuer.URL+"/authorize?")
		if len(res.Cookies()) != 1 || !strings.HasPrefix(res.Cookies()[0].Name, stateCookiePrefix) {
			t.Errorf("cookies = %v, want one state cookie", res.Cookies())
		}
	})
	t.Run("accepts JSON", func(t *testing.T) {
		res := post(t, b, "signin/idp", "application/json",
			`{"csrfToken":"`+b.CSRFToken()+`","callbackUrl":"/json","remember":true}`)
		if res.StatusCode != http.StatusSeeOther || cookiesOf(b)[callbackCookie] != url.QueryEscape(s.URL+"/json") {
			t.Errorf("response = %s, callback cookie %q", res.Status, cookiesOf(b)[callbackCookie])
		}
	})
	t.Run("without a provider redirects to the page", func(t *testing.T) {
		res := b.Post("/signin", url.Values{"callbackUrl": {"/next"}})
		want := s.URL + "/api/auth/signin?callbackUrl=" + url.QueryEscape(s.URL+"/next")
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != want {
			t.Errorf("response = %s to %s, want 303 to %s", res.Status, res.Header.Get("Location"), want)
		}
	})
	t.Run("with an unknown provider is a failure", func(t *testing.T) {
		checkSignInFailed(t, s, b.Post("/signin/unknown", nil), cardea.CodeInvalidCheck)
		res := visit(t, b, s.URL+"/api/auth/callback/unknown?code=1&state=2")
		checkSignInFailed(t, s, res, cardea.CodeInvalidCheck)
	})
	t.Run("needs the CSRF token", func(t *testing.T) {
		res := send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), url.Values{})
		checkSignInFailed(t, s, res, cardea.CodeMissingCSRF)
		res = send(t, s.URL+"/api/auth/signin", cookiesOf(b), url.Values{"csrfToken": {"0"}})
		checkSignInFailed(t, s, res, cardea.CodeMissingCSRF)
		res = send(t, s.URL+"/api/auth/signin/idp", cookiesOf(b), url.Values{}, clientHeader)
		checkRedirectJSON(t, res, s.URL+"/api/auth/signin?error=MissingCSRF")
	})
}

// checkRedirectJSON checks that a response tells the Auth.js client to go to a URL with a prefix.
func checkRedirectJSON(t *testing.T, res *http.Response, prefix string) {
	t.Helper()
	var body map[string]string
	answer := text(t, res)
	if err := json.Unmarshal([]byte(answer), &body); err != nil {
		t.Fatalf("response %s: %v", answer, err)
	}
	to := body["url"]
	if res.StatusCode != http.StatusOK || len(body) != 1 || !strings.HasPrefix(to, prefix) ||
		res.Header.Get("Location") != to {
		t.Errorf("response = %s, Location %s, %s; want 200 and %s… in both", res.Status, res.Header.Get("Location"),
			answer, prefix)
	}
}

func TestCallbackRedirectsWithASession(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	now := s.setClock()
	b := newBrowser(t, s.URL)
	res := visit(t, b, beginAs(t, b, "idp", "", "/next?a=1#top"))
	checkPrivate(t, res)
	if want := s.URL + "/next?a=1#top"; res.StatusCode != http.StatusFound || res.Header.Get("Location") != want ||
		res.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("response = %s to %s, Referrer-Policy %s; want 302 to %s", res.Status, res.Header.Get("Location"),
			res.Header.Get("Referrer-Policy"), want)
	}
	checkCookie(t, res, now.now().Add(30*24*time.Hour))
	if setCookie(res, csrfCookie) == nil {
		t.Error("the CSRF token from before the sign-in is still valid")
	}
}

func TestGetSignOutOnlyAsks(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := s.signedIn(t, "")
	res := visit(t, b, s.URL+"/api/auth/signout")
	body := text(t, res)
	checkPrivate(t, res)
	for _, want := range []string{`action="/api/auth/signout"`, `method="post"`, `value="` + b.CSRFToken() + `"`} {
		if res.StatusCode != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("response = %s, and the page lacks %s", res.Status, want)
		}
	}
	if signedInEmail(b) == "" {
		t.Error("opening the page signs out")
	}
}

func TestPostSignOutEndsTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	t.Run("redirects a browser", func(t *testing.T) {
		t.Parallel()
		b := s.signedIn(t, "")
		res := b.Post("/signout", url.Values{"callbackUrl": {"/bye"}})
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != s.URL+"/bye" {
			t.Errorf("response = %s to %s", res.Status, res.Header.Get("Location"))
		}
		if c := setCookie(res, sessionCookie); c == nil || c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("session cookie = %v, want it cleared", c)
		}
	})
	t.Run("returns the URL to the Auth.js client", func(t *testing.T) {
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
			t.Errorf("redirected to %s, want %s", res.Header.Get("Location"), want)
		}
		if signedInEmail(b) == "" {
			t.Error("the session has ended")
		}
	})
	t.Run("redirects a visitor without a session", func(t *testing.T) {
		t.Parallel()
		res := newBrowser(t, s.URL).Post("/signout", nil)
		if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != s.URL ||
			setCookie(res, sessionCookie) != nil {
			t.Errorf("response = %s to %s, cookies %v", res.Status, res.Header.Get("Location"), res.Cookies())
		}
	})
}

func TestErrorPagesHaveTheStatusOfTheCode(t *testing.T) {
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

func TestConfiguredPagesReplaceBuiltInOnes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		pages cardea.Pages
		query string // the value of lang in the configured URLs
	}{
		{"without a query", cardea.Pages{
			SignIn: "/own/in", SignOut: "/own/out", Error: "/own/error", VerifyRequest: "/own/verify",
			NewUser: "/own/new",
		}, ""},
		{"with a query", cardea.Pages{
			SignIn: "/own/in?lang=cs", SignOut: "/own/out?lang=cs", Error: "/own/error?lang=cs",
			VerifyRequest: "/own/verify?lang=cs", NewUser: "/own/new?lang=cs",
		}, "cs"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.Pages = tc.pages })
			b := newBrowser(t, s.URL)
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
					t.Errorf("%s: redirected to %s, want %s?%s", what, res.Header.Get("Location"), path, want.Encode())
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
			check("a failure of the error page", b.Post("/signin/unknown", nil), "/own/error", "error", "InvalidCheck",
				"callbackUrl", s.URL+"/x")
			check("a failure of the sign-in page", b.Post("/signin/idp", url.Values{"csrfToken": {"0"}}), "/own/in",
				"error", "MissingCSRF")
			check("a new user", visit(t, b, beginAs(t, b, "idp", "", "/x?y=z")), "/own/new", "callbackUrl",
				s.URL+"/x?y=z")
			if got := openCallback(t, b, beginAs(t, b, "idp", "", "/x")); got != s.URL+"/x" {
				t.Errorf("the second time: redirected to %s", got)
			}
		})
	}
}

func TestUnknownRoutesAndBadBodiesAre400(t *testing.T) {
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
		res := sendRaw(t, s, method, "/api/auth/"+path, "", "")
		if body := text(t, res); !unserved(res.StatusCode) ||
			(body != `"Not found."` && body != `"Method not allowed."` && method != "HEAD") || len(res.Cookies()) != 0 {
			t.Errorf("%s: %s, %s, %d cookies", line, res.Status, body, len(res.Cookies()))
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other origins may read the response", line)
		}
	}
	for _, body := range []string{"{", `{"csrfToken":`, `[]`, `"x"`, `1`, "\xff", strings.Repeat(" ", 65<<10) + "{}"} {
		for _, action := range []string{"session", "signin/idp", "signout"} {
			res := sendRaw(t, s, "POST", "/api/auth/"+action, "application/json", body)
			if got := text(t, res); res.StatusCode != http.StatusBadRequest || got != `"Bad request."` {
				t.Errorf("POST %s with %.20q: %s, %s", action, body, res.Status, got)
			}
		}
	}
	for _, body := range []string{"csrfToken=%zz", "a=1;b=2", "x=" + strings.Repeat("x", 65<<10)} {
		res := sendRaw(t, s, "POST", "/api/auth/signout", "application/x-www-form-urlencoded", body)
		if got := text(t, res); res.StatusCode != http.StatusBadRequest || got != `"Bad request."` {
			t.Errorf("POST signout with %.20q: %s, %s", body, res.Status, got)
		}
	}
}

// sendRaw sends a path as it is, directly to the handler, because a ServeMux would clean it.
func sendRaw(t *testing.T, s *site, method, path, kind, body string) *http.Response {
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

func TestTrailingSlashIsIgnored(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	checkJSON(t, send(t, s.URL+"/api/auth/session/", nil, nil), http.StatusOK, "null")
	b := newBrowser(t, s.URL)
	if res := b.Post("/signin/idp/", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("POST signin/idp/: %s", res.Status)
	}
	if res := b.Post("/signout/", nil); res.StatusCode != http.StatusSeeOther {
		t.Errorf("POST signout/: %s", res.Status)
	}
}

func TestLastOfSeveralValuesCounts(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	visit(t, b, s.URL+"/api/auth/signin?callbackUrl=/a&callbackUrl=/b")
	if got := cookiesOf(b)[callbackCookie]; got != url.QueryEscape(s.URL+"/b") {
		t.Errorf("callback cookie = %s", got)
	}
	res := b.Post("/signout", url.Values{"callbackUrl": {"/c", "/d"}})
	if got := res.Header.Get("Location"); got != s.URL+"/d" {
		t.Errorf("redirected to %s", got)
	}
	token := b.CSRFToken()
	res = b.Post("/signout", url.Values{"csrfToken": {token, "0"}})
	if got := res.Header.Get("Location"); got != s.URL+"/api/auth/signin?error=MissingCSRF" {
		t.Errorf("with the CSRF token as the first of two: redirected to %s", got)
	}
}

func TestBasePathMovesAllEndpoints(t *testing.T) {
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
	b := newBrowser(t, s.URL)
	plain, err := url.Parse(startSignIn(t, b, "idp", nil))
	if err != nil {
		t.Fatal(err)
	}
	const query = "login_hint=ann&prompt=login&scope=all&client_id=x&redirect_uri=https://evil.example" +
		"&state=x&response_type=token&foo=bar&claims={}"
	with, err := url.Parse(startSignIn(t, b, "idp?"+query, nil))
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

// serveDirectly passes a request to the handler without a network.
func serveDirectly(s *site, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.auth.ServeHTTP(w, r)
	return w.Result()
}
