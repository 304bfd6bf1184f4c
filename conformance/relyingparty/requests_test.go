package relyingparty_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"golang.org/x/oauth2"
)

type credential struct{ name, id, secret string }

// credentials contain every kind of character that form-encoding changes, and some that a client ID
// or secret may not contain (RFC 6749 Appendix A).
var credentials = []credential{
	{"letters", "app", "secret-of-letters-and-hyphens"},
	{"a colon", "the:app", "a:secret:with:colons"},
	{"blanks", "the app", "a secret with blanks"},
	{"percent and plus", "100%+app", "%41+%2B+%"},
	{"and and equals", "a&b=c", "secret&client_id=other"},
	{"slashes", "https://app.example/", "a/secret?with#marks"},
	{"marks that RFC 3986 reserves", "app!'()*", "secret!'()*~_.-"},
	{"not ASCII", "äpp", "sécret€"},
	{"quotes", `a"p\p`, `s"ecr\et`},
}

// requestsDiffer are the fields of requests in which Cardea differs. A name is a field, or the name
// of credentials and a field.
var requestsDiffer = []difference{
	{"RFC 9110 § 10.1.5: a client names itself", []string{"header User-Agent", "userinfo header User-Agent"}},
	{"RFC 9110 § 12.5.1: a client says what it reads", []string{"header Accept", "userinfo header Accept"}},
	{"RFC 6749 § 2.3.1: Cardea leaves the marks !'()* as they are, as JavaScript does; the decoded values are the same",
		[]string{"marks that RFC 3986 reserves: header Authorization"}},
}

// TestRequests compares the requests of Cardea with those of x/oauth2 and go-oidc, field by field.
func TestRequests(t *testing.T) {
	t.Parallel()
	op, site := newOpenIDProvider(t), newSite(t)
	list := newRequestDifferences()
	for _, c := range credentials {
		for _, post := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in the body %v", c.name, post), func(t *testing.T) {
				compareSignIns(t, op, site, list, c, post)
			})
		}
		t.Run(c.name+", refresh", func(t *testing.T) { compareRefreshes(t, op, list, c) })
	}
	list.checkUsed(t)
}

// compareSignIns compares the requests for authorization, for tokens and for userinfo.
func compareSignIns(t *testing.T, op *openIDProvider, site *site, list *requestDifferences, c credential, post bool) {
	s := op.add(func(s *scenario) {
		s.clientID, s.secret, s.post, s.claims["aud"] = c.id, c.secret, post, c.id
		s.withUserinfo(func(*scenario) {})
		s.metadata.members["authorization_endpoint"] = s.issuer + "/authorize?tenant=a%20b"
	})
	redirectURL := site.URL + basePath(s) + "/callback/op"
	if got := site.signIn(t, s); !got.accepted {
		t.Fatalf("Cardea %s", got)
	}
	ours := op.take(s)
	if got := signInWithGoOIDC(t.Context(), s, redirectURL); !got.accepted {
		t.Fatalf("go-oidc %s", got)
	}
	theirs := op.take(s)
	checkRequests(t, ours, s, redirectURL)
	checkRequests(t, theirs, s, redirectURL)
	list.compare(t, c.name, fields(t, ours), fields(t, theirs))
}

// compareRefreshes compares the requests that refresh an access token.
func compareRefreshes(t *testing.T, op *openIDProvider, list *requestDifferences, c credential) {
	const refreshToken = "a refresh token & more"
	s := op.add(func(s *scenario) {
		s.clientID, s.secret, s.claims["aud"] = c.id, c.secret, c.id
		s.token.members["refresh_token"], s.token.members["expires_in"] = refreshToken, 1
	})
	refreshWithCardea(t, s)
	got := op.take(s)
	if len(got.tokens) != 2 {
		t.Fatalf("Cardea sent %d token requests, want one for the code and one to refresh", len(got.tokens))
	}
	config := oauth2.Config{ClientID: c.id, ClientSecret: c.secret, Endpoint: oauth2.Endpoint{
		TokenURL: s.issuer + "/token", AuthStyle: oauth2.AuthStyleInHeader,
	}}
	expired := &oauth2.Token{RefreshToken: refreshToken, Expiry: time.Unix(1, 0)}
	if _, err := config.TokenSource(t.Context(), expired).Token(); err != nil {
		t.Fatal(err)
	}
	list.compare(t, c.name, requestFields(t, got.tokens[1]), requestFields(t, op.take(s).tokens[0]))
}

// refreshWithCardea signs in and asks for an access token after the first has expired.
func refreshWithCardea(t *testing.T, s *scenario) {
	t.Helper()
	adapter := memadapter.New()
	var userID string
	auth, url := newApplication(t, func(string) cardea.Provider { return newProvider(s) }, func(c *cardea.Config) {
		c.Adapter = adapter
		c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) { userID = in.User.ID }
	})
	cardeatest.SignIn(t, url, "op", "")
	if token, err := auth.AccessToken(t.Context(), userID, "op"); err != nil || token != accessToken {
		t.Errorf("access token %q, %v", token, err)
	}
}

// checkRequests checks the values that are random and cannot be compared (state, nonce, code, PKCE
// verifier), the redirect URL, and the client's credentials.
func checkRequests(t *testing.T, got *received, s *scenario, redirectURL string) {
	t.Helper()
	if len(got.tokens) != 1 || len(got.userinfo) != 1 {
		t.Fatalf("%d token requests and %d for userinfo, want 1 and 1", len(got.tokens), len(got.userinfo))
	}
	form, err := url.ParseQuery(got.tokens[0].body)
	if err != nil {
		t.Fatal(err)
	}
	if code := form.Get("code"); code != got.code {
		t.Errorf("code %q, want %q", code, got.code)
	}
	for _, uri := range []string{form.Get("redirect_uri"), got.authorization.Get("redirect_uri")} {
		if uri != redirectURL {
			t.Errorf("redirect_uri %q, want %q", uri, redirectURL)
		}
	}
	verifier := form.Get("code_verifier")
	sum := sha256.Sum256([]byte(verifier))
	if challenge := got.authorization.Get("code_challenge"); challenge != encode(sum[:]) || len(verifier) < 43 ||
		len(verifier) > 128 || strings.Trim(verifier, verifierAlphabet) != "" { // RFC 7636, Section 4.1 and 4.2
		t.Errorf("code_challenge %q of verifier %q", challenge, verifier)
	}
	for _, name := range []string{"state", "nonce"} {
		if value := got.authorization.Get(name); len(value) < 22 { // 128 bits in base64url
			t.Errorf("%s %q is too short to be unguessable", name, value)
		}
	}
	id, password := form.Get("client_id"), form.Get("client_secret")
	if !s.post {
		id, password = basic(t, got.tokens[0].header)
	}
	if id != s.clientID || password != s.secret {
		t.Errorf("client %q with secret %q, want %q with %q", id, password, s.clientID, s.secret)
	}
}

const verifierAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// basic reads the credentials of a client as a server does (RFC 6749 § 2.3.1).
func basic(t *testing.T, header http.Header) (id, password string) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(header.Get("Authorization"), "Basic "))
	if err != nil {
		t.Fatal(err)
	}
	id, password, _ = strings.Cut(string(raw), ":")
	var err1, err2 error
	id, err1 = url.QueryUnescape(id)
	password, err2 = url.QueryUnescape(password)
	if err1 != nil || err2 != nil {
		t.Errorf("credentials are not form-encoded: %v, %v", err1, err2)
	}
	return id, password
}

// fields returns the parts of all requests of a sign-in by name.
func fields(t *testing.T, got *received) map[string]string {
	t.Helper()
	all := requestFields(t, got.tokens[0])
	for name, values := range got.authorization {
		all["authorization "+name] = normalized(name, values)
	}
	for name, value := range requestFields(t, got.userinfo[0]) {
		all["userinfo "+name] = value
	}
	return all
}

// requestFields returns the parts of a request by name.
func requestFields(t *testing.T, r request) map[string]string {
	t.Helper()
	all := map[string]string{"method": r.method, "query": r.query}
	for name, values := range r.header {
		if name != "Content-Length" && name != "Connection" {
			all["header "+name] = strings.Join(values, ", ")
		}
	}
	form, err := url.ParseQuery(r.body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range form {
		all["form "+name] = normalized(name, values)
	}
	return all
}

// normalized replaces random values.
func normalized(name string, values []string) string {
	if len(values) == 1 && slices.Contains([]string{"state", "nonce", "code", "code_challenge", "code_verifier"},
		name) {
		return "<random>"
	}
	return strings.Join(values, " and ")
}

// requestDifferences records which entries of requestsDiffer have occurred.
type requestDifferences struct{ used map[string]bool }

func newRequestDifferences() *requestDifferences {
	list := &requestDifferences{map[string]bool{}}
	for _, d := range requestsDiffer {
		for _, name := range d.cases {
			list.used[name] = false
		}
	}
	return list
}

func (d *requestDifferences) compare(t *testing.T, name string, ours, theirs map[string]string) {
	t.Helper()
	all := maps.Clone(ours)
	maps.Copy(all, theirs)
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if ours[field] == theirs[field] {
			continue
		}
		entry := field
		if _, listed := d.used[entry]; !listed {
			entry = name + ": " + field
		}
		if _, listed := d.used[entry]; !listed {
			t.Errorf("%s is %q of Cardea and %q of x/oauth2", field, ours[field], theirs[field])
		}
		d.used[entry] = true
	}
}

func (d *requestDifferences) checkUsed(t *testing.T) {
	t.Helper()
	for name, used := range d.used {
		if !used {
			t.Errorf("%q is listed as different, and no longer is", name)
		}
	}
}
