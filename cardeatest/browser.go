package cardeatest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// Browser is a visitor of an application under test: a client that keeps cookies, follows
// redirects, and knows the application's sign-in endpoints. Its methods end the test when an answer
// is not what a working application gives. Not for concurrent use; take one for each visitor.
type Browser struct {
	*http.Client
	Site     string // origin of the application, such as the URL of an httptest.Server
	BasePath string // where cardea.Auth is mounted; /api/auth unless changed

	t testing.TB
}

// NewBrowser returns a visitor without any cookies. To trust the certificate of a TLS test server,
// set Client.Transport to that of its Client().
func NewBrowser(t testing.TB, site string) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// Not the default transport: whenever an httptest.Server closes, it closes connections of that,
	// those of tests beside this one included.
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &Browser{
		Client: &http.Client{Jar: jar, Transport: transport}, Site: strings.TrimSuffix(site, "/"),
		BasePath: "/api/auth", t: t,
	}
}

// SignIn returns a visitor who has just signed in at the application at the URL site, through the
// provider with that id. hint says as whom, as the login_hint of the request: a subject or an
// e-mail address that an [Issuer] knows; "" leaves it to the provider.
func SignIn(t testing.TB, site, provider, hint string) *Browser {
	t.Helper()
	b := NewBrowser(t, site)
	b.SignIn(provider, hint)
	return b
}

// SignIn signs the visitor in as the sign-in page would: it posts the form, follows the redirects
// through the provider and back, and makes sure that there is a session afterwards.
func (b *Browser) SignIn(provider, hint string) {
	b.t.Helper()
	path := "/signin/" + provider
	if hint != "" {
		path += "?login_hint=" + url.QueryEscape(hint)
	}
	res := b.Post(path, url.Values{"callbackUrl": {b.Site + b.BasePath + "/csrf"}})
	if res.StatusCode != http.StatusOK || res.Request.URL.Path != b.BasePath+"/csrf" {
		b.t.Fatalf("cardeatest: sign in with %s: ended at %s with %s", provider, res.Request.URL.Redacted(), res.Status)
	}
	if b.Session() == nil {
		b.t.Fatalf("cardeatest: sign in with %s: no session afterwards", provider)
	}
}

// SignOut signs the visitor out as the sign-out page would.
func (b *Browser) SignOut() {
	b.t.Helper()
	res := b.Post("/signout", url.Values{"callbackUrl": {b.Site + b.BasePath + "/csrf"}})
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("cardeatest: sign out: %s", res.Status)
	}
}

// Session returns what the application tells the browser of its session, nil when nobody is signed
// in.
func (b *Browser) Session() map[string]any {
	b.t.Helper()
	var session map[string]any
	b.getJSON("/session", &session)
	if len(session) == 0 { // null, and {} in the protocol of next-auth 4
		return nil
	}
	return session
}

// Post posts a form to an endpoint below BasePath, with the CSRF token added, and follows
// redirects. The answer's body is read already and can be read again.
func (b *Browser) Post(path string, form url.Values) *http.Response {
	b.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	if !form.Has("csrfToken") {
		form.Set("csrfToken", b.CSRFToken())
	}
	res, err := b.Client.PostForm(b.Site+b.BasePath+path, form)
	if err != nil {
		b.t.Fatalf("cardeatest: post %s: %v", path, err)
	}
	return b.read(res)
}

// CSRFToken returns the token that a form of the application must repeat.
func (b *Browser) CSRFToken() string {
	b.t.Helper()
	var body struct {
		CSRFToken string `json:"csrfToken"`
	}
	b.getJSON("/csrf", &body)
	return body.CSRFToken
}

func (b *Browser) getJSON(path string, into any) {
	b.t.Helper()
	res, err := b.Client.Get(b.Site + b.BasePath + path)
	if err != nil {
		b.t.Fatalf("cardeatest: get %s: %v", path, err)
	}
	body, _ := io.ReadAll(b.read(res).Body)
	if err := json.Unmarshal(body, into); err != nil || res.StatusCode != http.StatusOK {
		b.t.Fatalf("cardeatest: get %s: %s, %v", path, res.Status, err)
	}
}

// read reads an answer to its end, so that its connection is free again.
func (b *Browser) read(res *http.Response) *http.Response {
	b.t.Helper()
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		b.t.Fatalf("cardeatest: read the answer of %s: %v", res.Request.URL.Redacted(), err)
	}
	res.Body = io.NopCloser(strings.NewReader(string(body)))
	return res
}
