package cardea_test

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// The names of the cookies on http.
const (
	sessionCookie     = "authjs.session-token"
	csrfCookie        = "authjs.csrf-token"
	callbackCookie    = "authjs.callback-url"
	stateCookiePrefix = "authjs.state." // one cookie for each sign-in that has begun
)

// newBrowser returns a browser that follows no redirects, so that a test sees every response.
func newBrowser(t testing.TB, site string) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, site)
	b.CheckRedirect = stopAtRedirect
	return b
}

func stopAtRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// startSignIn posts the form of the sign-in page, and returns the authorization URL at the
// provider.
func startSignIn(t testing.TB, b *cardeatest.Browser, path string, form url.Values) string {
	t.Helper()
	res := b.Post("/signin/"+path, form)
	to := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.Contains(to, "code_challenge=") {
		t.Fatalf("sign in with %s: %s to %s", path, res.Status, to)
	}
	return to
}

// consent opens the authorization URL, and returns the callback URL to which the provider
// redirects.
func consent(t testing.TB, b *cardeatest.Browser, authorize string) string {
	t.Helper()
	to := visit(t, b, authorize).Header.Get("Location")
	if !strings.HasPrefix(to, b.Site+b.BasePath+"/callback/") {
		t.Fatalf("the provider redirects to %s", to)
	}
	return to
}

// callbackURLOf signs in at the provider, and returns the callback URL without opening it.
func callbackURLOf(t testing.TB, b *cardeatest.Browser, path string) string {
	t.Helper()
	return consent(t, b, startSignIn(t, b, path, nil))
}

// visit opens a URL and returns the response, whose body has been read and can be read again.
func visit(t testing.TB, b *cardeatest.Browser, target string) *http.Response {
	t.Helper()
	res, err := b.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	return buffered(t, res)
}

// buffered returns a response whose body is in memory.
func buffered(t testing.TB, res *http.Response) *http.Response {
	t.Helper()
	body := text(t, res)
	res.Body = io.NopCloser(strings.NewReader(body))
	return res
}

// text returns the body of a response.
func text(t testing.TB, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// cookies are the cookies of a request by name. The values are encoded as in the header.
type cookies map[string]string

// cookiesOf returns the cookies that a browser sends to its site.
func cookiesOf(b *cardeatest.Browser) cookies {
	site, _ := url.Parse(b.Site + b.BasePath)
	c := cookies{}
	for _, cookie := range b.Jar.Cookies(site) {
		c[cookie.Name] = cookie.Value
	}
	return c
}

func (c cookies) String() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		pairs = append(pairs, name+"="+c[name])
	}
	return strings.Join(pairs, "; ")
}

// with returns a copy in which the named cookie has a value.
func (c cookies) with(name, value string) cookies {
	c = maps.Clone(c)
	c[name] = value
	return c
}

// without returns a copy without the named cookie.
func (c cookies) without(name string) cookies {
	c = maps.Clone(c)
	delete(c, name)
	return c
}

// stateCookieName returns the name of the state cookie. The test fails unless there is exactly one.
func (c cookies) stateCookieName(t testing.TB) string {
	t.Helper()
	var found []string
	for name := range c {
		if strings.HasPrefix(name, stateCookiePrefix) {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d state cookies, want 1", len(found))
	}
	return found[0]
}

// send sends a request with these cookies and no others, as an attacker without a browser can, and
// follows no redirects. With a form it is a POST, without one a GET.
func send(t testing.TB, target string, c cookies, form url.Values, change ...func(*http.Request)) *http.Response {
	t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if len(c) > 0 {
		req.Header.Set("Cookie", c.String())
	}
	for _, f := range change {
		f(req)
	}
	client := &http.Client{CheckRedirect: stopAtRedirect, Transport: ownTransport}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return buffered(t, res)
}

// header returns a function that sets a header of a request.
func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// sessionBody returns the body of the session endpoint's response to these cookies.
func (s *site) sessionBody(t testing.TB, c cookies) string {
	t.Helper()
	res := send(t, s.URL+"/api/auth/session", c, nil)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("session: %s", res.Status)
	}
	return text(t, res)
}

// checkSignInFailed checks that a response is that of a failed sign-in: the visitor sees the code,
// no session begins, and no state cookie stays.
func checkSignInFailed(t testing.TB, s *site, res *http.Response, code cardea.Code) {
	t.Helper()
	page := "/api/auth/error"
	switch code {
	case cardea.CodeAccountNotLinked, cardea.CodeOAuthCallback, cardea.CodeMissingCSRF:
		page = "/api/auth/signin"
	}
	want, got := s.URL+page+"?error="+string(code), res.Header.Get("Location")
	if code == cardea.CodeInvalidCheck {
		got = withoutRestart(t, got)
	}
	if got != want {
		t.Errorf("redirected by %s to %s, want %s", res.Status, got, want)
	}
	for _, c := range res.Cookies() {
		if strings.HasPrefix(c.Name, sessionCookie) && c.Value != "" {
			t.Errorf("a failed sign-in sets %s", c.Name)
		}
		if strings.HasPrefix(c.Name, stateCookiePrefix) && c.MaxAge >= 0 {
			t.Errorf("a failed sign-in leaves %s", c.Name)
		}
	}
}

// withoutRestart returns the URL of a failure without what the page needs to start the sign-in
// again: the provider, and where the visitor was going.
func withoutRestart(t testing.TB, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("provider")
	q.Del("callbackUrl")
	u.RawQuery = q.Encode()
	return u.String()
}

// idp returns the provider that newSite configures, so that a test can change it.
func idp(c *cardea.Config) *oauth.Provider { return c.Providers[0].(*oauth.Provider) }

// addSecondProvider adds a provider with the ID "other", which is the same server under another
// name.
func addSecondProvider(c *cardea.Config) *oauth.Provider {
	p := *idp(c)
	p.ID, p.Name = "other", "Other"
	c.Providers = append(c.Providers, &p)
	return &p
}

// addGitHub adds a provider like GitHub, with the ID "github", at the server of the provider that
// newSite configures.
func addGitHub(c *cardea.Config) *oauth.Provider {
	p := provider.GitHub(provider.Client{ID: idp(c).ClientID, Secret: idp(c).ClientSecret})
	p.Issuer = idp(c).Issuer
	p.AuthorizationURL, p.TokenURL = p.Issuer+"/authorize", p.Issuer+"/token"
	p.UserinfoURL, p.EmailsURL = p.Issuer+"/user", p.Issuer+"/user/emails"
	c.Providers = append(c.Providers, p)
	return p
}

// forEachStrategy runs a test with each session strategy.
func forEachStrategy(t *testing.T, test func(t *testing.T, strategy cardea.Strategy)) {
	t.Helper()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			test(t, strategy)
		})
	}
}
