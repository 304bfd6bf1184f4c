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
// provider with the ID "idp". /page requires a session.
type site struct {
	*httptest.Server
	auth   *cardea.Auth
	issuer *cardeatest.Issuer
	log    *logRecorder
}

const secretPage = "only for those who are signed in"

// newSite starts an application on an adapter whose users are of type U. around, if not nil, wraps
// the whole application.
func newSite[U any](
	t testing.TB, a *gormadapter.Adapter, change func(*cardea.Config), around func(http.Handler) http.Handler,
) *site {
	t.Helper()
	s := &site{issuer: cardeatest.NewIssuer(t), log: &logRecorder{}}
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
	s.auth = auth
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

// visitor is a person with a verified e-mail address at the provider.
func visitor(name string) cardeatest.Person {
	return cardeatest.Person{Subject: name, Name: name, Email: name + "@example.com", EmailVerified: true}
}

// enter runs a whole sign-in in a browser, and returns the last answer.
func enter(b *cardeatest.Browser, hint string) *http.Response {
	return b.Post("/signin/idp?login_hint="+url.QueryEscape(hint),
		url.Values{"callbackUrl": {b.Site + "/api/auth/csrf"}})
}

// get requests a page, and returns the answer and its body.
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

// checkUnavailable checks that an answer is 503 with Retry-After, and contains nothing else.
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

// sessionToken returns the session token in a browser's cookie.
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

// logRecorder keeps a log, which can be read while it is written.
type logRecorder struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logRecorder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// take returns what was logged since the last call.
func (l *logRecorder) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// rows are the numbers of rows that sign-in writes.
type rows struct{ users, accounts, sessions int }

func countRows(t testing.TB, a *gormadapter.Adapter) rows {
	t.Helper()
	return rows{count(t, a, "user"), count(t, a, "account"), count(t, a, "session")}
}

// addressOf returns the address of a server for the tests, or skips the test if there is none.
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

// connect opens an application's own connection, which is closed after the test.
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
