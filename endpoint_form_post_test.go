package cardea_test

import (
	"context"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

// sameSite is a transport that handles SameSite cookies as browsers do (RFC 6265bis § 5.2, §
// 5.8.3). If another site has caused a request, or any redirect before it, cookies with Strict are
// not sent, and cookies with Lax or without the attribute are sent only with safe methods.
//
// The Origin header, which browsers set on forms, says which site has caused a request. All
// requests are top-level navigations. The client must have no cookie jar.
type sameSite struct {
	http.RoundTripper
	site *url.URL
	jar  http.CookieJar
	kind map[string]http.SameSite // by cookie name
}

func newSameSite(t *testing.T, site string) *sameSite {
	t.Helper()
	u, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &sameSite{site: u, jar: jar, kind: map[string]http.SameSite{}}
}

// crossSite reports whether another site has caused the request.
func (s *sameSite) crossSite(r *http.Request) bool {
	for ; r != nil; r = redirectedFrom(r) {
		if r.URL.Host != s.site.Host {
			return true
		}
		if o := r.Header.Get("Origin"); o != "" && o != s.site.Scheme+"://"+s.site.Host {
			return true
		}
	}
	return false
}

// redirectedFrom returns the request whose response redirected to r, or nil.
func redirectedFrom(r *http.Request) *http.Request {
	if r.Response == nil {
		return nil
	}
	return r.Response.Request
}

func (s *sameSite) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := r.Clone(r.Context())
	if r.URL.Host == s.site.Host {
		for _, c := range s.jar.Cookies(r.URL) {
			kind := s.kind[c.Name]
			lax := kind != http.SameSiteStrictMode && r.Method == http.MethodGet
			if !s.crossSite(r) || kind == http.SameSiteNoneMode || lax {
				sent.AddCookie(c)
			}
		}
	}
	res, err := s.RoundTripper.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	res.Request = r
	for _, c := range res.Cookies() {
		s.kind[c.Name] = c.SameSite
	}
	s.jar.SetCookies(r.URL, res.Cookies())
	return res, nil
}

// newSameSiteBrowser returns a browser that handles SameSite cookies and follows no redirects.
func newSameSiteBrowser(t *testing.T, s *site) (*cardeatest.Browser, *sameSite) {
	t.Helper()
	cookies := newSameSite(t, s.URL)
	b := cardeatest.NewBrowser(t, s.URL)
	cookies.RoundTripper = b.Transport
	b.Transport, b.Jar, b.CheckRedirect = cookies, nil, stopAtRedirect
	return b, cookies
}

// enableFormPost makes the provider use form_post, with the callback parameter user.
func enableFormPost(c *cardea.Config) {
	idp(c).FormPost, idp(c).CallbackParams = true, []string{"user"}
}

var field = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// providerForm opens the authorization URL, and returns the form that the provider's page posts.
func providerForm(t *testing.T, b *cardeatest.Browser, authorize string) url.Values {
	t.Helper()
	page := text(t, visit(t, b, authorize))
	form := url.Values{}
	for _, match := range field.FindAllStringSubmatch(page, -1) {
		form.Add(html.UnescapeString(match[1]), html.UnescapeString(match[2]))
	}
	if form.Get("state") == "" {
		t.Fatalf("the provider's page has no form: %s", page)
	}
	return form
}

// postCallback posts the form to the site, as the provider's page makes the browser do.
func postCallback(t *testing.T, b *cardeatest.Browser, s *site, form url.Values) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/auth/callback/idp",
		strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", s.issuer.URL)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return buffered(t, res)
}

// followPostRedirect follows the redirect of a posted callback as the browser does, as a request
// that the provider's page has caused.
func followPostRedirect(t *testing.T, b *cardeatest.Browser, s *site, res *http.Response) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, res.Header.Get("Location"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", s.issuer.URL)
	answer, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return buffered(t, answer)
}

// OAuth 2.0 Form Post Response Mode: the POST has no cookies and must set none. The GET after it
// has them.
func TestFormPostSignsIn(t *testing.T) {
	t.Parallel()
	var raw oauth.Claims
	s := newSite(t, func(c *cardea.Config) {
		enableFormPost(c)
		idp(c).CallbackParams = append(idp(c).CallbackParams, "provider", "exp") // names that the sealed form also uses
		idp(c).Profile = func(_ context.Context, claims oauth.Claims) (oauth.Profile, error) {
			raw = claims
			return oauth.Profile{ID: claims.String("sub"), Name: claims.String("callback", "user", "name")}, nil
		}
	})
	b, cookies := newSameSiteBrowser(t, s)
	authorize := startSignIn(t, b, "idp", nil)
	if !strings.Contains(authorize, "response_mode=form_post") {
		t.Errorf("authorization request %s", authorize)
	}
	form := providerForm(t, b, authorize)
	form.Set("user", `{"name":"Ann Posted"}`)
	form.Set("provider", "second")
	form.Set("exp", "1")
	form.Set("other", strings.Repeat("not configured", 1000)) // must not lengthen the URL

	res := postCallback(t, b, s, form)
	to := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, s.URL+"/api/auth/callback/idp?form=") {
		t.Fatalf("%s to %s", res.Status, to)
	}
	if res.Request.Header.Get("Cookie") != "" || len(res.Header.Values("Set-Cookie")) != 0 {
		t.Errorf("the POST has cookies, or sets %q", res.Header.Values("Set-Cookie"))
	}
	for _, v := range []string{form.Get("code"), form.Get("state"), "Posted"} {
		if strings.Contains(to, url.QueryEscape(v)) {
			t.Errorf("%q is readable in %s", v, to)
		}
	}
	if p := res.Header.Get("Referrer-Policy"); p != "no-referrer" {
		t.Errorf("Referrer-Policy %q", p)
	}

	end := followPostRedirect(t, b, s, res)
	if end.StatusCode != http.StatusFound || b.Session() == nil {
		t.Fatalf("%s to %s, session %v", end.Status, end.Header.Get("Location"), b.Session())
	}
	if raw.String("callback", "user", "name") != "Ann Posted" || raw.String("callback", "provider") != "second" ||
		raw["other"] != nil || raw.Object("callback")["other"] != nil {
		t.Errorf("raw %v", raw)
	}
	for name, kind := range cookies.kind {
		if kind == http.SameSiteNoneMode {
			t.Errorf("the cookie %s is SameSite=None", name)
		}
	}
}

// The POST has no cookies, so a cookie that it set would replace one that the browser still has.
func TestFormPostLinksToTheSignedInUser(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		enableFormPost(c)
		addGitHub(c)
	})
	s.issuer.Next(octocat)
	b, _ := newSameSiteBrowser(t, s)
	signInAt(t, b, "github", octocat.Subject)
	before := b.CSRFToken()
	first, err := s.store.UserByAccount(t.Context(), "github", octocat.Subject)
	if err != nil {
		t.Fatal(err)
	}

	s.issuer.Next(cardeatest.Person{Subject: "77", Name: "The same person"})
	res := postCallback(t, b, s, providerForm(t, b, startSignIn(t, b, "idp", nil)))
	if got := b.CSRFToken(); got != before {
		t.Error("the POST has changed the CSRF token")
	}
	linkIfAsked(t, b, followPostRedirect(t, b, s, res))
	second, err := s.store.UserByAccount(t.Context(), "idp", "77")
	if err != nil || second.ID != first.ID {
		t.Errorf("the account is linked to %+v, %v; want the user %s", second, err, first.ID)
	}
}

// lateSite is a site whose clock can jump ahead by two minutes.
type lateSite struct {
	*site
	late atomic.Bool
}

func (s *lateSite) now() time.Time {
	if s.late.Load() {
		return time.Now().Add(2 * time.Minute)
	}
	return time.Now()
}

func TestAttackerCannotForgeFormPost(t *testing.T) {
	t.Parallel()
	sealed := func(t *testing.T, b *cardeatest.Browser, s *lateSite) string {
		return postCallback(t, b, s.site, providerForm(t, b, startSignIn(t, b, "idp", nil))).Header.Get("Location")
	}
	for _, tc := range []struct {
		name string
		// callback returns the URL of the GET callback.
		callback func(t *testing.T, b *cardeatest.Browser, s *lateSite) string
		cause    string
	}{
		{"a query instead of a form", func(t *testing.T, b *cardeatest.Browser, s *lateSite) string {
			return s.URL + "/api/auth/callback/idp?" + providerForm(t, b, startSignIn(t, b, "idp", nil)).Encode()
		}, "the callback is not a form"},
		{"a form that is not sealed", func(t *testing.T, b *cardeatest.Browser, s *lateSite) string {
			form := providerForm(t, b, startSignIn(t, b, "idp", nil))
			return s.URL + "/api/auth/callback/idp?form=" + url.QueryEscape(form.Encode())
		}, "the callback's form: token is not valid"},
		{"the state cookie as the form", func(t *testing.T, b *cardeatest.Browser, s *lateSite) string {
			startSignIn(t, b, "idp", nil)
			cookies := b.Transport.(*sameSite)
			for _, c := range cookies.jar.Cookies(cookies.site) {
				if strings.HasPrefix(c.Name, stateCookiePrefix) {
					return s.URL + "/api/auth/callback/idp?form=" + url.QueryEscape(c.Value)
				}
			}
			return s.URL
		}, "the callback's form: token is not valid"},
		{"in another browser", func(t *testing.T, _ *cardeatest.Browser, s *lateSite) string {
			other, _ := newSameSiteBrowser(t, s.site)
			return sealed(t, other, s)
		}, "no cookie of this flow"},
		{"a second time", func(t *testing.T, b *cardeatest.Browser, s *lateSite) string {
			to := sealed(t, b, s)
			visit(t, b, to)
			b.Post("/signout", nil)
			return to
		}, "no cookie of this flow"},
		{"at another provider", func(t *testing.T, b *cardeatest.Browser, s *lateSite) string {
			return strings.Replace(sealed(t, b, s), "/callback/idp", "/callback/second", 1)
		}, "the callback's form belongs to another provider"},
		{"an expired form", func(t *testing.T, b *cardeatest.Browser, s *lateSite) string {
			to := sealed(t, b, s)
			s.late.Store(true)
			return to
		}, "the callback's form: token has expired"},
		{"an unknown state", func(t *testing.T, b *cardeatest.Browser, s *lateSite) string {
			form := providerForm(t, b, startSignIn(t, b, "idp", nil))
			form.Set("state", strings.Repeat("x", 73))
			return postCallback(t, b, s.site, form).Header.Get("Location")
		}, "no cookie of this flow"},
		{"another issuer", func(t *testing.T, b *cardeatest.Browser, s *lateSite) string {
			form := providerForm(t, b, startSignIn(t, b, "idp", nil))
			form.Set("iss", "https://evil.example")
			return postCallback(t, b, s.site, form).Header.Get("Location")
		}, "iss is not the issuer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s := &lateSite{site: newSite(t, func(c *cardea.Config) {
				c.Logger = log.logger()
				enableFormPost(c)
				second := *idp(c)
				second.ID = "second"
				c.Providers = append(c.Providers, &second)
			})}
			s.auth.SetClock(s.now)
			b, _ := newSameSiteBrowser(t, s.site)
			checkSignInFailed(t, s.site, visit(t, b, tc.callback(t, b, s)), cardea.CodeInvalidCheck)
			log.checkFailure(t, "InvalidCheck", tc.cause)
		})
	}
}

func TestBadPostedFormIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(url.Values)
	}{
		{"two states", func(f url.Values) { f.Add("state", "x") }},
		{"two codes", func(f url.Values) { f.Add("code", "x") }},
		{"two users", func(f url.Values) { f["user"] = []string{"{}", "{}"} }},
		{"too long", func(f url.Values) { f.Set("user", strings.Repeat("x", 6000)) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, enableFormPost)
			b, _ := newSameSiteBrowser(t, s)
			form := providerForm(t, b, startSignIn(t, b, "idp", nil))
			tc.change(form)
			checkSignInFailed(t, s, postCallback(t, b, s, form), cardea.CodeInvalidCheck)
		})
	}
}

// For a provider without FormPost, a POST from another site lacks the CSRF token.
func TestPostedCallbackWithoutFormPostIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b, _ := newSameSiteBrowser(t, s)
	res := postCallback(t, b, s, url.Values{"state": {"x"}, "code": {"y"}})
	if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther ||
		!strings.Contains(to, "error=MissingCSRF") {
		t.Errorf("%s to %s", res.Status, to)
	}
}
