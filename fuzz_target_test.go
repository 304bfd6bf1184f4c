package cardea_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
	"github.com/cardea-auth/cardea/ratelimit"
)

// The files fuzz_*_test.go fuzz what an attacker can send, through the whole handler and without a
// network. The words STATE, ISSUER, FLOW, SESSION, CSRF, TOKEN, MAIL and LINK of an input are
// replaced by real values, so that inputs pass the first checks. Interesting inputs are kept in
// testdata/fuzz.

// handlerTransport sends requests to a handler of this process.
type handlerTransport struct{ http.Handler }

func (p handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r
	return res, nil
}

// fuzzTarget is an application under fuzzing, with the real values of a visitor who is signed in
// and has begun another sign-in.
type fuzzTarget struct {
	auth        *cardea.Auth
	issuer      *cardeatest.Issuer
	store       *recordingStore
	log         bytes.Buffer
	credentials []map[string]string // what the check of credentials was called with
	mails       []*cardea.SignInMail

	session     string // value of the session cookie
	csrf        string // value of the CSRF cookie
	csrfToken   string
	state       string // parameter of the sign-in that has begun
	stateCookie string // name and value of its state cookie
	mail        string // name and value of the mail cookie
}

// origin is that of the application.
const origin = "http://localhost"

func newFuzzTarget(f *testing.F, strategy cardea.Strategy, change ...func(*cardea.Config)) *fuzzTarget {
	f.Helper()
	issuer := cardeatest.NewLocalIssuer("http://localhost:1/idp", "app", "the client's secret",
		newPerson("1001", "ann@example.com"))
	x := &fuzzTarget{issuer: issuer, store: &recordingStore{Adapter: memadapter.New()}}
	unlimited := ratelimit.Rate{Count: 1 << 30, Within: time.Hour}
	c := cardea.Config{
		Secret: secret, Adapter: x.store, Session: cardea.SessionConfig{Strategy: strategy},
		Providers: []cardea.Provider{
			provider.OIDC("idp", "IdP", provider.Client{ID: "app", Secret: "the client's secret", Issuer: issuer.URL}),
			&cardea.EmailProvider{
				ID: "email", Name: "Email", Normalize: email.Normalize, Send: x.send,
				AddressLimit: unlimited, ClientLimit: unlimited,
			},
			&cardea.CredentialsProvider{
				ID: "form", Name: "Form", Fields: []cardea.Field{{Name: "name", Required: true}, {Name: "pin"}},
				Account: []string{"name"}, Authorize: x.authorize,
			},
		},
		HTTPClient: &http.Client{Transport: handlerTransport{issuer}},
		Logger:     slog.New(slog.NewJSONHandler(&x.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, change := range change {
		change(&c)
	}
	auth, err := cardea.New(c)
	if err != nil {
		f.Fatal(err)
	}
	x.auth = auth
	start := time.Now()
	auth.SetClock(func() time.Time { return start }) // otherwise the values would expire during fuzzing
	x.csrf = x.ask(http.MethodGet, "/csrf", "", nil).cookieValue(csrfCookie)
	x.csrfToken = x.csrf[:64]
	x.signIn(f)
	x.startSignIn(f)
	return x
}

// fill replaces the words of an input by the real values.
func (x *fuzzTarget) fill(input string) string {
	link := ""
	if len(x.mails) > 0 {
		link = x.mails[len(x.mails)-1].URL
	}
	_, link, _ = strings.Cut(link, "?")
	return strings.NewReplacer(
		"STATE", url.QueryEscape(x.state), "ISSUER", url.QueryEscape(x.issuer.URL), "FLOW", x.stateCookie,
		"SESSION", x.session, "CSRF", x.csrf, "TOKEN", x.csrfToken, "MAIL", x.mail, "LINK", link,
	).Replace(input)
}

// send records a mail.
func (x *fuzzTarget) send(_ context.Context, m *cardea.SignInMail) error {
	x.mails = append(x.mails, m)
	return nil
}

// authorize records the input of the check, and refuses it.
func (x *fuzzTarget) authorize(_ context.Context, values map[string]string, _ *http.Request) (*cardea.User, error) {
	x.credentials = append(x.credentials, values)
	return nil, nil
}

// reset forgets the recorded calls, logs, inputs and mails.
func (x *fuzzTarget) reset() {
	x.store.failOnly() // no method fails; the recorded calls are forgotten
	x.log.Reset()
	x.credentials, x.mails = nil, nil
}

// requestMail begins a new sign-in by mail, with the address of a new user.
func (x *fuzzTarget) requestMail(t testing.TB) {
	t.Helper()
	x.mails = nil
	form := url.Values{"csrfToken": {x.csrfToken}, "email": {strings.ToLower(rand.Text()) + "@example.com"}}
	res := x.ask(http.MethodPost, "/signin/email", csrfCookie+"="+x.csrf, form)
	if x.mail = mailCookie + "=" + res.cookieValue(mailCookie); len(x.mails) != 1 || res.Code != http.StatusSeeOther {
		t.Fatalf("request a mail: %d, %d mails", res.Code, len(x.mails))
	}
}

// startSignIn begins a new sign-in, and returns the authorization URL.
func (x *fuzzTarget) startSignIn(t testing.TB) (authorize string) {
	t.Helper()
	res := x.ask(http.MethodPost, "/signin/idp", csrfCookie+"="+x.csrf, url.Values{"csrfToken": {x.csrfToken}})
	to, err := url.Parse(res.Header().Get("Location"))
	if err != nil || res.Code != http.StatusSeeOther {
		t.Fatalf("sign in: %d, %v", res.Code, err)
	}
	x.state = to.Query().Get("state")
	name := stateCookiePrefix + x.state[:21]
	x.stateCookie = name + "=" + res.cookieValue(name)
	return to.String()
}

// signIn signs the visitor in.
func (x *fuzzTarget) signIn(t testing.TB) {
	t.Helper()
	authorize, err := url.Parse(x.startSignIn(t))
	if err != nil {
		t.Fatal(err)
	}
	q := authorize.Query()
	q.Set("person", "1001") // as chosen on the provider's page
	r := httptest.NewRequest(http.MethodPost, authorize.String(), strings.NewReader(q.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	x.issuer.ServeHTTP(w, r)
	back, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther {
		t.Fatalf("the provider: %d %s, %v", w.Code, w.Body, err)
	}
	res := x.ask(http.MethodGet, "/callback/idp?"+back.RawQuery, x.stateCookie, nil)
	if x.session = res.cookieValue(sessionCookie); x.session == "" {
		t.Fatalf("sign in: %d to %s", res.Code, res.Header().Get("Location"))
	}
}

// response is a response of the handler.
type response struct{ *httptest.ResponseRecorder }

// cookieValue returns the value that the response sets for a cookie.
func (a response) cookieValue(name string) string {
	for _, c := range a.Result().Cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// ask sends a request to the handler. Cookies and query are sent unchanged, even if they are not
// valid.
func (x *fuzzTarget) ask(method, path, cookie string, form url.Values) response {
	path, query, _ := strings.Cut(path, "?")
	r := httptest.NewRequest(method, origin+"/api/auth"+path, strings.NewReader(form.Encode()))
	r.URL.RawQuery = query
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != "" {
		r.Header["Cookie"] = []string{cookie}
	}
	w := httptest.NewRecorder()
	x.auth.ServeHTTP(w, r)
	return response{w}
}

// checkAnswer checks what must hold for each response to an attacker: it is no failure of the
// server, does not redirect to another site, keeps no URL of another site, and other origins cannot
// read it.
func (x *fuzzTarget) checkAnswer(t *testing.T, what string, res response) {
	t.Helper()
	if res.Code >= 500 {
		t.Errorf("%s: status %d", what, res.Code)
	}
	if to := res.Header().Get("Location"); to != "" && !onSite(to) {
		t.Errorf("%s: redirects to %q", what, to)
	}
	if res.Header().Get("Location") == "" && res.Code >= 300 && res.Code < 400 {
		t.Errorf("%s: status %d without Location", what, res.Code)
	}
	for _, c := range res.Result().Cookies() {
		if strings.Contains(c.Name, "callback-url") {
			if kept, err := url.QueryUnescape(c.Value); err != nil || !onSite(kept) {
				t.Errorf("%s: the callback cookie is %q", what, c.Value)
			}
		}
	}
	for name := range res.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %s", what, name)
		}
	}
}

// onSite reports whether a redirect to this URL stays on the site in every browser.
func onSite(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Scheme+"://"+u.Host == origin && u.User == nil &&
		(len(to) == len(origin) || strings.IndexByte("/?#", to[len(origin)]) == 0) &&
		!strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' })
}

// post posts a body with a content type to a path below the base path.
func (x *fuzzTarget) post(path, kind, body, cookie string, client http.Header) response {
	r := httptest.NewRequest(http.MethodPost, origin+"/", strings.NewReader(body))
	r.URL.Path = "/api/auth/" + path
	for name, values := range client {
		r.Header[name] = values
	}
	r.Header["Content-Type"], r.Header["Cookie"] = []string{kind}, []string{cookie}
	w := httptest.NewRecorder()
	x.auth.ServeHTTP(w, r)
	return response{w}
}

// maxLogged is how many bytes one request may log.
const maxLogged = 4 << 10
