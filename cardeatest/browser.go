package cardeatest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Browser is a visitor of an application under test. It keeps cookies, follows redirects, and knows
// the application's sign-in endpoints. Its own methods end the test if an answer is not that of a
// working application. It is not for concurrent use: make one for each visitor.
type Browser struct {
	// Client has a cookie jar and a transport of its own. A test may change it.
	*http.Client

	Site     string // origin of the application, such as the URL of an httptest.Server
	BasePath string // path at which cardea.Auth is mounted; NewBrowser sets /api/auth

	t     testing.TB
	marks sync.Map // by action: the input link of the form that Do has read last
}

// NewBrowser returns a visitor of the application at the URL site, without any cookies. To trust
// the certificate of a TLS test server, set Client.Transport to that of the server's Client().
func NewBrowser(t testing.TB, site string) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// Not the default transport: when an httptest.Server closes, it closes that transport's idle
	// connections, also those of tests that run at the same time.
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &Browser{
		Client: &http.Client{Jar: jar, Transport: transport}, Site: strings.TrimSuffix(site, "/"),
		BasePath: "/api/auth", t: t,
	}
}

// SignIn returns a visitor who has just signed in to the application at the URL site, through the
// provider with that ID. hint is sent as login_hint: the subject or the e-mail address of a person
// that an [Issuer] knows. With "" the provider chooses the person.
func SignIn(t testing.TB, site, provider, hint string) *Browser {
	t.Helper()
	b := NewBrowser(t, site)
	b.SignIn(provider, hint)
	return b
}

// SignIn signs the visitor in as the sign-in page does: it posts the form, follows the redirects to
// the provider and back, and checks that there is a session afterwards. If somebody is signed in
// already, and the page asks whether the account is to be linked, the answer is yes. The arguments
// are those of the function [SignIn].
func (b *Browser) SignIn(provider, hint string) {
	b.t.Helper()
	path := "/signin/" + provider
	if hint != "" {
		path += "?login_hint=" + url.QueryEscape(hint)
	}
	res := b.Post(path, url.Values{"callbackUrl": {b.Site + b.BasePath + "/csrf"}})
	if question := questionPattern.FindStringSubmatch(b.text(res)); question != nil {
		res = b.Post("/link", url.Values{"question": {question[1]}, "answer": {"link"}})
	}
	if res.StatusCode != http.StatusOK || res.Request.URL.Path != b.BasePath+"/csrf" {
		b.t.Fatalf("cardeatest: sign in with %s: ended at %s with %s", provider, res.Request.URL.Redacted(), res.Status)
	}
	if b.Session() == nil {
		b.t.Fatalf("cardeatest: sign in with %s: no session afterwards", provider)
	}
}

// questionPattern finds the question in the page that asks whether to link an account.
var questionPattern = regexp.MustCompile(`name="question" value="([A-Za-z0-9_.-]+)"`)

// text returns the body of an answer that read has returned.
func (b *Browser) text(res *http.Response) string {
	b.t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatalf("cardeatest: read the answer: %v", err)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return string(body)
}

// SignOut signs the visitor out as the sign-out page does.
func (b *Browser) SignOut() {
	b.t.Helper()
	res := b.Post("/signout", url.Values{"callbackUrl": {b.Site + b.BasePath + "/csrf"}})
	if res.StatusCode != http.StatusOK {
		b.t.Fatalf("cardeatest: sign out: %s", res.Status)
	}
}

// Get opens the page at a URL, as Do does.
func (b *Browser) Get(url string) (*http.Response, error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return b.Do(req)
}

// Do sends a request, as [http.Client.Do] does. Of an HTML page it keeps the hidden inputs by which
// forms are bound to the link of a mail, for Post; the body of such an answer is in memory.
func (b *Browser) Do(req *http.Request) (*http.Response, error) {
	res, err := b.Client.Do(req)
	if err != nil || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	for _, form := range formPattern.FindAllSubmatch(body, -1) {
		if mark := markPattern.FindSubmatch(form[2]); mark != nil {
			b.marks.Store(string(form[1]), string(mark[1]))
		}
	}
	return res, nil
}

// formPattern finds the forms of a page with their actions, and markPattern the input that binds a
// form to a link.
var (
	formPattern = regexp.MustCompile(`(?s)<form[^>]* action="([^"]+)"[^>]*>(.*?)</form>`)
	markPattern = regexp.MustCompile(`name="link" value="([A-Za-z0-9_-]+)"`)
)

// Session returns the JSON object of the application's session endpoint, or nil if the visitor is
// not signed in.
func (b *Browser) Session() map[string]any {
	b.t.Helper()
	var session map[string]any
	b.getJSON("/session", &session)
	if len(session) == 0 { // null, and {} in the protocol of next-auth 4
		return nil
	}
	return session
}

// Post posts a form to the endpoint path below BasePath, such as "/signout", and follows redirects.
// It adds the CSRF token unless form has one; form may be nil. If a page that the visitor has
// opened binds that form to the link of a mail, it adds the input link, unless form has one. The
// whole body of the answer is in memory, so closing it is not needed.
func (b *Browser) Post(path string, form url.Values) *http.Response {
	b.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	if !form.Has("csrfToken") {
		form.Set("csrfToken", b.CSRFToken())
	}
	action, _, _ := strings.Cut(b.BasePath+path, "?")
	if mark, ok := b.marks.Load(action); ok && !form.Has("link") {
		form.Set("link", mark.(string))
	}
	res, err := b.Client.PostForm(b.Site+b.BasePath+path, form)
	if err != nil {
		b.t.Fatalf("cardeatest: post %s: %v", path, err)
	}
	return b.read(res)
}

// CSRFToken returns the CSRF token that forms of the application must contain.
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

// read replaces the body of an answer with a copy in memory, so that its connection is free again.
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
