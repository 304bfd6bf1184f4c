package provider_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
)

// visit is what came of a sign-in at a service.
type visit struct {
	in     *cardea.SignIn // nil if nobody is signed in
	auth   *cardea.Auth
	store  *memadapter.Adapter
	asked  url.Values // the parameters of the authorization request
	landed *url.URL   // where the browser ended
	log    string
}

// visitor tries to sign in at a service with the given responses.
type visitor struct {
	answers  answers
	query    string              // the query of POST signin
	statuses map[string]int      // the status of a response other than 200, by its URL without query
	store    *memadapter.Adapter // nil for an empty one
}

func (x visitor) signIn(t *testing.T, p *oauth.Provider) visit {
	t.Helper()
	if x.store == nil {
		x.store = memadapter.New()
	}
	v := newVendor(t, p, x.answers)
	seen, log := visit{store: x.store}, strings.Builder{}
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: x.store, BaseURL: app, Providers: []cardea.Provider{p},
		HTTPClient: &http.Client{Transport: refusing{v, x.statuses}},
		Logger:     slog.New(slog.NewTextHandler(&log, nil)),
		Events:     cardea.Events{SignIn: func(_ context.Context, in *cardea.SignIn) { seen.in = in }},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := cardeatest.NewBrowser(t, app)
	b.Transport = browserTransport{app: auth, vendor: v, said: &transcript{}}
	res := b.Post("/signin/"+p.ID+"?"+x.query, url.Values{"callbackUrl": {app + "/api/auth/csrf"}})
	if (b.Session() != nil) != (seen.in != nil) {
		t.Errorf("signed in is %v, and there is a session: %v", seen.in != nil, b.Session())
	}
	seen.auth, seen.asked, seen.landed, seen.log = auth, v.asked, res.Request.URL, log.String()
	return seen
}

// denied reports an error unless the visitor sees AccessDenied and the log has the cause.
func (v visit) denied(t *testing.T, cause string) {
	t.Helper()
	if v.in != nil {
		t.Fatalf("%s is signed in", v.in.Account.ProviderAccountID)
	}
	if code := v.landed.Query().Get("error"); code != "AccessDenied" {
		t.Errorf("the visitor sees %q at %s, want AccessDenied", code, v.landed)
	}
	if !strings.Contains(v.log, cause) {
		t.Errorf("the log says %s; want %q", v.log, cause)
	}
}

// accepted reports an error unless the visitor is signed in with that account ID.
func (v visit) accepted(t *testing.T, id string) {
	t.Helper()
	if v.in == nil {
		t.Fatalf("nobody is signed in; the log says %s", v.log)
	}
	if got := v.in.Account.ProviderAccountID; got != id {
		t.Errorf("the account ID is %q, want %q", got, id)
	}
}

// refusing answers some requests with another status than the service.
type refusing struct {
	http.RoundTripper
	statuses map[string]int
}

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.RoundTripper.RoundTrip(req)
	if status := r.statuses["https://"+req.URL.Host+req.URL.Path]; status != 0 && err == nil {
		res.StatusCode, res.Body = status, io.NopCloser(
			strings.NewReader(`{"message":"Resource not accessible by integration"}`),
		)
	}
	return res, err
}

// parse reads responses in the form of testdata/*.json.
func parse(t *testing.T, text string) answers {
	t.Helper()
	var a answers
	if err := json.Unmarshal([]byte("{"+text+"}"), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// with returns the responses of testdata/<name>.json with other claims in the ID token.
func with(t *testing.T, name string, claims map[string]any) answers {
	t.Helper()
	a := readAnswers(t, name)
	for claim, value := range claims {
		if value == nil {
			delete(a.IDToken, claim)
			continue
		}
		a.IDToken[claim] = value
	}
	return a
}
