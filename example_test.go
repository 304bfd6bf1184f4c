package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// One handler, mounted under the base path, serves everything that signing in needs.
func ExampleNew() {
	auth, err := cardea.New(cardea.Config{
		Secret:    "32 bytes or more, made by: cardea secret",
		BaseURL:   "https://example.com",
		Adapter:   memadapter.New(), // or gormadapter, on the application's own entities
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/auth/providers", nil))
	fmt.Println(w.Body)
	// Output: {"github":{"id":"github","name":"GitHub","type":"oauth","signinUrl":"https://example.com/api/auth/signin/github","callbackUrl":"https://example.com/api/auth/callback/github"}}
}

// New reports everything that is wrong at once, each with its field.
func ExampleNew_faults() {
	_, err := cardea.New(cardea.Config{
		Secret:  "too short",
		BaseURL: "https://example.com/app",
		Providers: []cardea.Provider{
			provider.OIDC("sso", "Single Sign-On", provider.Client{ID: "id", Secret: "secret"}),
		},
	})
	fmt.Println(err)
	// Output:
	// cardea: Config.Secret: want 32 bytes or more, have 9; make one with: go run github.com/cardea-auth/cardea/cmd/cardea secret
	// cardea: Config.BaseURL: want an origin without a path, such as https://example.com, have "https://example.com/app"; the path goes into BasePath
	// cardea: Config.Providers[0] (sso).Issuer: is empty; type oidc needs it
}

// A page that runs only for signed-in visitors, and gets the application's own row.
func ExampleHandle() {
	site := startExample(cardea.Config{})
	defer site.close()

	site.mux.Handle("GET /dashboard", cardea.Handle(site.auth, func(w http.ResponseWriter, r *http.Request, u *User) {
		fmt.Fprintf(w, "Hello, %s <%s>.", u.Name, u.Email)
	}))

	fmt.Println(site.get("/dashboard", site.signedIn))
	fmt.Println(site.get("/dashboard", site.stranger))
	// Output:
	// 200 Hello, Ann Example <ann@example.com>.
	// 401 {"error":"unauthorized","message":"Sign in first."}
}

// A page for everybody, which says something else to those who are signed in.
func ExampleUserAs() {
	site := startExample(cardea.Config{})
	defer site.close()

	site.mux.Handle("GET /{$}", site.auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := cardea.UserAs[User](r.Context())
		switch {
		case errors.Is(err, cardea.ErrNoSession):
			fmt.Fprint(w, "Welcome! Sign in to see more.")
		case err != nil:
			http.Error(w, "Try again later.", http.StatusServiceUnavailable)
		default:
			fmt.Fprintf(w, "Welcome back, %s!", u.Name)
		}
	})))

	fmt.Println(site.get("/", site.signedIn))
	fmt.Println(site.get("/", site.stranger))
	// Output:
	// 200 Welcome back, Ann Example!
	// 200 Welcome! Sign in to see more.
}

// The application's own columns are filled from the profile, before the row is inserted.
func ExampleBeforeCreate() {
	site := startExample(cardea.Config{
		OnCreateUser: cardea.BeforeCreate(func(_ context.Context, u *User, p *oauth.Profile) error {
			u.Role = "MEMBER"
			if p.EmailVerified && strings.HasSuffix(p.Email, "@example.com") {
				u.Role = "STAFF"
			}
			return nil
		}),
	})
	defer site.close()

	site.mux.Handle("GET /me", cardea.Handle(site.auth, func(w http.ResponseWriter, r *http.Request, u *User) {
		fmt.Fprintf(w, "%s is %s", u.Name, u.Role)
	}))

	fmt.Println(site.get("/me", site.signedIn))
	// Output: 200 Ann Example is STAFF
}

// A whole part of a site for signed-in visitors: a program is told to sign in, a browser is sent to
// the sign-in page and comes back.
func ExampleAuth_Require() {
	site := startExample(cardea.Config{})
	defer site.close()

	account := http.NewServeMux()
	account.HandleFunc("GET /account/orders", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "The orders of %s.", cardea.SessionFrom(r.Context()).User.Name)
	})
	site.mux.Handle("/account/", site.auth.Require(account))

	fmt.Println(site.get("/account/orders", site.signedIn))
	fmt.Println(site.get("/account/orders", site.stranger))
	fmt.Println(site.get("/account/orders", site.stranger, "Accept", "text/html"))
	// Output:
	// 200 The orders of Ann Example.
	// 401 {"error":"unauthorized","message":"Sign in first."}
	// 303 https://example.com/api/auth/signin?callbackUrl=https://example.com/account/orders
}

// exampleSite is an application that keeps rows of the type User, with a visitor who is signed in
// and one who is not.
type exampleSite struct {
	auth               *cardea.Auth
	mux                *http.ServeMux
	server             *httptest.Server
	signedIn, stranger *cardeatest.Browser
	closers            exampleTest
}

// startExample completes the configuration with a store and a fake identity provider, and signs Ann
// Example in.
func startExample(c cardea.Config) *exampleSite {
	site := &exampleSite{mux: http.NewServeMux()}
	issuer := cardeatest.NewIssuer(&site.closers)
	c.Secret, c.Logger, c.Adapter = strings.Repeat("s", 32), slog.New(slog.DiscardHandler), memadapter.New()
	c.Adapter = withEntities(&c)
	c.Providers = []cardea.Provider{
		provider.OIDC("idp", "Identity Provider",
			provider.Client{ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL}),
	}
	auth, err := cardea.New(c)
	if err != nil {
		log.Panic(err)
	}
	site.auth = auth
	site.mux.Handle("/api/auth/", auth)
	site.server = httptest.NewServer(site.mux)
	site.closers.Cleanup(site.server.Close)
	site.signedIn = cardeatest.SignIn(&site.closers, site.server.URL, "idp", "ann@example.com")
	site.stranger = cardeatest.NewBrowser(&site.closers, site.server.URL)
	return site
}

// get returns the answer to a visitor: the status, and the body or where it is sent.
func (s *exampleSite) get(path string, b *cardeatest.Browser, header ...string) string {
	r, err := http.NewRequest(http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		log.Panic(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	b.CheckRedirect = stopAtRedirect
	res, err := b.Do(r)
	if err != nil {
		log.Panic(err)
	}
	if to, err := url.QueryUnescape(res.Header.Get("Location")); err != nil || to != "" {
		return fmt.Sprint(res.StatusCode, " ", strings.ReplaceAll(to, s.server.URL, "https://example.com"))
	}
	return fmt.Sprint(res.StatusCode, " ", text(&s.closers, res))
}

func (s *exampleSite) close() { s.closers.close() }

// exampleTest is what an example has in the place of a *testing.T.
type exampleTest struct {
	testing.TB
	cleanups []func()
}

func (t *exampleTest) Helper()                           {}
func (t *exampleTest) Fatal(args ...any)                 { log.Panic(args...) }
func (t *exampleTest) Fatalf(format string, args ...any) { log.Panicf(format, args...) }
func (t *exampleTest) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }

func (t *exampleTest) close() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}
