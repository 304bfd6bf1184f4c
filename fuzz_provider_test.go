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

// hostileProvider answers at some paths as it likes, and at the others as it should.
type hostileProvider struct {
	path   string
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

// Passport CVE-2021-41580, Pomerium CVE-2024-47616 and rows of identity providers: whatever a
// provider answers at its token, userinfo and e-mail endpoints, the sign-in ends with an answer,
// and nobody is signed in as a user whom that provider has not brought here, or stored with what no
// page and no column should hold.
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
		c.HTTPClient.Transport = perHostTransport{"fakeGitHub.example": hostile, "localhost:1": c.HTTPClient.Transport}
		c.Events.SignIn = func(_ context.Context, s *cardea.SignIn) { in = s }
	})
	ann, err := x.store.UserByEmail(f.Context(), "ann@example.com")
	if err != nil {
		f.Fatal(err)
	}
	known = ann.ID
	f.Add("", 200, "", "") // as it should
	f.Fuzz(func(t *testing.T, path string, status int, kind, body string) {
		if status < 200 || status > 999 {
			return // no HTTP server can
		}
		*hostile = hostileProvider{path, status, kind, body}
		begun := x.ask(http.MethodPost, "/signin/fakeGitHub", csrfCookie+"="+x.csrf, url.Values{"csrfToken": {x.csrfToken}})
		to, err := url.Parse(begun.Header().Get("Location"))
		if err != nil || to.Host != "fakeGitHub.example" {
			t.Fatalf("sign in: %d to %v, %v", begun.Code, to, err)
		}
		state := to.Query().Get("state")
		name := attemptPrefix + state[:21]
		x.reset()
		in = nil
		res := x.ask(http.MethodGet, "/callback/fakeGitHub?code=c&state="+url.QueryEscape(state), name+"="+begun.cookieValue(name),
			nil)
		x.checkAnswer(t, "callback", res)
		if res.Code != http.StatusFound {
			t.Errorf("status %d", res.Code)
		}
		failed := strings.Contains(res.Header().Get("Location"), "error=")
		if signedIn := res.cookieValue(sessionCookie) != ""; signedIn == failed || signedIn != (len(x.store.writes()) > 0) ||
			signedIn != (in != nil) {
			t.Errorf("signed in: %v, sent to %q, written: %v", signedIn, res.Header().Get("Location"), x.store.writes())
		}
		if in != nil {
			checkPerson(t, in, known)
		} else if path == "" {
			t.Errorf("nobody is signed in, although all is well: %s", &x.log)
		}
		if x.log.Len() > maxLogged {
			t.Errorf("%d bytes logged", x.log.Len())
		}
	})
}

// checkPerson checks who was signed in. Whom another provider has brought here is known.
func checkPerson(t *testing.T, in *cardea.SignIn, known string) {
	t.Helper()
	odd := func(r rune) bool { return r < ' ' || r == 0x7f }
	if id := strings.ToLower(strings.TrimSpace(in.Account.ProviderAccountID)); in.User.ID == known || id == "" ||
		id == "undefined" || len(id) > 255 {
		t.Fatalf("the account %q is another provider's user's, or nobody's", id)
	}
	if u := in.User; !utf8.ValidString(u.Name) || utf8.RuneCountInString(u.Name) > 255 ||
		strings.ContainsFunc(u.Name, odd) {
		t.Errorf("stored is the name %q", u.Name)
	}
	if u := in.User; u.Email != "" && (strings.Count(u.Email, "@") != 1 || strings.ContainsAny(u.Email, " <>,;\"") ||
		strings.ContainsFunc(u.Email, odd)) {
		t.Errorf("stored is the address %q", u.Email)
	}
	if image, err := url.Parse(in.User.Image); in.User.Image != "" &&
		(err != nil || image.Host == "" || image.Scheme != "https" && image.Scheme != "http") {
		t.Errorf("stored is the picture %q", in.User.Image)
	}
}

// fakeGitHub is an OAuth 2.0 provider like GitHub, at which people have addresses that may be verified.
func fakeGitHub() *oauth.Provider {
	p := provider.GitHub(provider.Client{ID: "app", Secret: "the client's secret"})
	p.ID = "fakeGitHub"
	p.AuthorizationURL, p.TokenURL = "https://fakeGitHub.example/authorize", "https://fakeGitHub.example/token"
	p.UserinfoURL, p.EmailsURL = "https://fakeGitHub.example/user", "https://fakeGitHub.example/user/emails"
	return p
}

// perHostTransport is the transport of whichever host is asked.
type perHostTransport map[string]http.RoundTripper

func (e perHostTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	return e[r.URL.Host].RoundTrip(r)
}
