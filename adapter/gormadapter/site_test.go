package gormadapter_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// site is an application under test: the real handler on a real database, and a fake identity
// provider with the id "idp". /page is for visitors who are signed in.
type site struct {
	*httptest.Server
	issuer *cardeatest.Issuer
	log    *logbook
}

const secretPage = "only for those who are signed in"

// newSite starts an application on an adapter whose users are of type U. around may stand before
// the whole application.
func newSite[U any](
	t testing.TB, a *gormadapter.Adapter, change func(*cardea.Config), around func(http.Handler) http.Handler,
) *site {
	t.Helper()
	s := &site{issuer: cardeatest.NewIssuer(t), log: &logbook{}}
	c := cardea.Config{
		Secret:  strings.Repeat("s", 32),
		Adapter: a,
		Providers: []cardea.Provider{
			provider.OIDC("idp", "Identity Provider",
				provider.Client{ID: s.issuer.ClientID, Secret: s.issuer.ClientSecret, Issuer: s.issuer.URL}),
		},
		Logger: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	if change != nil {
		change(&c)
	}
	auth, err := cardea.New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("/page", cardea.Handle(auth, func(w http.ResponseWriter, _ *http.Request, _ *U) {
		io.WriteString(w, secretPage)
	}))
	if around == nil {
		around = func(next http.Handler) http.Handler { return next }
	}
	s.Server = httptest.NewServer(around(mux))
	t.Cleanup(s.Server.Close)
	return s
}

// visitor is somebody whom the provider vouches for.
func visitor(name string) cardeatest.Person {
	return cardeatest.Person{Subject: name, Name: name, Email: name + "@example.com", EmailVerified: true}
}

// enter sends a visitor through a whole sign-in, and returns the last answer.
func enter(b *cardeatest.Browser, hint string) *http.Response {
	return b.Post("/signin/idp?login_hint="+url.QueryEscape(hint),
		url.Values{"callbackUrl": {b.Site + "/api/auth/csrf"}})
}

// get returns the answer to a visitor, and its body.
func get(t testing.TB, b *cardeatest.Browser, path string) (*http.Response, string) {
	t.Helper()
	res, err := b.Get(b.Site + path)
	if err != nil {
		t.Fatal(err)
	}
	return res, text(t, res)
}

func text(t testing.TB, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// checkUnavailable makes sure that an answer says "later" and nothing else.
func checkUnavailable(t testing.TB, what string, res *http.Response) {
	t.Helper()
	body := text(t, res)
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" ||
		strings.Contains(body, secretPage) {
		t.Errorf("%s: %s at %s: %.200q", what, res.Status, res.Request.URL.Path, body)
	}
	for _, c := range res.Cookies() {
		if strings.HasPrefix(c.Name, sessionCookie) && c.Value != "" {
			t.Errorf("%s: the answer sets a session", what)
		}
	}
}

const sessionCookie = "authjs.session-token"

// sessionToken is what a visitor's cookie holds.
func sessionToken(t testing.TB, b *cardeatest.Browser) string {
	t.Helper()
	site, err := url.Parse(b.Site)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(site) {
		if c.Name == sessionCookie {
			return c.Value
		}
	}
	return ""
}

// logbook is a log that can be read while it is written.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// take returns what was logged since the last call.
func (l *logbook) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// rows counts what sign-in writes.
type rows struct{ users, accounts, sessions int }

func countRows(t testing.TB, a *gormadapter.Adapter) rows {
	t.Helper()
	return rows{count(t, a, "user"), count(t, a, "account"), count(t, a, "session")}
}

// addressOf is the address of a server that the tests may use.
func addressOf(t testing.TB, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Skipf("%s is not set; scripts/servers run go test ./... sets it", variable)
	}
	return address
}

func createDatabase(t testing.TB, on gorm.Dialector, drop string) (name string) {
	t.Helper()
	db := connect(t, on)
	name = "cardea_" + strings.ToLower(rand.Text())
	if err := db.Exec("CREATE DATABASE " + name).Error; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.WithContext(context.Background()).Exec("DROP DATABASE " + name + drop).Error; err != nil {
			t.Error(err)
		}
	})
	return name
}

// connect opens a connection of the application's own.
func connect(t testing.TB, on gorm.Dialector) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(on, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return db
}
