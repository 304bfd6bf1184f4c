package cardea_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
)

var callbackField = regexp.MustCompile(`name="callbackUrl" value="([^"]*)"`)

// FuzzCallbackURL sends any callback URL in query, form and cookie (NextAuth CVE-2022-31093,
// CVE-2022-24858 and CVE-2022-29214, oauth2-proxy GHSA-qqxw-m5fj-f7gv). No redirect, cookie or page
// leads to another site.
func FuzzCallbackURL(f *testing.F) {
	for _, v := range hostileTargetsFor("localhost") {
		f.Add(v)
	}
	for _, v := range []string{
		"/", "/a?b=c#d", origin, origin + "/a%20b", "HTTP://LOCALHOST/a", "http://localhost:80/a",
		"/" + strings.Repeat("%25", 600),
	} {
		f.Add(v)
	}
	x := newFuzzTarget(f, cardea.StrategyJWT)
	f.Fuzz(func(t *testing.T, v string) {
		own := csrfCookie + "=" + x.csrf
		form := url.Values{"csrfToken": {x.csrfToken}}
		withURL := url.Values{"csrfToken": {x.csrfToken}, "callbackUrl": {v}}
		ownAnd := func(callbackURL string) string { return own + "; " + callbackCookie + "=" + callbackURL }
		for what, res := range map[string]response{
			"query of the page":      x.ask(http.MethodGet, "/signin"+query(v), own, nil),
			"raw query of the page":  x.ask(http.MethodGet, "/signin?callbackUrl="+v, own, nil),
			"cookie of the page":     x.ask(http.MethodGet, "/signin", ownAnd(cookieEscape(v)), nil),
			"raw cookie of the page": x.ask(http.MethodGet, "/signin", ownAnd(v), nil),
			"form of sign out":       x.ask(http.MethodPost, "/signout", own, withURL),
			"query of sign out":      x.ask(http.MethodPost, "/signout"+query(v), own, form),
			"cookie of sign out":     x.ask(http.MethodPost, "/signout", ownAnd(cookieEscape(v)), form),
			"form of sign in":        x.ask(http.MethodPost, "/signin", own, withURL),
			"query of a callback":    x.ask(http.MethodGet, "/callback/idp"+query(v), own, nil),
			"query of an error":      x.ask(http.MethodGet, "/error"+query(v), own, nil),
		} {
			x.checkAnswer(t, what, res)
			if to, err := url.Parse(res.Header().Get("Location")); err == nil && to.Query().Has("callbackUrl") &&
				!onSite(to.Query().Get("callbackUrl")) {
				t.Errorf("%s: passes on %q", what, to.Query().Get("callbackUrl"))
			}
			if field := callbackField.FindStringSubmatch(res.Body.String()); field != nil &&
				!onSite(html.UnescapeString(field[1])) {
				t.Errorf("%s: the page contains %q", what, field[1])
			}
		}
		res := x.ask(http.MethodPost, "/signin/idp", own, withURL)
		if to := res.Header().Get("Location"); res.Code != http.StatusSeeOther ||
			!strings.HasPrefix(to, "http://localhost:1/idp/authorize?") {
			t.Errorf("sign in: %d to %q", res.Code, to)
		}
	})
}
