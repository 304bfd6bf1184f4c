package cardea_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// checkPage checks that a response is a built-in page that says something.
func checkPage(t *testing.T, what string, res *http.Response, status int, says string) string {
	t.Helper()
	body := text(t, res)
	if kind := res.Header.Get("Content-Type"); res.StatusCode != status || !strings.Contains(body, says) ||
		kind != "text/html; charset=utf-8" || res.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%s: %s, %s: %s; want %d and a page with %q", what, res.Status, kind, body, status, says)
	}
	return body
}

// A person who opens a page while the store is away gets a page that can be loaded again, whichever
// middleware looks for the session. A program, a script and a part of a page get JSON.
func TestUnavailableStoreShowsAPage(t *testing.T) {
	t.Parallel()
	var store *recordingStore
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { store, c.Logger = recordCalls(c), log.logger() })
	b := s.signedIn(t, "")
	store.failOnly("Session")
	post := func(r *http.Request) { r.Method = http.MethodPost }
	german := header("Accept-Language", "de")
	for name, page := range map[string]http.Handler{
		"Load": s.auth.Load(greeting), "Require": s.auth.Require(greeting),
		"RequireLevel": s.auth.RequireLevel(2, greeting),
	} {
		says, again := "Try again in a moment", `href="`+s.URL+`/page?a=b&amp;c=d"`
		if body := checkPage(t, name, open(t, page, b, asBrowser), 503, says); !strings.Contains(body, again) {
			t.Errorf("%s: the page cannot be loaded again: %s", name, body)
		}
		body := checkPage(t, name+", a form", open(t, page, b, asBrowser, post), 503, says)
		if strings.Contains(body, again) {
			t.Errorf("%s: a form leads to a page: %s", name, body)
		}
		checkPage(t, name+" in German", open(t, page, b, asBrowser, german), 503, "Noch einmal versuchen")
		checkHTMX(t, name, open(t, page, b, fromHTMX, header("HX-Boosted", "true")), 503,
			s.URL+"/api/auth/error?error=Configuration")
		for kind, change := range map[string]func(*http.Request){
			"a script": header("Sec-Fetch-Mode", "cors"), "a program": header("Accept", "application/json"),
			"a part of a page": fromHTMX,
		} {
			res := open(t, page, b, change)
			checkJSON(t, res, 503, `{"error":"unavailable","message":"Sessions cannot be checked right now. Try again."}`)
			if res.Header.Get("Retry-After") == "" {
				t.Errorf("%s, %s: no Retry-After", name, kind)
			}
		}
	}
	for _, record := range log.records(t, "cardea: request failed") {
		remote, hasRemote := record["remote"].(string)
		if record["path"] != "/page" || !hasRemote || strings.Contains(log.String(), "c=d") {
			t.Errorf("logged without path and remote, or with the query: %v, %q", record, remote)
		}
	}
}

// A person whose form cannot be read, or who uses a name that is not the site's, does not get JSON.
func TestPersonGetsNoJSON(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for request, status := range map[string]int{
		"GET /api/auth/signin at evil.example":        http.StatusBadRequest,
		"GET /loaded at evil.example":                 http.StatusBadRequest,
		"POST /api/auth/signout with a form too long": http.StatusBadRequest,
		"POST /api/auth/signout with a broken form":   http.StatusBadRequest,
	} {
		for _, accept := range []string{"text/html", "*/*"} {
			method, path, _ := strings.Cut(request, " ")
			path, how, _ := strings.Cut(path, " ")
			var body io.Reader
			switch {
			case strings.HasSuffix(how, "too long"):
				body = strings.NewReader("x=" + strings.Repeat("x", 65<<10))
			case strings.HasSuffix(how, "broken form"):
				body = strings.NewReader("csrfToken=%zz")
			}
			r := httptest.NewRequest(method, s.URL+path, body)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Accept", accept)
			if strings.HasSuffix(how, "evil.example") {
				r.Host = "evil.example"
			}
			w := httptest.NewRecorder()
			newApplication(s.auth).ServeHTTP(w, r)
			isJSON := w.Header().Get("Content-Type") == "application/json"
			if w.Code != status || isJSON != (accept == "*/*") || strings.Contains(w.Body.String(), "evil") {
				t.Errorf("%s, %s: %d, %v, %s", request, accept, w.Code, w.Header(), w.Body)
			}
		}
	}
}
