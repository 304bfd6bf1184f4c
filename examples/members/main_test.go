package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
)

// start runs the application with a table that existed before, on which statements were run, and
// sessions of a kind.
func start(t *testing.T, strategy cardea.Strategy, statements ...string) (string, *cardeatest.Issuer) {
	t.Helper()
	db, err := gorm.Open(sqlite.Open(filepath.Join(t.TempDir(), "members.sqlite")), &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	if err := createMembers(db); err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if err := db.Exec(statement).Error; err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	issuer := cardeatest.NewIssuer(t)
	app, err := newApplication(t.Context(), db, cardea.Config{
		Secret: "a secret of 32 bytes or more, for tests", Session: cardea.SessionConfig{Strategy: strategy},
		Providers: []cardea.Provider{trust(provider.OIDC("idp", "Identity Provider",
			provider.Client{ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL}))},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.routes())
	t.Cleanup(server.Close)
	return server.URL, issuer
}

func forEachStrategy(t *testing.T, test func(t *testing.T, site string, issuer *cardeatest.Issuer)) {
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			site, issuer := start(t, strategy)
			test(t, site, issuer)
		})
	}
}

// check opens a page and compares its status and its text.
func check(t *testing.T, b *cardeatest.Browser, path string, status int, want string) {
	t.Helper()
	res, err := b.Get(b.Site + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status || !strings.Contains(string(body), want) {
		t.Errorf("%s: %s, %q, want %d and %q", path, res.Status, body, status, want)
	}
}

// Ann was a librarian before there was sign-in. With her address, which the provider has verified,
// she gets her row.
func TestMemberWhoExistedSignsIn(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, site string, issuer *cardeatest.Issuer) {
		issuer.Next(cardeatest.Person{
			Subject: "1", Name: "Ann E.", Email: "ann@example.com", EmailVerified: true,
		})
		b := cardeatest.SignIn(t, site, "idp", "")
		check(t, b, "/shelf", http.StatusOK, "Ann Example may borrow 2 books.")
		check(t, b, "/admin/members", http.StatusOK, "7 Ann Example: LIBRARIAN\n")
		check(t, b, "/", http.StatusOK, "Welcome back, Ann Example.")
		user := b.Session()["user"].(map[string]any)
		if user["id"] != 7.0 || user["role"] != "LIBRARIAN" || user["email"] != "ann@example.com" {
			t.Errorf("the browser knows %v", user)
		}
		b.SignOut()
		check(t, b, "/shelf", http.StatusUnauthorized, "Sign in first.")
	})
}

// An address that is stored in upper case is found after the statements of the page.
func TestAddressInUpperCase(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "getting-started.md"))
	if err != nil {
		t.Fatal(err)
	}
	statements := regexp.MustCompile(`(?m)^    (?:SELECT lower|CREATE UNIQUE INDEX).*$`).FindAllString(string(page), -1)
	if len(statements) != 2 {
		t.Fatalf("the page has the statements %q", statements)
	}
	statements = append([]string{"UPDATE members SET mail = 'Ann@Example.com' WHERE id = 7"}, statements...)
	site, issuer := start(t, cardea.StrategyDatabase, statements...)
	issuer.Next(cardeatest.Person{Subject: "1", Name: "Ann E.", Email: "ann@example.com", EmailVerified: true})
	check(t, cardeatest.SignIn(t, site, "idp", ""), "/shelf", http.StatusOK, "Ann Example may borrow 2 books.")
}

func TestNewMemberIsAReader(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, site string, issuer *cardeatest.Issuer) {
		issuer.Next(cardeatest.Person{Subject: "2", Name: "Bob", Email: "bob@example.com", EmailVerified: true})
		b := cardeatest.SignIn(t, site, "idp", "")
		check(t, b, "/shelf", http.StatusOK, "Bob may borrow 3 books.")
		check(t, b, "/admin/members", http.StatusForbidden, "for librarians")
		check(t, cardeatest.NewBrowser(t, site), "/admin/members", http.StatusUnauthorized, "Sign in first.")
		check(t, cardeatest.NewBrowser(t, site), "/", http.StatusOK, "Please sign in")
	})
}

func TestInvitationSignsIn(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, site string, _ *cardeatest.Issuer) {
		b := cardeatest.NewBrowser(t, site)
		for code, status := range map[string]int{"wrong": http.StatusForbidden, "library-card-1": http.StatusOK} {
			res, err := b.PostForm(site+"/invitation", url.Values{"code": {code}, "name": {"Carl"}})
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != status {
				t.Errorf("the invitation %s: %s, want %d", code, res.Status, status)
			}
		}
		check(t, b, "/shelf", http.StatusOK, "Carl may borrow 3 books.")
		if user := b.Session()["user"].(map[string]any); user["role"] != "READER" {
			t.Errorf("the browser knows %v", user)
		}
	})
}

// The Go code of docs/getting-started.md is a copy of code in this package.
func TestDocumentationShowsThisCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/getting-started.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range []string{"main.go", "member.go", "application.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) < 6 {
		t.Errorf("the page has %d code blocks, want at least 6", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), string(block[1])) {
			t.Errorf("not in this package:\n%s", block[1])
		}
	}
}
