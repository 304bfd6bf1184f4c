package cardea_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// keptURLs are addresses that the pages of real sites have, and how browsers write them (URL
// Standard § 1.3). nextauthjs/next-auth issue 12499: such a page was not the one to which the
// visitor came back.
var keptURLs = map[string]string{
	"/grüße":                              "/gr%C3%BC%C3%9Fe",
	"/završi-profil?tab=račun":            "/zavr%C5%A1i-profil?tab=ra%C4%8Dun",
	"/😀#😀":                                "/%F0%9F%98%80#%F0%9F%98%80",
	"/my file?q=two words":                "/my%20file?q=two%20words",
	"/wiki//a///b?u=https://b.example//c": "/wiki//a///b?u=https://b.example//c",
	"/a?b=" + strings.Repeat("c", 2400):   "/a?b=" + strings.Repeat("c", 2400),
	"/" + strings.Repeat("d/", 1200):      "/" + strings.Repeat("d/", 1200),
}

// Every way in which a URL comes in and the visitor is led to it afterwards, with a path and with
// an absolute URL.
func TestCallbackURLsAreKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for raw, path := range keptURLs {
		for _, v := range []string{raw, s.URL + raw, path, s.URL + path} {
			b := newBrowser(t, s.URL)
			if got := b.Post("/signout", url.Values{"callbackUrl": {v}}).Header.Get("Location"); got != s.URL+path {
				t.Errorf("sign out, form with %.40q: led to %.80q", v, got)
			}
			if got := b.Post("/signout"+query(v), nil).Header.Get("Location"); got != s.URL+path {
				t.Errorf("sign out, query with %.40q: led to %.80q", v, got)
			}
			back := consent(t, b, startSignIn(t, b, "idp", url.Values{"callbackUrl": {v}}))
			if got := openCallback(t, b, back); got != s.URL+path {
				t.Errorf("sign in with %.40q: led to %.80q", v, got)
			}
		}
	}
}

// The page that asks to sign in leads back to itself.
func TestRequireLeadsBackToAnyPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	page := s.auth.Require(http.NotFoundHandler())
	for _, path := range []string{"/gr%C3%BC%C3%9Fe", "/a//b?c=//d", "/a%20b", "/x?" + strings.Repeat("y", 2300)} {
		res := serve(page, http.MethodGet, path, nil, nil)
		if res.StatusCode != http.StatusUnauthorized {
			t.Fatalf("%s: %s", path, res.Status)
		}
		r, _ := http.NewRequest(http.MethodGet, s.URL+path, nil)
		r.Header.Set("Accept", "text/html")
		res, err := handlerTransport{page}.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		b := newBrowser(t, s.URL)
		text := text(t, visit(t, b, res.Header.Get("Location")))
		if !strings.Contains(text, `name="callbackUrl" value="`+s.URL+path+`"`) {
			t.Errorf("%.40s: the sign-in page does not lead back there", path)
		}
	}
}

// What no cookie can hold is kept without its fragment and its query: the page is the right one.
func TestLongCallbackURLsAreKeptAsFarAsPossible(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for name, row := range map[string]struct{ raw, want string }{
		"fragment": {"/a?b=" + strings.Repeat("c", 2000) + "#" + strings.Repeat("d", 2000),
			"/a?b=" + strings.Repeat("c", 2000)},
		"query":           {"/a/b?c=" + strings.Repeat("d", 3000), "/a/b"},
		"far longer":      {"/a/b?c=" + strings.Repeat("d", 60000), "/a/b"},
		"encoded, longer": {"/a/b?c=" + strings.Repeat("ü", 1000), "/a/b"},
		"path":            {"/" + strings.Repeat("a", 3000), ""},
	} {
		b := newBrowser(t, s.URL)
		if got := pathAfterSignIn(t, b, row.raw); got != s.URL+row.want {
			t.Errorf("%s: led to %.80q, want %.80q", name, got, s.URL+row.want)
		}
	}
}

// pathAfterSignIn signs in with a callback URL and returns where that leads.
func pathAfterSignIn(t *testing.T, b *cardeatest.Browser, raw string) string {
	t.Helper()
	return openCallback(t, b, consent(t, b, startSignIn(t, b, "idp", url.Values{"callbackUrl": {raw}})))
}

// The application's redirect callback returns what it likes, and a header has only ASCII (RFC 9110
// § 5.5). nextauthjs/next-auth issue 12499, vercel/next.js issue 17907.
func TestRedirectCallbackIsEncoded(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.Callbacks.Redirect = func(_ context.Context, _, _ string) string {
			return "https://www.example.com/grüße?an=Frau Müller#ü"
		}
	})
	const want = "https://www.example.com/gr%C3%BC%C3%9Fe?an=Frau%20M%C3%BCller#%C3%BC"
	if got := newBrowser(t, s.URL).Post("/signout",
		url.Values{"callbackUrl": {"/"}}).Header.Get("Location"); got != want {
		t.Errorf("led to %q, want %q", got, want)
	}
}
