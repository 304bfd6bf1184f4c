package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	ginv1 "github.com/gin-gonic/gin"
	chiv5 "github.com/go-chi/chi/v5"

	"github.com/cardea-auth/cardea"
)

// status returns the status of GET path.
func status(handler http.Handler, path string) int {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host = "localhost"
	handler.ServeHTTP(w, r)
	return w.Code
}

// The path must arrive whole: Mount of chi leaves it, StripPrefix does not.
func TestMountLeavesThePath(t *testing.T) {
	t.Parallel()
	auth, _ := newAuth(t, cardea.SessionConfig{})
	mounted, stripped := chiv5.NewRouter(), chiv5.NewRouter()
	mounted.Mount("/api/auth", auth)
	stripped.Mount("/api/auth", http.StripPrefix("/api/auth", auth))
	if got := status(mounted, "/api/auth/providers"); got != http.StatusOK {
		t.Errorf("Mount: %d, want 200", got)
	}
	if got := status(stripped, "/api/auth/providers"); got != http.StatusNotFound {
		t.Errorf("StripPrefix: %d, want 404", got)
	}
}

// gin allows no other route below the wildcard.
func TestWildcardOfGin(t *testing.T) {
	t.Parallel()
	auth, _ := newAuth(t, cardea.SessionConfig{})
	r := ginv1.New()
	r.Any("/api/auth/*path", ginv1.WrapH(auth))
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	r.GET("/api/auth/me", func(*ginv1.Context) {})
}

// A provider's form arrives at /api/auth/ although another site posts it, and at no other path.
func TestFormOfAProvider(t *testing.T) {
	t.Parallel()
	forEach(t, cardea.SessionConfig{}, func(t *testing.T, url string) {
		for path, refused := range map[string]bool{"/api/auth/callback/idp": false, "/editors/articles": true} {
			req, err := http.NewRequestWithContext(t.Context(), "POST", url+path, strings.NewReader("state=a&code=b"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Sec-Fetch-Site", "cross-site")
			req.Header.Set("Origin", "https://appleid.apple.com")
			res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := res.StatusCode == http.StatusForbidden; got != refused {
				t.Errorf("%s: %s, want 403: %t", path, res.Status, refused)
			}
		}
	})
}

// The Go code of docs/frameworks.md is a copy of code in this module.
func TestDocumentationShowsThisCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/frameworks.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range append(files, "internal/site/site.go") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) < 8 {
		t.Errorf("the page has %d code blocks, want at least 8", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(code.String(), string(block[1])) {
			t.Errorf("not in this module:\n%s", block[1])
		}
	}
}
