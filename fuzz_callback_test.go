package cardea_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

// FuzzCallback sends any query and cookies to the callback endpoint (NextAuth CVE-2023-27490,
// Zitadel CVE-2025-46815). The sign-in fails with a redirect, and nothing is written, because
// fuzzing cannot know an authorization code. Whoever is signed in may be led on, within the site.
func FuzzCallback(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"state=STATE&iss=ISSUER&code=c", "FLOW"}, {"state=STATE&iss=ISSUER", "FLOW"},
		{"state=STATE&iss=ISSUER&error=access_denied", "FLOW"},
		{"state=STATE&code=c", "FLOW"}, {"state=STATE&iss=ISSUER&iss=ISSUER&code=c", "FLOW"},
		{"state=STATE&state=x&code=c&iss=ISSUER", "FLOW; FLOW"},
		{"state=.&code=c", "authjs.state.=x"}, {"state=a.b&code=c", "authjs.state.a=x"}, {"state=%zz", "FLOW"},
		{"state=STATE;code=c", "FLOW"},
		{"state=STATE&iss=ISSUER&error=%0d%0aSet-Cookie:a=b&callbackUrl=//evil.example",
			"FLOW; authjs.session-token=SESSION"},
		{"state=STATE&iss=ISSUER&code=%00&access_token=a&id_token=b",
			"authjs.session-token.0=a; FLOW; authjs.csrf-token=CSRF"},
		{"", "authjs.session-token=SESSION"},
		{"", "authjs.session-token=SESSION; authjs.callback-url=//evil.example"},
	} {
		f.Add(seed[0], seed[1])
	}
	x := newFuzzTarget(f, cardea.StrategyDatabase)
	f.Fuzz(func(t *testing.T, query, cookie string) {
		if strings.Contains(query, "STATE") && strings.Contains(cookie, "FLOW") { // a state can be used once
			x.startSignIn(t)
		}
		x.reset()
		res := x.ask(http.MethodGet, "/callback/idp?"+x.fill(query), x.fill(cookie), nil)
		x.checkAnswer(t, "callback", res)
		to := res.Header().Get("Location")
		leadsOn := strings.Contains(cookie, "SESSION") && (to == origin || strings.HasPrefix(to, origin+"/"))
		if res.Code != http.StatusFound || !leadsOn &&
			withoutRestart(t, to) != origin+"/api/auth/error?error=InvalidCheck" &&
			to != origin+"/api/auth/signin?error=OAuthCallbackError" {
			t.Errorf("%d to %q", res.Code, to)
		}
		for _, c := range res.Result().Cookies() {
			if strings.HasPrefix(c.Name, sessionCookie) {
				t.Errorf("a failed sign-in sets or clears %s", c.Name)
			}
		}
		if w := x.store.writes(); len(w) > 0 {
			t.Errorf("written: %v", w)
		}
	})
}
