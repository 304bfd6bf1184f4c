package cardea_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// unserved reports whether a status is that of a request for which there is no endpoint.
func unserved(status int) bool {
	return status == http.StatusNotFound || status == http.StatusMethodNotAllowed
}

// RFC 9110 § 15.5.6: an answer with status 405 has the methods that the path allows. Everything
// else that is no endpoint is 404.
func TestMethodsThatAPathAllows(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		protocol       cardea.Protocol
		request, allow string
	}{
		{cardea.ProtocolV5, "HEAD session", "GET, POST"},
		{cardea.ProtocolV5, "OPTIONS session", "GET, POST"},
		{cardea.ProtocolV5, "PUT signin/idp", "GET, POST"},
		{cardea.ProtocolV5, "HEAD signin/idp", "GET, POST"},
		{cardea.ProtocolV5, "DELETE signin", "GET, POST"},
		{cardea.ProtocolV5, "HEAD callback/idp", "GET, POST"},
		{cardea.ProtocolV5, "POST csrf", "GET"},
		{cardea.ProtocolV5, "POST providers", "GET"},
		{cardea.ProtocolV5, "POST error", "GET"},
		{cardea.ProtocolV5, "PATCH verify-request", "GET"},
		{cardea.ProtocolV5, "GET _log", "POST"},
		{cardea.ProtocolV5, "get session", "GET, POST"},
		{cardea.ProtocolV4, "HEAD signin/OAuthCallback", "GET, POST"},
		{cardea.ProtocolV4, "PUT error/AccessDenied", "GET"},

		{cardea.ProtocolV5, "GET unknown", ""},
		{cardea.ProtocolV5, "POST unknown", ""},
		{cardea.ProtocolV5, "OPTIONS unknown", ""},
		{cardea.ProtocolV5, "GET callback", ""},
		{cardea.ProtocolV5, "POST callback/undefined", ""},
		{cardea.ProtocolV5, "GET error/AccessDenied", ""},
		{cardea.ProtocolV5, "GET session/idp", ""},
		{cardea.ProtocolV5, "POST signin/idp/x", ""},
		{cardea.ProtocolV5, "GET Session", ""},
		{cardea.ProtocolV5, "GET ", ""},
	} {
		s := newSite(t, func(c *cardea.Config) { c.Protocol = tc.protocol })
		method, path, _ := strings.Cut(tc.request, " ")
		res := sendRaw(t, s, method, "/api/auth/"+path, "", "")
		want := http.StatusMethodNotAllowed
		if tc.allow == "" {
			want = http.StatusNotFound
		}
		if res.StatusCode != want || res.Header.Get("Allow") != tc.allow {
			t.Errorf("%s: %s, Allow %q; want %d, %q", tc.request, res.Status, res.Header.Get("Allow"), want, tc.allow)
		}
	}
}

// A person who opens an address without an endpoint gets a page that leads on, and a program gets
// JSON.
func TestPersonGetsAPageForAnUnknownPath(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { c.Theme.Name = "Ada & Sons" })
	for request, want := range map[string]int{"GET unknown": 404, "GET _log": 405, "POST unknown/x": 404} {
		for header, isPage := range map[string]bool{
			"Accept: text/html": true, "Sec-Fetch-Mode: navigate": true,
			"Accept: */*": false, "Sec-Fetch-Mode: cors": false,
		} {
			method, path, _ := strings.Cut(request, " ")
			r := httptest.NewRequest(method, s.URL+"/api/auth/"+path, nil)
			key, value, _ := strings.Cut(header, ": ")
			r.Header.Set(key, value)
			w := httptest.NewRecorder()
			s.auth.ServeHTTP(w, r)
			kind := "application/json"
			if isPage {
				kind = "text/html; charset=utf-8"
			}
			if w.Code != want || w.Header().Get("Content-Type") != kind || len(w.Result().Cookies()) != 0 {
				t.Errorf("%s, %s: %d, %v", request, header, w.Code, w.Header())
			}
			signIn := `href="` + s.URL + `/api/auth/signin"`
			for _, text := range []string{"Page not found", signIn, "Go to Ada &amp; Sons"} {
				if strings.Contains(w.Body.String(), text) != isPage {
					t.Errorf("%s, %s: is %q in the answer? %t", request, header, text, !isPage)
				}
			}
		}
	}
	r := httptest.NewRequest(http.MethodGet, "http://attacker.example/api/auth/unknown", nil)
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	s.auth.ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "attacker") {
		t.Errorf("a page for another host:\n%s", w.Body)
	}
}

// A handler that is mounted elsewhere than BasePath, or behind http.StripPrefix, answers nothing,
// and only the log can say why.
func TestTheLogNamesPathAndBasePath(t *testing.T) {
	t.Parallel()
	const hint = "Config.BasePath"
	for _, tc := range []struct {
		name, request, path, cause string
		mount                      func(http.Handler) http.Handler
	}{
		{"mounted elsewhere", "/auth/session", "/auth/session", hint, nil},
		{"prefix stripped", "/api/auth/session", "/session", hint, func(h http.Handler) http.Handler {
			return http.StripPrefix("/api/auth", h)
		}},
		{"everything", "/index.html", "/index.html", hint, nil},
		{"two slashes", "/api//auth/session", "/api//auth/session", hint, nil},
		{"without a slash", "/api/auth", "/api/auth", "is Config.BasePath itself, which is no page", nil},
		{"another endpoint", "/api/auth/webauthn-options", "/api/auth/webauthn-options", "no such endpoint", nil},
		{"no provider", "/api/auth/callback/", "/api/auth/callback/", "no such endpoint", nil},
		{"a long path", "/api/auth/" + strings.Repeat("x", 1000), "/api/auth/" + strings.Repeat("x", 190) + "…",
			"no such endpoint", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
			h := http.Handler(s.auth)
			if tc.mount != nil {
				h = tc.mount(h)
			}
			r := httptest.NewRequest(http.MethodGet, tc.request+"?code=c0de", nil)
			h.ServeHTTP(httptest.NewRecorder(), r)
			got := log.records(t, "cardea: not found")
			if len(got) != 1 || got[0]["path"] != tc.path || got[0]["basePath"] != "/api/auth" ||
				got[0]["method"] != "GET" || !strings.Contains(got[0]["cause"].(string), tc.cause) {
				t.Errorf("the log says %v", got)
			}
			if strings.Contains(log.String(), "c0de") {
				t.Error("the log has the query")
			}
		})
	}
}

// Scanners ask for hundreds of paths; a wrong mount is still logged beside them.
func TestStrayRequestsAreLoggedSparingly(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
	for range 100 {
		sendRaw(t, s, http.MethodGet, "/api/auth/wp-login.php", "", "")
	}
	sendRaw(t, s, http.MethodGet, "/auth/session", "", "")
	if got := log.records(t, "cardea: not found"); len(got) != 11 || got[10]["path"] != "/auth/session" {
		t.Errorf("%d lines", len(got))
	}
}
