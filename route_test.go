package cardea

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/oauth"
)

// Dex GHSA-7qjx-gp9h-65qj: the endpoints are these and no others. A new one must be added here,
// with its method and its protection.
func TestEveryRouteIsDeclared(t *testing.T) {
	t.Parallel()
	want := []string{
		"GET providers, open",
		"GET session, open",
		"POST session, CSRF",
		"GET csrf, open",
		"GET signin[/provider], open",
		"POST signin[/provider], CSRF",
		"GET callback/provider, open",
		"POST callback/provider, CSRF",
		"GET link, open",
		"POST link, CSRF",
		"GET confirm, open",
		"POST confirm, CSRF",
		"GET signout, open",
		"POST signout, CSRF",
		"GET verify-request, open",
		"GET error[/code in v4], open",
		"POST _log, open",
	}
	segments := map[segment]string{
		noSegment: "", optionalProvider: "[/provider]", needsProvider: "/provider", codeInV4: "[/code in v4]",
	}
	var got []string
	for _, r := range routeTable {
		protection := "open"
		if r.csrf {
			protection = "CSRF"
		}
		got = append(got, fmt.Sprintf("%s %s%s, %s", r.method, r.action, segments[r.segment], protection))
		if r.method != http.MethodGet && !r.csrf && r.action != "_log" { // _log changes nothing
			t.Errorf("%s %s accepts requests of other sites", r.method, r.action)
		}
		if r.serve == nil {
			t.Errorf("%s %s has no function", r.method, r.action)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("routes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func newAuth(t *testing.T) *Auth {
	t.Helper()
	a, err := New(Config{
		Secret: strings.Repeat("s", 32),
		Providers: []Provider{&oauth.Provider{
			ID: "idp", Name: "IdP", Type: oauth.TypeOAuth2, ClientID: "id",
			AuthorizationURL: "https://idp.example/a", TokenURL: "https://idp.example/t",
			UserinfoURL: "https://idp.example/u",
			Profile:     func(context.Context, oauth.Claims) (oauth.Profile, error) { return oauth.Profile{}, nil },
		}},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Dex GHSA-7qjx-gp9h-65qj: a route that needs the CSRF token refuses requests without it, whatever
// the body is and although the headers claim the same origin. A route that does not need it never
// refuses for that reason.
func TestEveryRouteChecksCSRFAsDeclared(t *testing.T) {
	t.Parallel()
	a := newAuth(t)
	for _, route := range routeTable {
		paths := []string{"/api/auth/" + route.action}
		if route.segment == needsProvider {
			paths = nil
		}
		if route.segment == optionalProvider || route.segment == needsProvider {
			paths = append(paths, "/api/auth/"+route.action+"/idp", "/api/auth/"+route.action+"/nobody")
		}
		for _, path := range paths {
			for name, body := range map[string]string{
				"application/x-www-form-urlencoded": "callbackUrl=/&csrfToken=",
				"application/json":                  `{"csrfToken":"","data":{}}`,
				"text/plain":                        "csrfToken=x",
				"multipart/form-data; boundary=x": "--x\r\nContent-Disposition: form-data; " +
					"name=\"csrfToken\"\r\n\r\nx\r\n--x--",
				"": "",
			} {
				r := httptest.NewRequest(route.method, "http://localhost"+path, strings.NewReader(body))
				r.Header.Set("Content-Type", name)
				r.Header.Set("Origin", "http://localhost")
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				w := httptest.NewRecorder()
				a.ServeHTTP(w, r)
				to := w.Header().Get("Location")
				refused := strings.HasSuffix(to, "?error=MissingCSRF") ||
					route.action == "session" && w.Code == http.StatusBadRequest && w.Body.String() == "null"
				if refused != route.csrf {
					t.Errorf("%s %s with %q: %d to %s", route.method, path, name, w.Code, to)
				}
			}
		}
	}
}

// Dex GHSA-7qjx-gp9h-65qj: every other request gets 404 or 405 without any other information.
func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	a := newAuth(t)
	for _, method := range []string{
		"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "",
	} {
		for _, path := range []string{
			"/api/auth", "/api/auth/", "/", "/api", "/api/auth2/session", "/api/authsession", "/auth/session",
			"/api/auth/webauthn-options/idp", "/api/auth/session/idp", "/api/auth/csrf/x", "/api/auth/callback",
			"/api/auth/callback/", "/api/auth/callback/idp/x", "/api/auth/signin/a/b", "/api/auth/sessions",
			"/api/auth/Session", "/api/auth/error/x", "/api/auth/providers/idp", "/api/auth/signout/x",
			"/api/auth/register",
		} {
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
			r.Method = method
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if body := w.Body.String(); (w.Code != http.StatusNotFound || body != `"Not found."`) &&
				(w.Code != http.StatusMethodNotAllowed || body != `"Method not allowed."`) ||
				w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%q %s: %d %s", method, path, w.Code, w.Body)
			}
		}
	}
	for _, route := range routeTable {
		for _, method := range []string{"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "get", "post"} {
			declared := false
			for _, other := range routeTable {
				declared = declared || other.action == route.action && other.method == method
			}
			if declared {
				continue
			}
			path := "/api/auth/" + route.action
			if route.segment == needsProvider {
				path += "/idp"
			}
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
			r.Method = method
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}
