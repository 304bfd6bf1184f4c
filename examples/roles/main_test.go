package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
)

// site is the running application, with its database.
type site struct {
	url string
	db  *gorm.DB
}

// forEachStrategy runs a test with both kinds of sessions.
func forEachStrategy(t *testing.T, test func(t *testing.T, s site)) {
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			test(t, start(t, strategy))
		})
	}
}

func start(t *testing.T, strategy cardea.Strategy) site {
	t.Helper()
	db, err := gorm.Open(sqlite.Open(":memory:"), &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	issuer := cardeatest.NewIssuer(t,
		cardeatest.Person{Subject: "1", Name: "Ann", Email: "ann@example.com", EmailVerified: true},
		cardeatest.Person{Subject: "2", Name: "Bob", Email: "bob@example.com", EmailVerified: true},
		cardeatest.Person{Subject: "3", Name: "Eve", Email: "eve@example.com", EmailVerified: true})
	app, err := newApplication(t.Context(), db, provider.OIDC("idp", "Identity Provider",
		provider.Client{ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL}),
		cardea.Config{
			Secret: strings.Repeat("s", 32), Logger: slog.New(slog.DiscardHandler),
			Session: cardea.SessionConfig{Strategy: strategy},
		})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.routes())
	t.Cleanup(server.Close)
	return site{server.URL, db}
}

// check sends a request of a program, and compares the status and the text of the answer.
func check(t *testing.T, b *cardeatest.Browser, method, path string, status int, want string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.Site+path, strings.NewReader("title=News"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status || !strings.Contains(string(body), want) {
		t.Errorf("%s %s: %s, %q, want %d and %q", method, path, res.Status, body, status, want)
	}
	return res
}

func TestRoles(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, s site) {
		nobody := cardeatest.NewBrowser(t, s.url)
		check(t, nobody, "GET", "/", http.StatusOK, "Please sign in")
		for _, path := range []string{
			"/profile", "/editors/articles", "/api/me", "/api/users", "/api/articles/1", "/address",
		} {
			res := check(t, nobody, "GET", path, http.StatusUnauthorized, `"message":`)
			if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/json") {
				t.Errorf("%s: Content-Type %s", path, got)
			}
		}

		reader := cardeatest.SignIn(t, s.url, "idp", "bob@example.com")
		check(t, reader, "GET", "/profile", http.StatusOK, "You are Bob.")
		check(t, reader, "GET", "/editors/articles", http.StatusForbidden,
			`{"error":"forbidden","message":"Your role does not allow that."}`)
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/editors/articles", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "text/html")
		res, err := reader.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusForbidden ||
			!strings.HasPrefix(kind, "text/plain") {
			t.Errorf("a browser gets %s, %s", res.Status, kind)
		}
		check(t, reader, "GET", "/api/me", http.StatusOK, `{"name":"Bob","role":"reader"}`)

		editor := cardeatest.SignIn(t, s.url, "idp", "ann@example.com")
		check(t, editor, "GET", "/", http.StatusOK, "/editors/articles")
		check(t, editor, "POST", "/editors/articles", http.StatusOK, "Published as 1.")
		check(t, editor, "GET", "/api/users", http.StatusForbidden, "role")
		check(t, editor, "GET", "/api/articles/1", http.StatusOK, `{"id":1,"title":"News"}`)
		check(t, reader, "GET", "/api/articles/1", http.StatusNotFound, "no such article")

		admin := cardeatest.SignIn(t, s.url, "idp", "eve@example.com")
		check(t, admin, "GET", "/editors/articles", http.StatusOK, "1 News")
		check(t, admin, "GET", "/api/articles/1", http.StatusOK, "News")
		check(t, admin, "GET", "/api/users", http.StatusOK, `"Bob"`)
	})
}

// A change of the role counts at the next request, in the browser too, and so does a block.
func TestChangesCountAtOnce(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, s site) {
		b := cardeatest.SignIn(t, s.url, "idp", "bob@example.com")
		if user := b.Session()["user"].(map[string]any); user["role"] != "reader" {
			t.Errorf("the browser knows %v", user)
		}
		s.update(t, "role", "editor")
		check(t, b, "GET", "/editors/articles", http.StatusOK, "")
		user := b.Session()["user"].(map[string]any)
		if user["role"] != "editor" || user["blocked"] != nil || len(user) != 4 && len(user) != 5 {
			t.Errorf("the browser knows %v, want the role editor and nothing that visible does not return", user)
		}
		s.update(t, "blocked", true)
		check(t, b, "GET", "/profile", http.StatusUnauthorized, "")
		if got := b.Session(); got != nil {
			t.Errorf("a blocked user has the session %v", got)
		}
	})
}

// update changes a column of Bob.
func (s site) update(t *testing.T, column string, value any) {
	t.Helper()
	bob := s.db.WithContext(t.Context()).Model(&User{}).Where("email = ?", "bob@example.com")
	if err := bob.Update(column, value).Error; err != nil {
		t.Fatal(err)
	}
}

// A browser that opens a page confirms at the provider and comes back; a program gets a challenge.
func TestStepUp(t *testing.T) {
	t.Parallel()
	s := start(t, cardea.StrategyDatabase)
	b := cardeatest.SignIn(t, s.url, "idp", "bob@example.com")
	check(t, b, "GET", "/address", http.StatusOK, "new address, Bob?")
	res := check(t, b, "GET", "/payout", http.StatusUnauthorized, "Sign in again first.")
	if got := res.Header.Get("WWW-Authenticate"); !strings.Contains(got, `acr_values="2"`) {
		t.Errorf("WWW-Authenticate: %s", got)
	}

	old := time.Now().Add(-16 * time.Minute)
	if err := s.db.Exec("UPDATE session SET auth_time = ?", old.UnixMilli()).Error; err != nil {
		t.Fatal(err)
	}
	res = check(t, b, "GET", "/address", http.StatusUnauthorized, "Sign in again first.")
	if got := res.Header.Get("WWW-Authenticate"); !strings.Contains(got, `max_age="900"`) {
		t.Errorf("WWW-Authenticate: %s", got)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/address", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	res, err = b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	to := res.Request.URL
	if to.Path != "/api/auth/confirm" || to.Query().Get("callbackUrl") != s.url+"/address" {
		t.Errorf("the browser is at %s", to)
	}
	res = b.Post("/confirm?login_hint=bob@example.com", url.Values{
		"provider": {"idp"}, "callbackUrl": {s.url + "/address"},
	})
	if res.Request.URL.Path != "/address" {
		t.Errorf("the confirmation ends at %s", res.Request.URL)
	}
	check(t, b, "GET", "/address", http.StatusOK, "new address, Bob?")
}

// Another site cannot post the forms of this one.
func TestOtherSitesCannotPost(t *testing.T) {
	t.Parallel()
	s := start(t, cardea.StrategyDatabase)
	b := cardeatest.SignIn(t, s.url, "idp", "ann@example.com")
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/editors/articles",
		strings.NewReader(url.Values{"title": {"Spam"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("got %s, want 403", res.Status)
	}
	check(t, b, "GET", "/api/articles/1", http.StatusNotFound, "no such article")
}

// The Go code of docs/protecting-pages.md is a copy of code in this package. The whole program
// there, which internal/readme compiles, is smaller than this one, and its middleware is the same.
func TestDocumentationShowsThisCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/protecting-pages.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range []string{"main.go", "routes.go", "roles.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	_, middleware, _ := strings.Cut(code.String(), "// only returns middleware")
	programs := 0
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) < 6 {
		t.Errorf("the page has %d code blocks, want at least 6", len(blocks))
	}
	for _, block := range blocks {
		text := string(block[1])
		if strings.HasPrefix(text, "package main\n") {
			programs++
			_, text, _ = strings.Cut(text, "// only returns middleware")
			if text != middleware {
				t.Errorf("the middleware of the whole program is not that of roles.go:\n%s", text)
			}
			continue
		}
		if !strings.Contains(code.String(), text) {
			t.Errorf("not in this package:\n%s", text)
		}
	}
	if programs != 1 || middleware == "" {
		t.Errorf("%d whole programs on the page, want 1; middleware:\n%s", programs, middleware)
	}
}
