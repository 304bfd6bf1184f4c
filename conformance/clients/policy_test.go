package clients

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
)

// TestFormsLeadToHTTPInDevelopment clicks the buttons of the built-in pages of a site on https. The
// identity provider, for development, is on http, and so may be the front end. Browsers apply
// form-action to the whole way: from the site to the provider, and from the provider's page through
// the site to the front end.
func TestFormsLeadToHTTPInDevelopment(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	t.Parallel()
	browser := startChromium(t)
	for _, tc := range []struct{ name, host, front string }{
		{"on another host", exampleHost, ""},
		{"on another host, front end on another port", exampleHost, "https://" + exampleHost},
		{"on another host, front end on http", exampleHost, "http://localhost"},
		{"on localhost", "localhost", ""},
		{"on localhost, front end on http", "localhost", "http://localhost"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			front := newEmptyFront(t, tc.front)
			s := newTLSSite(t, tc.host, front, func(*cardea.Config) {})
			if front == "" {
				front = s.URL
			}
			w := browser.newProfile(t).open(t, s.URL+"/api/auth/signin?callbackUrl="+url.QueryEscape(front+"/done"))
			w.click(t, "form[action$='/signin/idp'] button")
			w.waitForPage(t, s.issuer.URL+"/authorize", "li button")
			w.click(t, "li button")
			w.waitForPage(t, front+"/done", "body")
			w.goTo(t, s.URL+"/api/auth/signout?callbackUrl="+url.QueryEscape(front+"/out"))
			w.click(t, "form button")
			w.waitForPage(t, front+"/out", "body")
		})
	}
	t.Run("only the front end on http", func(t *testing.T) {
		t.Parallel()
		front := newEmptyFront(t, "http://localhost")
		s := newTLSSite(t, exampleHost, front, func(c *cardea.Config) { c.Providers = c.Providers[1:] })
		w := browser.newProfile(t).open(t, s.URL+"/api/auth/signin?callbackUrl="+url.QueryEscape(front+"/done"))
		w.write(t, "[name=username]", "bob")
		w.write(t, "[name=password]", password)
		w.click(t, "form:has([name=password]) button")
		w.waitForPage(t, front+"/done", "body")
	})
}

// newTLSSite starts a site on https. front is the origin of its front end, or "".
func newTLSSite(t *testing.T, host, front string, change func(*cardea.Config)) *site {
	t.Helper()
	return newSite(t, "", func(c *cardea.Config) {
		u, err := url.Parse(c.BaseURL)
		if err != nil {
			t.Fatal(err)
		}
		c.BaseURL = "https://" + net.JoinHostPort(host, u.Port())
		if front != "" {
			c.TrustedOrigins = []string{front}
		}
		change(c)
	})
}

// newEmptyFront starts a front end without content, and returns its origin: base with the port. For
// "" there is none.
func newEmptyFront(t *testing.T, base string) string {
	t.Helper()
	if base == "" {
		return ""
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
	}))
	if u.Scheme == "https" {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return u.Scheme + "://" + net.JoinHostPort(u.Host, port)
}
