package cardea_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// hostileProvider is a transport to a provider with a hostile response at one path and correct
// responses at the others.
type hostileProvider struct {
	path   string // suffix; "" for no hostile response
	status int
	kind   string
	body   string
}

func (p *hostileProvider) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if p.path != "" && strings.HasSuffix(r.URL.Path, p.path) {
		w.Header().Set("Content-Type", p.kind)
		w.WriteHeader(p.status)
		_, _ = io.WriteString(w, p.body)
	} else {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, map[string]string{
			"/token": `{"access_token":"good","token_type":"bearer"}`, "/user": `{"id":7,"login":"mallory"}`,
			"/user/emails": `[{"email":"mallory@example.com","primary":true,"verified":true}]`,
		}[r.URL.Path])
	}
	res := w.Result()
	res.Request = r
	return res, nil
}

// FuzzProvider lets a provider send anything from its token, userinfo and e-mail endpoints
// (Passport CVE-2021-41580, Pomerium CVE-2024-47616). The sign-in ends with a redirect, nobody is
// signed in as a user of another provider, and no value is stored that pages and columns cannot
// hold.
func FuzzProvider(f *testing.F) {
	const token, user, emails = "/token", "/user", "/emails"
	for _, seed := range [][2]string{
		{token, `{"access_token":"a","token_type":"bearer"}`},
		{token, `{"access_token":"a","token_type":"bearer","id_token":"eyJhbGciOiJub25lIn0.e30."}`},
		{token, `{"access_token":["a"],"expires_in":1e309,"scope":{}}`}, {token, "access_token=a&token_type=bearer"},
		{token, `{"error":"invalid_grant","error_description":"\u0000"}`},
		{token, `{"error":"` + strings.Repeat("x", 10000) + `"}`}, {user, `{"id":"` + strings.Repeat("7", 256) + `"}`},
		{user, `{"id":" undefined "}`},
		{user, `{"id":8,"name":"\u0000\n` + strings.Repeat("ö", 300) + `"}`},
		{user, `{"id":9,"avatar_url":"javascript:alert(1)"}`}, {emails, `[{"email":"<a>\n@b","verified":true}]`},
		{user, `{"id":7,"name":"Mallory","email":"ann@example.com","verified":true}`},
		{user, `{"id":"","email":"m@example.com"}`}, {user, `{"id":1001}`}, {user, `{"id":"1001","name":"\ud800"}`},
		{user, `{"id":9007199254740993}`}, {user, `{"id":{"$ne":1}}`}, {user, `{"id":1e400}`}, {user, `[]`},
		{user, `null`}, {user, ""}, {user, `{"id":7,"id":8}`},
		{emails, `[{"email":"ann@example.com","primary":true,"verified":true}]`}, {emails, `[{"email":1}]`},
		{emails, `[null]`}, {emails, `{}`}, {emails, strings.Repeat("[", 10000)},
	} {
		for _, status := range []int{200, 204, 302, 400, 500} {
			f.Add(seed[0], status, "application/json", seed[1])
		}
		f.Add(seed[0], 200, "text/html", seed[1])
	}
	hostile := new(hostileProvider)
	var known string
	var in *cardea.SignIn
	x := newFuzzTarget(f, cardea.StrategyJWT, func(c *cardea.Config) {
		c.Providers = append(c.Providers, fakeGitHub())
		c.HTTPClient.Transport = perHostTransport{"hub.example": hostile, "localhost:1": c.HTTPClient.Transport}
		c.Events.SignIn = func(_ context.Context, s *cardea.SignIn) { in = s }
	})
	ann, err := x.store.UserByEmail(f.Context(), "ann@example.com")
	if err != nil {
		f.Fatal(err)
	}
	known = ann.ID
	f.Add("", 200, "", "") // no hostile response
	f.Fuzz(func(t *testing.T, path string, status int, kind, body string) {
		if status < 200 || status > 999 {
			return // an HTTP server cannot send such a status
		}
		*hostile = hostileProvider{path, status, kind, body}
		begun := x.ask(http.MethodPost, "/signin/hub", csrfCookie+"="+x.csrf, url.Values{"csrfToken": {x.csrfToken}})
		to, err := url.Parse(begun.Header().Get("Location"))
		if err != nil || to.Host != "hub.example" {
			t.Fatalf("sign in: %d to %v, %v", begun.Code, to, err)
		}
		state := to.Query().Get("state")
		name := stateCookiePrefix + state[:21]
		x.reset()
		in = nil
		res := x.ask(http.MethodGet, "/callback/hub?code=c&state="+url.QueryEscape(state),
			name+"="+begun.cookieValue(name),
			nil)
		x.checkAnswer(t, "callback", res)
		if res.Code != http.StatusFound {
			t.Errorf("status %d", res.Code)
		}
		failed := strings.Contains(res.Header().Get("Location"), "error=")
		signedIn, written := res.cookieValue(sessionCookie) != "", len(x.store.writes()) > 0
		if signedIn == failed || signedIn != written || signedIn != (in != nil) {
			t.Errorf("signed in: %v, redirected to %q, written: %v", signedIn, res.Header().Get("Location"),
				x.store.writes())
		}
		if in != nil {
			checkPerson(t, in, known)
		} else if path == "" {
			t.Errorf("nobody is signed in, although all responses are correct: %s", &x.log)
		}
		if x.log.Len() > maxLogged {
			t.Errorf("%d bytes logged", x.log.Len())
		}
	})
}

// checkPerson checks who has signed in. known is the ID of a user of another provider.
func checkPerson(t *testing.T, in *cardea.SignIn, known string) {
	t.Helper()
	odd := func(r rune) bool { return r < ' ' || r == 0x7f }
	if id := strings.ToLower(strings.TrimSpace(in.Account.ProviderAccountID)); in.User.ID == known || id == "" ||
		id == "undefined" || len(id) > 255 {
		t.Fatalf("the account %q belongs to a user of another provider, or identifies nobody", id)
	}
	if u := in.User; !utf8.ValidString(u.Name) || utf8.RuneCountInString(u.Name) > 255 ||
		strings.ContainsFunc(u.Name, odd) {
		t.Errorf("the stored name is %q", u.Name)
	}
	if u := in.User; u.Email != "" && (strings.Count(u.Email, "@") != 1 || strings.ContainsAny(u.Email, " <>,;\"") ||
		strings.ContainsFunc(u.Email, odd)) {
		t.Errorf("the stored address is %q", u.Email)
	}
	if image, err := url.Parse(in.User.Image); in.User.Image != "" &&
		(err != nil || image.Host == "" || image.Scheme != "https" && image.Scheme != "http") {
		t.Errorf("the stored picture is %q", in.User.Image)
	}
}

// fakeGitHub returns a provider like GitHub, at the host hub.example.
func fakeGitHub() *oauth.Provider {
	p := provider.GitHub(provider.Client{ID: "app", Secret: "the client's secret"})
	p.ID = "hub"
	p.AuthorizationURL, p.TokenURL = "https://hub.example/authorize", "https://hub.example/token"
	p.UserinfoURL, p.EmailsURL = "https://hub.example/user", "https://hub.example/user/emails"
	return p
}

// perHostTransport chooses a transport by host.
type perHostTransport map[string]http.RoundTripper

func (e perHostTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return e[r.URL.Host].RoundTrip(r)
}
