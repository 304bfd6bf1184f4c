package provider_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	app    = "https://app.example"
	secret = "a secret: with+signs & such" // has what RFC 6749 § 2.3.1 wants encoded
)

// internet is a transport on which the application and the real service's URLs are served by handlers here.
type internet map[string]http.Handler // by URL without its query, or by a beginning that ends in a slash

func (n internet) RoundTrip(r *http.Request) (*http.Response, error) {
	target := "https://" + r.URL.Host + r.URL.Path
	for at, h := range n {
		if at == target || strings.HasSuffix(at, "/") && strings.HasPrefix(target, at) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			res := w.Result()
			res.Request = r
			return res, nil
		}
	}
	return nil, fmt.Errorf("nobody is at %s", target)
}

// transcript is a transport that writes down what is asked, with random values as *.
type transcript struct {
	http.RoundTripper
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *transcript) RoundTrip(r *http.Request) (*http.Response, error) {
	form := url.Values{}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ = url.ParseQuery(string(body))
	}
	s.note("server", r, form)
	return s.RoundTripper.RoundTrip(r)
}

func (s *transcript) note(who string, r *http.Request, form url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(&s.text, "%s: %s %s://%s%s\n", who, r.Method, r.URL.Scheme, r.URL.Host, r.URL.Path)
	for _, name := range []string{"Accept", "Authorization", "Content-Type", "User-Agent", "X-Version"} {
		if v := r.Header.Get(name); v != "" && who == "server" {
			fmt.Fprintf(&s.text, "  %s: %s\n", name, authorization(r, v))
		}
	}
	s.values("?", r.URL.Query())
	s.values("&", form)
}

// authorization shows what is behind the encodings of client_secret_basic, and hides access tokens.
func authorization(r *http.Request, value string) string {
	if id, password, ok := r.BasicAuth(); ok && strings.HasPrefix(value, "Basic ") {
		return "Basic " + id + ":" + password
	}
	if strings.HasPrefix(value, "Bearer ") {
		return "Bearer *"
	}
	return value
}

func (s *transcript) values(mark string, values url.Values) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			if slices.Contains([]string{"state", "nonce", "code_challenge", "code_verifier", "code"}, name) {
				v = "*"
			}
			fmt.Fprintf(&s.text, "  %s%s=%s\n", mark, name, v)
		}
	}
}

// service is a provider, and the real service's URLs for the endpoints of a fake one.
type service struct {
	name     string
	provider *cardea.OAuthProvider
	issuer   string            // as the service writes it
	routes   map[string]string // by URL; the path at the fake one, or for a URL that ends in a slash what its paths begin with here only
	person   cardeatest.Person
	id       string // of the account; the person's subject unless said otherwise
}

var services = []service{
	{
		name: "github", provider: provider.GitHub(provider.Client{ID: "app-id", Secret: secret}), issuer: "https://github.com/login/oauth",
		routes: map[string]string{
			"https://github.com/login/oauth/authorize":    "/authorize",
			"https://github.com/login/oauth/access_token": "/token",
			"https://api.github.com/user":                 "/user",
			"https://api.github.com/user/emails":          "/user/emails",
		},
		person: cardeatest.Person{
			Subject: "583231", Email: "octocat@github.example", EmailVerified: true, Picture: "https://avatars.example/583231",
			Claims: map[string]any{"login": "octocat", "name": nil, "email": nil}, // as of somebody who filled in no profile
		},
	},
	{
		name: "google", provider: provider.Google(provider.Client{ID: "app-id", Secret: secret}), issuer: "https://accounts.google.com",
		routes: map[string]string{"https://accounts.google.com/": ""},
		person: cardeatest.Person{Subject: "110169484474386276334", Name: "Ann Example", Email: "Ann@Gmail.example", EmailVerified: true, Picture: "https://lh3.example/a"},
	},
	{
		name:     "oidc",
		provider: provider.OIDC("sso", "Single Sign-On", provider.Client{ID: "app-id", Secret: secret, Issuer: "https://sso.example/realms/main"}),
		issuer:   "https://sso.example/realms/main",
		routes:   map[string]string{"https://sso.example/realms/main/": "/realms/main"},
		person:   cardeatest.Person{Subject: "f:1", Email: "ann@example.com", Claims: map[string]any{"preferred_username": "ann"}},
	},
	{
		name:     "oidc-public",
		provider: provider.OIDC("sso", "Single Sign-On", provider.Client{ID: "app-id", Issuer: "https://sso.example"}),
		issuer:   "https://sso.example",
		routes:   map[string]string{"https://sso.example/": ""},
		person:   cardeatest.Person{Subject: "f:1"},
	},
	{
		name: "oauth2",
		provider: provider.OAuth2("acme", "Acme", provider.Client{ID: "app-id", Secret: secret},
			provider.Endpoints{Authorization: "https://acme.example/authorize?tenant=1", Token: "https://acme.example/token", Userinfo: "https://acme.example/user"},
			func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
				return cardea.Profile{ID: raw.String("account", "id"), Name: raw.String("login")}, nil
			}),
		issuer: "https://acme.example",
		routes: map[string]string{"https://acme.example/": ""},
		id:     "42",
		person: cardeatest.Person{Subject: "x", Claims: map[string]any{"account": map[string]any{"id": 42}, "login": "ann"}},
	},
}

// Everything that a sign-in asks of the service, and what is stored, is in testdata.
func TestSignIn(t *testing.T) {
	t.Parallel()
	for _, s := range services {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			checkGolden(t, filepath.Join("testdata", s.name+".golden"), s.signIn(t))
		})
	}
}

// signIn signs the person in through the real handler, and returns the transcript.
func (s service) signIn(t *testing.T) string {
	t.Helper()
	issuer := cardeatest.NewIssuer(t, s.person)
	issuer.URL = s.issuer
	issuer.AddClient("app-id", s.provider.ClientSecret, app+"/api/auth/callback/"+s.provider.ID)

	net, store := internet{}, memadapter.New()
	said := &transcript{RoundTripper: net}
	for at, path := range s.routes {
		net[at] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner := r.Clone(r.Context())
			if inner.URL.Path = path; strings.HasSuffix(at, "/") {
				inner.URL.Path = strings.TrimPrefix(r.URL.Path, path)
			}
			if inner.URL.Path == "/authorize" {
				said.note("browser", r, nil)
			}
			issuer.ServeHTTP(w, inner)
		})
	}
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: store, BaseURL: app, Providers: []cardea.Provider{s.provider},
		HTTPClient: &http.Client{Transport: said}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	net[app+"/api/auth/"] = auth

	b := cardeatest.NewBrowser(t, app)
	b.Transport = net
	b.SignIn(s.provider.ID, "")
	s.noteRows(t, said, store)
	return said.text.String()
}

// noteRows adds what is stored.
func (s service) noteRows(t *testing.T, said *transcript, store *memadapter.Adapter) {
	t.Helper()
	u, err := store.UserByAccount(t.Context(), s.provider.ID, cmp.Or(s.id, s.person.Subject))
	if err != nil {
		t.Fatal(err)
	}
	list, err := store.Accounts(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	a := list[0]
	fmt.Fprintf(&said.text, "user: name %q, e-mail %q, verified %v, image %q\n", u.Name, u.Email, !u.EmailVerified.IsZero(), u.Image)
	fmt.Fprintf(&said.text, "account: %s %s:%s, token type %q, scope %q, ID token %v\n", a.Type, a.Provider, a.ProviderAccountID, a.TokenType, a.Scope, a.IDToken != "")
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference. Have:\n%s", file, got)
	}
}
