package cardea_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/provider"
)

// hostileProvider answers at some paths as it likes, and hands out a good access token at the others.
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
		_, _ = io.WriteString(w, `{"access_token":"good","token_type":"bearer"}`)
	}
	res := w.Result()
	res.Request = r
	return res, nil
}

// Passport CVE-2021-41580, Pomerium CVE-2024-47616 and rows of identity providers: whatever a provider answers at its token, userinfo and e-mail
// endpoints, the sign-in ends with an answer, and nobody is signed in as a user whom that provider has not brought here.
func FuzzProvider(f *testing.F) {
	const token, user, emails = "/token", "/user", "/emails"
	for _, seed := range [][2]string{
		{token, `{"access_token":"a","token_type":"bearer"}`}, {token, `{"access_token":"a","token_type":"bearer","id_token":"eyJhbGciOiJub25lIn0.e30."}`},
		{token, `{"access_token":["a"],"expires_in":1e309,"scope":{}}`}, {token, "access_token=a&token_type=bearer"}, {token, `{"error":"invalid_grant","error_description":"\u0000"}`},
		{user, `{"id":7,"name":"Mallory","email":"ann@example.com","verified":true}`}, {user, `{"id":"","email":"m@example.com"}`}, {user, `{"id":1001}`}, {user, `{"id":"1001","name":"\ud800"}`},
		{user, `{"id":9007199254740993}`}, {user, `{"id":{"$ne":1}}`}, {user, `{"id":1e400}`}, {user, `[]`}, {user, `null`}, {user, ""}, {user, `{"id":7,"id":8}`},
		{emails, `[{"email":"ann@example.com","primary":true,"verified":true}]`}, {emails, `[{"email":1}]`}, {emails, `[null]`}, {emails, `{}`}, {emails, strings.Repeat("[", 10000)},
	} {
		for _, status := range []int{200, 204, 302, 400, 500} {
			f.Add(seed[0], status, "application/json", seed[1])
		}
		f.Add(seed[0], 200, "text/html", seed[1])
	}
	hostile := new(hostileProvider)
	var known string
	var taken []string // the accounts of hub that are somebody's whom another provider has brought here
	x := newTarget(f, cardea.Database, func(c *cardea.Config) {
		c.Providers = append(c.Providers, hub())
		c.HTTPClient.Transport = either{"hub.example": hostile, "localhost:1": c.HTTPClient.Transport}
		c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) {
			if in.Account.Provider == "hub" && (in.User.ID == known || in.Account.ProviderAccountID == "") {
				taken = append(taken, in.Account.ProviderAccountID)
			}
		}
	})
	ann, err := x.store.UserByEmail(f.Context(), "ann@example.com")
	if err != nil {
		f.Fatal(err)
	}
	known = ann.ID
	f.Fuzz(func(t *testing.T, path string, status int, kind, body string) {
		if status < 200 || status > 999 {
			return // no HTTP server can
		}
		*hostile = hostileProvider{path, status, kind, body}
		begun := x.ask(http.MethodPost, "/signin/hub", csrfCookie+"="+x.csrf, url.Values{"csrfToken": {x.csrfToken}})
		to, err := url.Parse(begun.Header().Get("Location"))
		if err != nil || to.Host != "hub.example" {
			t.Fatalf("sign in: %d to %v, %v", begun.Code, to, err)
		}
		state := to.Query().Get("state")
		name := attemptPrefix + strings.SplitN(state, ".", 2)[0]
		x.forget()
		res := x.ask(http.MethodGet, "/callback/hub?code=c&state="+url.QueryEscape(state), name+"="+begun.set(name), nil)
		x.checkAnswer(t, "callback", res)
		if res.Code != http.StatusFound {
			t.Errorf("status %d", res.Code)
		}
		failed := strings.Contains(res.Header().Get("Location"), "error=")
		if signedIn := res.set(sessionCookie) != ""; signedIn == failed || signedIn != (len(x.store.writes()) > 0) {
			t.Errorf("signed in: %v, sent to %q, written: %v", signedIn, res.Header().Get("Location"), x.store.writes())
		}
		if len(taken) > 0 {
			t.Fatalf("the accounts %q are another provider's user's, or nobody's", taken)
		}
		if x.log.Len() > maxLogged {
			t.Errorf("%d bytes logged", x.log.Len())
		}
	})
}

// hub is an OAuth 2.0 provider like GitHub, at which people have addresses that may be verified.
func hub() *cardea.OAuthProvider {
	p := provider.GitHub(provider.Client{ID: "app", Secret: "the client's secret"})
	p.ID = "hub"
	p.AuthorizationURL, p.TokenURL = "https://hub.example/authorize", "https://hub.example/token"
	p.UserinfoURL, p.EmailsURL = "https://hub.example/user", "https://hub.example/user/emails"
	return p
}

// either is the transport of whichever host is asked.
type either map[string]http.RoundTripper

func (e either) RoundTrip(r *http.Request) (*http.Response, error) { return e[r.URL.Host].RoundTrip(r) }
