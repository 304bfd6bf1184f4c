package cardea_test

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// A browser sends the cookies of a name in the order of RFC 6265 § 5.4: those with the longer path
// first, and then the older ones. So a cookie of before a change of the configuration hides the
// good one for as long as it lasts (vvo/iron-session pull request 273, lobu-ai/lobu pull request
// 2558).

// stale puts session cookies into a browser, before anybody signs in.
func stale(t *testing.T, b *cardeatest.Browser, list ...*http.Cookie) {
	t.Helper()
	app, _ := url.Parse(b.Site + "/api/auth/session")
	for _, c := range list {
		copied := *c // parallel tests share the list
		copied.Path, copied.Secure = cmp.Or(c.Path, "/"), true
		b.Jar.SetCookies(app, []*http.Cookie{&copied})
	}
}

// sessionCookiesOf returns the session cookies that a browser sends to its site.
func sessionCookiesOf(b *cardeatest.Browser) []*http.Cookie {
	app, _ := url.Parse(b.Site + "/api/auth/session")
	var found []*http.Cookie
	for _, c := range b.Jar.Cookies(app) {
		if strings.HasPrefix(c.Name, "__Secure-"+sessionCookie) {
			found = append(found, c)
		}
	}
	return found
}

func TestStaleSessionCookiesHideNoSession(t *testing.T) {
	t.Parallel()
	const name = "__Secure-" + sessionCookie
	for what, list := range map[string][]*http.Cookie{
		"of the whole domain":    {{Name: name, Value: "stale", Domain: "example.com"}},
		"of this host by name":   {{Name: name, Value: "stale", Domain: "app.example.com"}},
		"of a path":              {{Name: name, Value: "stale", Path: "/api/auth"}},
		"of a path with a slash": {{Name: name, Value: "stale", Path: "/api/auth/"}},
		"of a path above":        {{Name: name, Value: "stale", Path: "/api"}},
		"of domain and path":     {{Name: name, Value: "stale", Domain: "example.com", Path: "/api/auth"}},
		"of another secret": {{Name: name, Domain: "example.com",
			Value: "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0..a.b.c"}},
		"of several": {
			{Name: name, Value: "stale", Domain: "example.com"}, {Name: name, Value: "old", Path: "/api/auth"},
		},
		"in chunks": {
			{Name: name + ".0", Value: "stale", Domain: "example.com"},
			{Name: name + ".1", Value: "stale", Domain: "example.com"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s, b := newDomainSite(t, func(c *cardea.Config) {
					c.Session.Strategy, c.Session.CookieDomain = strategy, ""
				})
				stale(t, b, list...)
				b.SignIn("idp", "")
				page := s.auth.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
				if res := open(t, page, b); res.StatusCode != http.StatusOK {
					t.Errorf("a page: %s", res.Status)
				}
				if got := signedInEmail(b); got != "ann@example.com" {
					t.Errorf("signed in as %q", got)
				}
				if left := sessionCookiesOf(b); len(left) != 1 || left[0].Value == "stale" {
					t.Errorf("%d session cookies are left", len(left))
				}
				if got := signedInEmail(b); got != "ann@example.com" {
					t.Errorf("afterwards signed in as %q", got)
				}
				stale(t, b, list...)
				b.SignOut()
				if left := sessionCookiesOf(b); signedInEmail(b) != "" || len(left) > 0 {
					t.Errorf("after signing out: %q, %d cookies", signedInEmail(b), len(left))
				}
			})
		})
	}
}

// The other way round: the domain is new, and there is an old cookie of the host alone. And chunks:
// a large session hidden by an older one, that had more or fewer of them or none.
func TestStaleCookiesOfLargeSessions(t *testing.T) {
	t.Parallel()
	const name = "__Secure-" + sessionCookie
	chunk := func(n, value string) *http.Cookie {
		return &http.Cookie{Name: name + n, Value: value, Path: "/api/auth"}
	}
	for what, list := range map[string][]*http.Cookie{
		"none":    {chunk("", "stale")},
		"fewer":   {chunk(".0", "stale")},
		"as many": {chunk(".0", "stale"), chunk(".1", "stale"), chunk(".2", "stale"), chunk(".3", "stale")},
		"more": {
			chunk(".0", "a"), chunk(".1", "b"), chunk(".2", "c"), chunk(".3", "d"), chunk(".4", "e"), chunk(".5", "f"),
		},
		"plain, more": {chunk("", "stale"), chunk(".0", "a"), chunk(".9", "b")},
	} {
		for _, domain := range []string{"", "example.com"} {
			t.Run(what+" "+domain, func(t *testing.T) {
				t.Parallel()
				_, b := newDomainSite(t, func(c *cardea.Config) {
					withLargeSessions(c)
					c.Session.CookieDomain = domain
				})
				stale(t, b, list...)
				b.SignIn("idp", "")
				if got := signedInEmail(b); got != "ann@example.com" {
					t.Errorf("signed in as %q", got)
				}
				b.SignOut()
				if left := sessionCookiesOf(b); signedInEmail(b) != "" || len(left) > 0 {
					t.Errorf("after signing out: %q, %d cookies", signedInEmail(b), len(left))
				}
			})
		}
	}
}

// What is cleared is what failed: of two cookies with one session, or with two, nothing is lost
// before somebody signs out, and then both sessions end.
func TestOnlyStaleSessionCookiesAreCleared(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, b := newDomainSite(t, func(c *cardea.Config) { c.Session.Strategy, c.Session.CookieDomain = strategy, "" })
		b.SignIn("idp", "")
		mine := sessionCookiesOf(b)[0]
		other := cardeatest.NewBrowser(t, b.Site)
		other.Transport = b.Transport
		other.SignIn("idp", "")
		theirs := sessionCookiesOf(other)[0]
		stale(t, b, &http.Cookie{Name: theirs.Name, Value: theirs.Value, Path: "/api/auth"})
		if signedInEmail(b) == "" || len(sessionCookiesOf(b)) != 2 {
			t.Errorf("%d session cookies are left", len(sessionCookiesOf(b)))
		}
		b.SignOut()
		if len(sessionCookiesOf(b)) > 0 {
			t.Errorf("after signing out %d are left", len(sessionCookiesOf(b)))
		}
		for _, c := range []*http.Cookie{mine, theirs} {
			r, _ := http.NewRequest(http.MethodGet, b.Site+"/api/auth/session", nil)
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
			if got := text(t, serveDirectly(s, r)); got != "null" {
				t.Errorf("after signing out a session is left: %s", got)
			}
		}
	})
}

// An old cookie of the CSRF token, of another path or secret, hides the new one in the same way,
// and every form is refused.
func TestStaleCSRFCookieRefusesNoForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := cardeatest.NewBrowser(t, s.URL)
	app, _ := url.Parse(s.URL + "/api/auth/session")
	b.Jar.SetCookies(app, []*http.Cookie{{
		Name: csrfCookie, Path: "/api/auth", Value: strings.Repeat("a", 64) + "%7C" + strings.Repeat("b", 64),
	}})
	b.SignIn("idp", "")
	if got := signedInEmail(b); got != "ann@example.com" {
		t.Errorf("signed in as %q", got)
	}
}
