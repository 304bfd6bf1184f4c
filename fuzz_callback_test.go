package cardea_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// What a stranger can send is fuzzed here, and in the other files of this name, through the whole
// handler, without a network. Inputs may hold the words STATE, ISSUER, ATTEMPT, SESSION, CSRF,
// TOKEN, MAIL and LINK, in whose place come real values, so that fuzzing gets behind the first
// check. What a run finds worth keeping goes into testdata/fuzz.

// handlerTransport is a transport to a handler of this process.
type handlerTransport struct{ http.Handler }

func (p handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r
	return res, nil
}

// target is an application under fuzzing, with the real values of a visitor who is signed in and
// has a sign-in under way.
type fuzzTarget struct {
	auth        *cardea.Auth
	issuer      *cardeatest.Issuer
	store       *watchedStore
	log         bytes.Buffer
	credentials []map[string]string // what the check of credentials was asked about
	mails       []*cardea.SignInMail

	session, csrf, csrfToken, state, attempt, mail string
}

const origin = "http://localhost"

func newFuzzTarget(f *testing.F, strategy cardea.Strategy, change ...func(*cardea.Config)) *fuzzTarget {
	f.Helper()
	issuer := cardeatest.NewLocalIssuer("http://localhost:1/idp", "app", "the client's secret",
		person("1001", "ann@example.com"))
	x := &fuzzTarget{issuer: issuer, store: &watchedStore{Adapter: memadapter.New()}}
	often := cardea.Limit{Count: 1 << 30, Within: time.Hour}
	c := cardea.Config{
		Secret: secret, Adapter: x.store, Session: cardea.SessionConfig{Strategy: strategy},
		Providers: []cardea.Provider{
			provider.OIDC("idp", "IdP", provider.Client{ID: "app", Secret: "the client's secret", Issuer: issuer.URL}),
			&cardea.EmailProvider{
				ID: "email", Name: "Email", Normalize: email.Normalize, Send: x.send, AddressLimit: often,
				ClientLimit: often,
			},
			&cardea.CredentialsProvider{
				ID: "form", Name: "Form", Fields: []cardea.Field{{Name: "name", Required: true}, {Name: "pin"}},
				Authorize: x.authorize,
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
	auth.SetClock(func() time.Time { return start }) // or the values would expire while fuzzing goes on
	x.csrf = x.ask(http.MethodGet, "/csrf", "", nil).cookieValue(csrfCookie)
	x.csrfToken = x.csrf[:64]
	x.signIn(f)
	x.startSignIn(f)
	return x
}

// real puts the real values into an input.
func (x *fuzzTarget) fill(input string) string {
	link := ""
	if len(x.mails) > 0 {
		link = x.mails[len(x.mails)-1].URL
	}
	_, link, _ = strings.Cut(link, "?")
	return strings.NewReplacer(
		"STATE", url.QueryEscape(x.state), "ISSUER", url.QueryEscape(x.issuer.URL), "ATTEMPT", x.attempt, "SESSION",
		x.session, "CSRF", x.csrf,
		"TOKEN", x.csrfToken, "MAIL", x.mail, "LINK", link,
	).Replace(input)
}

func (x *fuzzTarget) send(_ context.Context, m *cardea.SignInMail) error {
	x.mails = append(x.mails, m)
	return nil
}

// authorize refuses everybody.
func (x *fuzzTarget) authorize(_ context.Context, values map[string]string, _ *http.Request) (*cardea.User, error) {
	x.credentials = append(x.credentials, values)
	return nil, nil
}

// forget makes a new start: of what comes to pass from now on nothing has.
func (x *fuzzTarget) reset() {
	x.store.breakDown() // nothing: it only forgets what was called
	x.log.Reset()
	x.credentials, x.mails = nil, nil
}

// askForMail leaves a new sign-in by mail under way, of somebody who has no user.
func (x *fuzzTarget) requestMail(t testing.TB) {
	t.Helper()
	x.mails = nil
	form := url.Values{"csrfToken": {x.csrfToken}, "email": {strings.ToLower(rand.Text()) + "@example.com"}}
	res := x.ask(http.MethodPost, "/signin/email", csrfCookie+"="+x.csrf, form)
	if x.mail = mailCookie + "=" + res.cookieValue(mailCookie); len(x.mails) != 1 || res.Code != http.StatusSeeOther {
		t.Fatalf("ask for a mail: %d, %d mails", res.Code, len(x.mails))
	}
}

// begin leaves a new sign-in under way.
func (x *fuzzTarget) startSignIn(t testing.TB) (authorize string) {
	t.Helper()
	res := x.ask(http.MethodPost, "/signin/idp", csrfCookie+"="+x.csrf, url.Values{"csrfToken": {x.csrfToken}})
	to, err := url.Parse(res.Header().Get("Location"))
	if err != nil || res.Code != http.StatusSeeOther {
		t.Fatalf("sign in: %d, %v", res.Code, err)
	}
	x.state = to.Query().Get("state")
	name := attemptPrefix + x.state[:21]
	x.attempt = name + "=" + res.cookieValue(name)
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
	q.Set("person", "1001") // chosen on the provider's page
	r := httptest.NewRequest(http.MethodPost, authorize.String(), strings.NewReader(q.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	x.issuer.ServeHTTP(w, r)
	back, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther {
		t.Fatalf("the provider: %d %s, %v", w.Code, w.Body, err)
	}
	res := x.ask(http.MethodGet, "/callback/idp?"+back.RawQuery, x.attempt, nil)
	if x.session = res.cookieValue(sessionCookie); x.session == "" {
		t.Fatalf("sign in: %d to %s", res.Code, res.Header().Get("Location"))
	}
}

// answer is what the handler answered.
type response struct{ *httptest.ResponseRecorder }

// set returns the value that the answer gives to a cookie.
func (a response) cookieValue(name string) string {
	for _, c := range a.Result().Cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// ask asks the handler. Cookies and query are sent as they are, whatever they hold.
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

// checkAnswer checks what holds for each answer to a stranger: no failure of the server's, no way
// off the site, and nobody signed in.
func (x *fuzzTarget) checkAnswer(t *testing.T, what string, res response) {
	t.Helper()
	if res.Code >= 500 {
		t.Errorf("%s: status %d", what, res.Code)
	}
	if to := res.Header().Get("Location"); to != "" && !onSite(to) {
		t.Errorf("%s: leads to %q", what, to)
	}
	if res.Header().Get("Location") == "" && res.Code >= 300 && res.Code < 400 {
		t.Errorf("%s: status %d to nowhere", what, res.Code)
	}
	for _, c := range res.Result().Cookies() {
		if strings.Contains(c.Name, "callback-url") {
			if kept, err := url.QueryUnescape(c.Value); err != nil || !onSite(kept) {
				t.Errorf("%s: keeps %q", what, c.Value)
			}
		}
	}
	for name := range res.Header() {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %s", what, name)
		}
	}
}

// within reports whether a browser that is sent there stays on the site.
func onSite(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Scheme+"://"+u.Host == origin && u.User == nil &&
		(len(to) == len(origin) || strings.IndexByte("/?#", to[len(origin)]) == 0) &&
		!strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' })
}

// NextAuth CVE-2023-27490, Zitadel CVE-2025-46815 and standards 66, for any query and cookies of a
// callback: it fails, with an answer, and writes nothing. The code is the one thing that fuzzing
// cannot know.
func FuzzCallback(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"state=STATE&iss=ISSUER&code=c", "ATTEMPT"}, {"state=STATE&iss=ISSUER", "ATTEMPT"},
		{"state=STATE&iss=ISSUER&error=access_denied", "ATTEMPT"},
		{"state=STATE&code=c", "ATTEMPT"}, {"state=STATE&iss=ISSUER&iss=ISSUER&code=c", "ATTEMPT"},
		{"state=STATE&state=x&code=c&iss=ISSUER", "ATTEMPT; ATTEMPT"},
		{"state=.&code=c", "authjs.state.=x"}, {"state=a.b&code=c", "authjs.state.a=x"}, {"state=%zz", "ATTEMPT"},
		{"state=STATE;code=c", "ATTEMPT"},
		{"state=STATE&iss=ISSUER&error=%0d%0aSet-Cookie:a=b&callbackUrl=//evil.example",
			"ATTEMPT; authjs.session-token=SESSION"},
		{"state=STATE&iss=ISSUER&code=%00&access_token=a&id_token=b",
			"authjs.session-token.0=a; ATTEMPT; authjs.csrf-token=CSRF"},
	} {
		f.Add(seed[0], seed[1])
	}
	x := newFuzzTarget(f, cardea.StrategyDatabase)
	f.Fuzz(func(t *testing.T, query, cookie string) {
		if strings.Contains(query, "STATE") && strings.Contains(cookie, "ATTEMPT") { // an attempt can be used once
			x.startSignIn(t)
		}
		x.reset()
		res := x.ask(http.MethodGet, "/callback/idp?"+x.fill(query), x.fill(cookie), nil)
		x.checkAnswer(t, "callback", res)
		to := res.Header().Get("Location")
		if res.Code != http.StatusFound || to != origin+"/api/auth/error?error=Configuration" &&
			to != origin+"/api/auth/signin?error=OAuthCallbackError" {
			t.Errorf("%d to %q", res.Code, to)
		}
		for _, c := range res.Result().Cookies() {
			if strings.HasPrefix(c.Name, sessionCookie) {
				t.Errorf("a failed sign-in sets or clears %s", c.Name)
			}
		}
		if w := x.store.writes(); len(w) > 0 {
			t.Errorf("written: %v", w)
		}
	})
}

var callbackField = regexp.MustCompile(`name="callbackUrl" value="([^"]*)"`)

// NextAuth CVE-2022-31093, CVE-2022-24858 and CVE-2022-29214, oauth2-proxy GHSA-qqxw-m5fj-f7gv and
// standards 11, for any callback URL in query, form and cookie.
func FuzzCallbackURL(f *testing.F) {
	for _, v := range hostile("localhost") {
		f.Add(v)
	}
	for _, v := range []string{
		"/", "/a?b=c#d", origin, origin + "/a%20b", "HTTP://LOCALHOST/a", "http://localhost:80/a",
		"/" + strings.Repeat("%25", 600),
	} {
		f.Add(v)
	}
	x := newFuzzTarget(f, cardea.StrategyJWT)
	f.Fuzz(func(t *testing.T, v string) {
		own := csrfCookie + "=" + x.csrf
		form := url.Values{"csrfToken": {x.csrfToken}}
		asked := url.Values{"csrfToken": {x.csrfToken}, "callbackUrl": {v}}
		for what, res := range map[string]response{
			"query of the page":      x.ask(http.MethodGet, "/signin"+query(v), own, nil),
			"raw query of the page":  x.ask(http.MethodGet, "/signin?callbackUrl="+v, own, nil),
			"cookie of the page":     x.ask(http.MethodGet, "/signin", own+"; "+callbackCookie+"="+escaped(v), nil),
			"raw cookie of the page": x.ask(http.MethodGet, "/signin", own+"; "+callbackCookie+"="+v, nil),
			"form of sign out":       x.ask(http.MethodPost, "/signout", own, asked),
			"query of sign out":      x.ask(http.MethodPost, "/signout"+query(v), own, form),
			"cookie of sign out":     x.ask(http.MethodPost, "/signout", own+"; "+callbackCookie+"="+escaped(v), form),
			"form of sign in":        x.ask(http.MethodPost, "/signin", own, asked),
			"query of a callback":    x.ask(http.MethodGet, "/callback/idp"+query(v), own, nil),
			"query of an error":      x.ask(http.MethodGet, "/error"+query(v), own, nil),
		} {
			x.checkAnswer(t, what, res)
			if to, err := url.Parse(res.Header().Get("Location")); err == nil && to.Query().Has("callbackUrl") &&
				!onSite(to.Query().Get("callbackUrl")) {
				t.Errorf("%s: hands on %q", what, to.Query().Get("callbackUrl"))
			}
			if field := callbackField.FindStringSubmatch(res.Body.String()); field != nil &&
				!onSite(html.UnescapeString(field[1])) {
				t.Errorf("%s: the page has %q", what, field[1])
			}
		}
		res := x.ask(http.MethodPost, "/signin/idp", own, asked)
		if to := res.Header().Get("Location"); res.Code != http.StatusSeeOther ||
			!strings.HasPrefix(to, "http://localhost:1/idp/authorize?") {
			t.Errorf("sign in: %d to %q", res.Code, to)
		}
	})
}

// NextAuth CVE-2023-48309, fiber CVE-2026-25899 and Pomerium CVE-2021-29652, for any cookies: only
// the visitor's own session is one, and nothing else makes the handler stumble. An attempt or a
// CSRF token that is none is refused.
func FuzzCookies(f *testing.F) {
	for _, seed := range []string{
		"", "authjs.session-token=SESSION", "authjs.session-token=ATTEMPT", "authjs.session-token=CSRF",
		"authjs.session-token=SESSIO", "authjs.session-token=xSESSION",
		"authjs.session-token.0=SESSION", "authjs.session-token.0=SESSION; authjs.session-token.1=x",
		"authjs.session-token.1=SESSION", "authjs.session-token.99=a",
		"authjs.session-token.100=a", "authjs.session-token.00=SESSION",
		"authjs.session-token=; authjs.session-token.0=a; authjs.session-token.2=b",
		"authjs.session-token=%", "authjs.session-token=%ff",
		"authjs.session-token=eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwiemlwIjoiREVGIn0..a.b.c",
		"__Secure-authjs.session-token=SESSION", "next-auth.session-token=SESSION", "ATTEMPT",
		"ATTEMPT; authjs.session-token=SESSION", "authjs.csrf-token=CSRF",
		"authjs.csrf-token=a|b", "authjs.csrf-token=" + strings.Repeat("a", 64) + "%7C" + strings.Repeat("b", 64),
		"authjs.state.x=SESSION", ";;;===;", "a=b\x00c; d",
		"authjs.callback-url=//evil.example; authjs.session-token=SESSION", strings.Repeat("a=b; ", 300),
		"authjs.session-token=" + strings.Repeat(".", 5000),
	} {
		f.Add(seed)
	}
	targets := []*fuzzTarget{newFuzzTarget(f, cardea.StrategyDatabase), newFuzzTarget(f, cardea.StrategyJWT)}
	f.Fuzz(func(t *testing.T, cookie string) {
		for _, x := range targets {
			x.reset()
			sent := x.fill(cookie)
			res := x.ask(http.MethodGet, "/session", sent, nil)
			x.checkAnswer(t, "session", res)
			body := res.Body.String()
			hasSession := strings.Contains(sent, x.session)
			if res.Code != http.StatusOK || body != "null" &&
				(!hasSession || !strings.Contains(body, `"ann@example.com"`)) {
				t.Errorf("session: %d %s", res.Code, body)
			}
			r := httptest.NewRequest(http.MethodGet, origin+"/", nil)
			r.Header["Cookie"] = []string{sent}
			w := httptest.NewRecorder()
			x.auth.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusTeapot)
			})).ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized && w.Code != http.StatusTeapot ||
				(w.Code == http.StatusTeapot) != (body != "null") {
				t.Errorf("guard: %d, and the session is %s", w.Code, body)
			}
			x.checkAnswer(t, "page", x.ask(http.MethodGet, "/signin", sent, nil))
			if !strings.Contains(sent, x.state[:18]) {
				res := x.ask(http.MethodGet, "/callback/idp?code=c&iss=http://localhost:1/idp&state="+x.state, sent,
					nil)
				x.checkAnswer(t, "callback", res)
				if to := res.Header().Get("Location"); to != origin+"/api/auth/error?error=Configuration" {
					t.Errorf("callback: leads to %q", to)
				}
			}
			res = x.ask(http.MethodPost, "/signin", sent, url.Values{"csrfToken": {x.csrfToken}})
			x.checkAnswer(t, "form", res)
			if refused := strings.Contains(res.Header().Get("Location"), "MissingCSRF"); !refused &&
				!strings.Contains(sent, x.csrfToken) {
				t.Errorf("form: leads to %q", res.Header().Get("Location"))
			}
			if w := x.store.writes(); len(w) > 0 {
				t.Errorf("written: %v", w)
			}
		}
	})
}
