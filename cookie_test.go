package cardea_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// hosts is a transport to handlers of this process by host name. Any other host is on the network.
type hosts map[string]http.Handler

func (d hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	if h, ok := d[r.URL.Host]; ok {
		return handlerTransport{h}.RoundTrip(r)
	}
	return ownTransport.RoundTrip(r)
}

// newDomainSite returns a site at app.example.com and a browser. api.example.com in the same domain
// and example.org in another one have a page for signed-in visitors.
func newDomainSite(t *testing.T, change func(*cardea.Config)) (*site, *cardeatest.Browser) {
	t.Helper()
	s := newSite(t, func(c *cardea.Config) {
		c.BaseURL, c.Session.CookieDomain = "https://app.example.com", "example.com"
		change(c)
	})
	page := s.auth.Require(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("hello")) }))
	b := cardeatest.NewBrowser(t, "https://app.example.com")
	b.Transport = hosts{"app.example.com": s.auth, "api.example.com": page, "example.org": page}
	return s, b
}

// pageStatus opens the page of a host, and returns the status of the response.
func pageStatus(t *testing.T, b *cardeatest.Browser, host string) int {
	t.Helper()
	return visit(t, b, "https://"+host+"/").StatusCode
}

func TestCookieDomainCoversItsHostsOnly(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		_, b := newDomainSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		b.SignIn("idp", "")
		if got := pageStatus(t, b, "api.example.com"); got != http.StatusOK {
			t.Errorf("another host of the domain: %d", got)
		}
		if got := pageStatus(t, b, "example.org"); got != http.StatusUnauthorized {
			t.Errorf("another domain: %d", got)
		}
		api, _ := url.Parse("https://api.example.com")
		for _, c := range b.Jar.Cookies(api) {
			if !strings.HasPrefix(c.Name, "__Secure-"+sessionCookie) {
				t.Errorf("%s is sent to the whole domain", c.Name)
			}
		}
		b.SignOut()
		if got := pageStatus(t, b, "api.example.com"); got != http.StatusUnauthorized {
			t.Errorf("after signing out: %d", got)
		}
		if left := b.Jar.Cookies(api); len(left) > 0 {
			t.Errorf("after signing out the domain still gets %d cookies", len(left))
		}
	})
}

// A browser may still have a cookie for this host alone, from before the domain was configured. It
// sends that cookie before the one for the domain.
func TestCookieDomainReplacesTheHostCookie(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		_, b := newDomainSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		app, _ := url.Parse(b.Site)
		name := "__Secure-" + sessionCookie
		b.Jar.SetCookies(app, []*http.Cookie{{Name: name, Value: "an ended session", Path: "/", Secure: true}})
		b.SignIn("idp", "")
		if got := b.Jar.Cookies(app); signedInEmail(b) != "ann@example.com" ||
			pageStatus(t, b, "api.example.com") != http.StatusOK {
			t.Errorf("signed in as %q with %d cookies", signedInEmail(b), len(got))
		}
		b.SignOut()
		for _, c := range b.Jar.Cookies(app) {
			if c.Name == name {
				t.Error("a session cookie is left")
			}
		}
	})
}

func TestCookiePrefixSeparatesSites(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]cardea.Protocol{"v5": cardea.ProtocolV5, "v4": cardea.ProtocolV4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) { testCookiePrefix(t, protocol, strategy) })
		})
	}
}

func testCookiePrefix(t *testing.T, protocol cardea.Protocol, strategy cardea.Strategy) {
	s := newSite(t, func(c *cardea.Config) {
		c.Protocol, c.Session.Strategy, c.CookiePrefix = protocol, strategy, "shop"
	})
	b := newBrowser(t, s.URL)
	startSignIn(t, b, "idp", nil)
	b.CheckRedirect = nil
	b.SignIn("idp", "")
	had := cookiesOf(b)
	for name := range had {
		if !strings.HasPrefix(name, "shop.") {
			t.Errorf("cookie %s", name)
		}
	}
	if signedInEmail(b) != "ann@example.com" || len(had) < 3 {
		t.Errorf("signed in as %q with %d cookies", signedInEmail(b), len(had))
	}

	other := newSite(t, func(c *cardea.Config) {
		c.Protocol, c.Session.Strategy, c.Adapter = protocol, strategy, s.store
	})
	if got := other.sessionBody(t, had); strings.Contains(got, "ann@example.com") {
		t.Errorf("a site with another prefix on the same host reads the session %s", got)
	}
	b.SignOut()
	if got := s.sessionBody(t, had); strings.Contains(got, "ann@example.com") {
		t.Errorf("after signing out the session is %s", got)
	}
}

// A large session is stored in several cookies.
func TestCookieDomainHoldsForAllPartsOfASession(t *testing.T) {
	t.Parallel()
	_, b := newDomainSite(t, withLargeSessions)
	b.SignIn("idp", "")
	api, _ := url.Parse("https://api.example.com")
	if got := len(b.Jar.Cookies(api)); got < 3 || pageStatus(t, b, "api.example.com") != http.StatusOK {
		t.Errorf("the domain gets %d cookies", got)
	}
	b.SignOut()
	if got := len(b.Jar.Cookies(api)); got > 0 {
		t.Errorf("after signing out the domain still gets %d cookies", got)
	}
}
