package cardea_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// Better Auth CVE-2025-61928: only the session says who the visitor is. Ids of users in a body or a
// query are ignored.
func TestUserIDInARequestIsIgnored(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		s.Config.Handler = newApplication(s.auth)
		cardeatest.SignIn(t, s.URL, "idp", "")
		ann := s.accountOwner(t, "idp", "1001")
		s.issuer.Next(newPerson("2002", "bob@example.com"))
		bob := newBrowser(t, s.URL)
		signInWith(t, bob, "idp")
		stranger := newBrowser(t, s.URL)

		form := url.Values{}
		members := map[string]any{}
		for _, name := range []string{
			"userId", "user_id", "user", "id", "sub", "email", "sessionToken", "session", "data", "role",
		} {
			form.Set(name, ann)
			members[name] = map[string]string{"id": ann, "sub": ann, "userId": ann, "name": "Ann Example"}
		}
		for name, b := range map[string]*cardeatest.Browser{"Bob": bob, "a stranger": stranger} {
			form.Set("csrfToken", b.CSRFToken())
			members["csrfToken"] = b.CSRFToken()
			object, err := json.Marshal(members)
			if err != nil {
				t.Fatal(err)
			}
			asJSON := func(r *http.Request) {
				r.Header.Set("Content-Type", "application/json")
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(object))), int64(len(object))
			}
			for _, res := range []*http.Response{
				send(t, s.URL+"/api/auth/session?"+form.Encode(), cookiesOf(b), form),
				send(t, s.URL+"/api/auth/session", cookiesOf(b), form, asJSON),
				send(t, s.URL+"/api/auth/session?"+form.Encode(), cookiesOf(b), nil),
			} {
				body := text(t, res)
				if strings.Contains(body, "Ann") || strings.Contains(body, ann) ||
					name == "a stranger" && body != "null" || name == "Bob" && !strings.Contains(body, "Person 2002") {
					t.Errorf("%s: %s %s", name, res.Status, body)
				}
			}
			for _, path := range []string{"/guarded", "/typed"} {
				res := send(t, s.URL+path+"?"+form.Encode(), cookiesOf(b), form)
				if got := text(t, res); strings.Contains(got, ann) ||
					name == "a stranger" && res.StatusCode != http.StatusUnauthorized {
					t.Errorf("%s at %s: %s %s", name, path, res.Status, got)
				}
			}
		}
		if got := bob.Session()["user"].(map[string]any)["name"]; got != "Person 2002" {
			t.Errorf("Bob is signed in as %v now", got)
		}
	})
}

// oauth2-proxy CVE-2025-64484, CVE-2026-34457 and CVE-2026-40575, caddy-security CVE-2024-21494: no
// header identifies the visitor, in any spelling.
func TestHeadersDoNotIdentifyTheVisitor(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	h := newApplication(s.auth)
	bob := cookiesOf(cardeatest.SignIn(t, s.URL, "idp", ""))
	id := s.accountOwner(t, "idp", "1001")
	names := []string{
		"X-User", "X_User", "x-user-id", "X-Forwarded-User", "X_Forwarded_User", "X-Auth-Request-User",
		"X-Auth-Request-Email", "X-Remote-User", "Remote-User", "REMOTE_USER", "X-Forwarded-Uri",
		"X-Forwarded-Method", "X-Original-Url", "X-Authenticated-User", "X-Session", "X-Authjs-Session",
		"Authorization", "User",
	}
	for _, path := range []string{"/guarded", "/typed", "/loaded", "/api/auth/session"} {
		for name, c := range map[string]cookies{"a stranger": nil, "Bob": bob} {
			want := serve(h, http.MethodGet, path, c, nil)
			r := httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
			if c != nil {
				r.Header.Set("Cookie", c.String())
			}
			for _, header := range names {
				r.Header[header] = []string{"somebody-else"} // in this spelling, not in the canonical one
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if body := text(t, want); w.Code != want.StatusCode || w.Body.String() != body {
				t.Errorf("%s at %s: %d %s, without the headers %d %s",
					name, path, w.Code, w.Body, want.StatusCode, body)
			}
		}
	}
	if got := text(t, serve(h, http.MethodGet, "/guarded", bob, nil)); got != id {
		t.Errorf("with the session: got user %s, want %s", got, id)
	}
}
