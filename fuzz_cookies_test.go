package cardea_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// FuzzCookies sends any cookies (NextAuth CVE-2023-48309, fiber CVE-2026-25899, Pomerium
// CVE-2021-29652). Only the visitor's own session is accepted, no cookie makes the handler fail,
// and invalid states and CSRF tokens are refused.
func FuzzCookies(f *testing.F) {
	for _, seed := range []string{
		"", "authjs.session-token=SESSION", "authjs.session-token=FLOW", "authjs.session-token=CSRF",
		"authjs.session-token=SESSIO", "authjs.session-token=xSESSION",
		"authjs.session-token.0=SESSION", "authjs.session-token.0=SESSION; authjs.session-token.1=x",
		"authjs.session-token.1=SESSION", "authjs.session-token.99=a",
		"authjs.session-token.100=a", "authjs.session-token.00=SESSION",
		"authjs.session-token=; authjs.session-token.0=a; authjs.session-token.2=b",
		"authjs.session-token=%", "authjs.session-token=%ff",
		"authjs.session-token=eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwiemlwIjoiREVGIn0..a.b.c",
		"__Secure-authjs.session-token=SESSION", "next-auth.session-token=SESSION", "FLOW",
		"FLOW; authjs.session-token=SESSION", "authjs.csrf-token=CSRF",
		"authjs.csrf-token=a|b", "authjs.csrf-token=" + strings.Repeat("a", 64) + "%7C" + strings.Repeat("b", 64),
		"authjs.state.x=SESSION", ";;;===;", "a=b\x00c; d",
		"authjs.callback-url=//evil.example; authjs.session-token=SESSION", strings.Repeat("a=b; ", 300),
		"authjs.session-token=" + strings.Repeat(".", 5000),
	} {
		f.Add(seed)
	}
	targets := []*fuzzTarget{newFuzzTarget(f, cardea.StrategyDatabase), newFuzzTarget(f, cardea.StrategyJWT)}
	f.Fuzz(func(t *testing.T, cookie string) {
		for _, x := range targets {
			x.reset()
			sent := x.fill(cookie)
			res := x.ask(http.MethodGet, "/session", sent, nil)
			x.checkAnswer(t, "session", res)
			body := res.Body.String()
			hasSession := strings.Contains(sent, x.session)
			if res.Code != http.StatusOK || body != "null" &&
				(!hasSession || !strings.Contains(body, `"ann@example.com"`)) {
				t.Errorf("session: %d %s", res.Code, body)
			}
			r := httptest.NewRequest(http.MethodGet, origin+"/", nil)
			r.Header["Cookie"] = []string{sent}
			w := httptest.NewRecorder()
			x.auth.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusTeapot)
			})).ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized && w.Code != http.StatusTeapot ||
				(w.Code == http.StatusTeapot) != (body != "null") {
				t.Errorf("Require: %d, and the session is %s", w.Code, body)
			}
			x.checkAnswer(t, "page", x.ask(http.MethodGet, "/signin", sent, nil))
			if !strings.Contains(sent, x.state[:18]) {
				res := x.ask(http.MethodGet, "/callback/idp?code=c&iss=http://localhost:1/idp&state="+x.state, sent,
					nil)
				x.checkAnswer(t, "callback", res)
				to := res.Header().Get("Location")
				if withoutRestart(t, to) != origin+"/api/auth/error?error=InvalidCheck" &&
					(body == "null" || to != origin) {
					t.Errorf("callback: redirects to %q", to)
				}
			}
			res = x.ask(http.MethodPost, "/signin", sent, url.Values{"csrfToken": {x.csrfToken}})
			x.checkAnswer(t, "form", res)
			if refused := strings.Contains(res.Header().Get("Location"), "MissingCSRF"); !refused &&
				!strings.Contains(sent, x.csrfToken) {
				t.Errorf("form: redirects to %q", res.Header().Get("Location"))
			}
			if w := x.store.writes(); len(w) > 0 {
				t.Errorf("written: %v", w)
			}
		}
	})
}
