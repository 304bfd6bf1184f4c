package cardea_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/credentials"
	"github.com/cardea-auth/cardea/email"
)

var (
	formPattern   = regexp.MustCompile(`(?s)<form action="([^"]*)" method="post">(.*?)</form>`)
	hiddenPattern = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// formsOf returns the forms of a page by the last segments of their URLs, with their hidden fields.
func formsOf(t testing.TB, res *http.Response) map[string]url.Values {
	t.Helper()
	forms := map[string]url.Values{}
	body := text(t, res)
	res.Body = io.NopCloser(strings.NewReader(body))
	for _, f := range formPattern.FindAllStringSubmatch(body, -1) {
		values := url.Values{}
		for _, field := range hiddenPattern.FindAllStringSubmatch(f[2], -1) {
			values.Add(html.UnescapeString(field[1]), html.UnescapeString(field[2]))
		}
		_, action, _ := strings.Cut(html.UnescapeString(f[1]), "/api/auth")
		forms[action] = values
	}
	return forms
}

// newFormSite returns a site with all kinds of forms.
func newFormSite(t *testing.T) mailSite {
	t.Helper()
	return newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Providers = append(c.Providers, credentials.New(credentials.Options{
			Fields: []cardea.Field{{Name: "name"}},
			Authorize: func(ctx context.Context, _ credentials.Input) (*cardea.User, error) {
				return c.Adapter.UserByEmail(ctx, "ann@example.com")
			},
		}))
	})
}

// Two tabs with different callback URLs end where each was going, whatever form is used: each form
// has its own callback URL.
func TestEachTabEndsWhereItWasGoing(t *testing.T) {
	t.Parallel()
	for name, finish := range map[string]func(*testing.T, mailSite, *cardeatest.Browser, map[string]url.Values) string{
		"a provider": func(t *testing.T, s mailSite, b *cardeatest.Browser, forms map[string]url.Values) string {
			return openCallback(t, b, consent(t, b, startSignIn(t, b, "idp", forms["/signin/idp"])))
		},
		"credentials": func(t *testing.T, s mailSite, b *cardeatest.Browser, forms map[string]url.Values) string {
			return b.Post("/callback/credentials", forms["/callback/credentials"]).Header.Get("Location")
		},
		"the link of a mail": func(t *testing.T, s mailSite, b *cardeatest.Browser,
			forms map[string]url.Values,
		) string {
			return visit(t, b, s.ask(t, b, "ann@example.com", forms["/signin/email"].Get("callbackUrl")).Link).
				Header.Get("Location")
		},
		"the link in another browser": func(t *testing.T, s mailSite, b *cardeatest.Browser,
			forms map[string]url.Values,
		) string {
			m := s.ask(t, b, "ann@example.com", forms["/signin/email"].Get("callbackUrl"))
			other := newBrowser(t, s.URL)
			confirm := formsOf(t, visit(t, other, m.Link))["/callback/email"]
			visit(t, other, s.URL+"/api/auth/signin?callbackUrl=/two")
			return other.Post("/callback/email", confirm).Header.Get("Location")
		},
		"a code, the newer one in the older tab": func(t *testing.T, s mailSite, b *cardeatest.Browser,
			forms map[string]url.Values,
		) string {
			s.ask(t, b, "ann@example.com", forms["/signin/email"].Get("callbackUrl"))
			page := formsOf(t, visit(t, b, s.URL+"/api/auth/verify-request?provider=email&type=email"))
			m := s.ask(t, b, "ann@example.com", "/two")
			wrong := page["/callback/email"]
			wrong.Set("code", codeOtherThan(m))
			page = formsOf(t, visit(t, b, b.Post("/callback/email", wrong).Header.Get("Location")))
			page["/callback/email"].Set("code", m.Code)
			return b.Post("/callback/email", page["/callback/email"]).Header.Get("Location")
		},
		"another mail": func(t *testing.T, s mailSite, b *cardeatest.Browser, forms map[string]url.Values) string {
			s.ask(t, b, "ann@example.com", forms["/signin/email"].Get("callbackUrl"))
			page := formsOf(t, visit(t, b, s.URL+"/api/auth/verify-request?provider=email&type=email"))
			visit(t, b, s.URL+"/api/auth/signin?callbackUrl=/two")
			b.Post("/signin/email", page["/signin/email"])
			return visit(t, b, s.mails.Last(t, "ann@example.com").Link).Header.Get("Location")
		},
		"signing out": func(t *testing.T, s mailSite, b *cardeatest.Browser, _ map[string]url.Values) string {
			b.CheckRedirect = nil
			b.SignIn("idp", "1001")
			b.CheckRedirect = stopAtRedirect
			page := formsOf(t, visit(t, b, s.URL+"/api/auth/signout?callbackUrl=/one"))
			visit(t, b, s.URL+"/api/auth/signin?callbackUrl=/two")
			return b.Post("/signout", page["/signout"]).Header.Get("Location")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFormSite(t)
			s.signedIn(t, "1001")
			b := newBrowser(t, s.URL)
			first := formsOf(t, visit(t, b, s.URL+"/api/auth/signin?callbackUrl=/one"))
			visit(t, b, s.URL+"/api/auth/signin?callbackUrl=/two")
			for action, fields := range first {
				if got := fields.Get("callbackUrl"); got != s.URL+"/one" {
					t.Errorf("%s: callbackUrl %q", action, got)
				}
			}
			if to := finish(t, s, b, first); len(first) != 3 || to != s.URL+"/one" {
				t.Errorf("%d forms; ends at %s", len(first), to)
			}
		})
	}
}

// A link to the sign-in page must not fill in somebody else's address: one click would then sign in
// as somebody else (login CSRF, RFC 9700 § 4.7). Nothing of the query is shown or filled in but the
// callback URL, which was checked.
func TestQueryFillsInNothing(t *testing.T) {
	t.Parallel()
	s := newFormSite(t)
	b := newBrowser(t, s.URL)
	s.ask(t, b, "ann@example.com", "/")
	query := "?callbackUrl=/x"
	for _, name := range []string{
		"email", "name", "user", "login_hint", "csrfToken", "token", "code", "identifier", "username", "type", "error",
		"state", "id",
	} {
		query += "&" + name + "=planted%40evil.example"
	}
	for _, path := range []string{
		"signin", "signout", "error", "verify-request", "callback/email", "callback/idp", "signin/idp", "error/idp",
	} {
		for _, more := range []string{"", "&provider=email", "&provider=idp&error=InvalidCheck"} {
			res := visit(t, b, s.URL+"/api/auth/"+path+query+more)
			if body := text(t, res); strings.Contains(body, "planted") {
				t.Errorf("%s%s: %s", path, more, body)
			}
		}
	}
}

// Another host of the domain can set cookies for the whole domain, and so plant a sign-in that it
// has begun: the callback would sign the visitor in as somebody else. A cookie with the prefix
// __Host- can be set by the site alone (RFC 6265bis § 4.1.3.2).
func TestPlantedSignInIsRefused(t *testing.T) {
	t.Parallel()
	for _, protocol := range []cardea.Protocol{cardea.ProtocolV5, cardea.ProtocolV4} {
		for _, prefix := range []string{"", "shop"} {
			s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
				c.Protocol, c.CookiePrefix = protocol, prefix
			})
			secure := httptest.NewTLSServer(s.auth)
			t.Cleanup(secure.Close)
			b := newBrowser(t, secure.URL)
			b.Transport = secure.Client().Transport
			callback := callbackURLOf(t, b, "idp")
			s.mails.Last(t, postMail(t, b, "ann@example.com"))
			attempt, planted := "", cookies{}
			for name, value := range cookiesOf(b) {
				switch {
				case strings.HasPrefix(name, "__Host-"):
					planted[strings.Replace(name, "__Host-", "__Secure-", 1)] = value
					planted[strings.TrimPrefix(name, "__Host-")] = value
				case !strings.HasSuffix(name, ".callback-url"):
					t.Errorf("another host can set %s", name)
				}
				if strings.Contains(name, ".state.") {
					attempt = name
				}
			}
			u, err := url.Parse(callback)
			if err != nil || attempt == "" {
				t.Fatalf("%v, cookie %q", err, attempt)
			}
			to := serveTLS(s.auth, secure.URL+u.RequestURI(), planted).Header.Get("Location")
			if withoutRestart(t, to) != secure.URL+"/api/auth/error?error=InvalidCheck" {
				t.Errorf("a planted sign-in leads to %s", to)
			}
			if to := visit(t, b, callback).Header.Get("Location"); to != secure.URL {
				t.Errorf("the browser's own leads to %s", to)
			}
			if _, ok := cookiesOf(b)[attempt]; ok {
				t.Errorf("%s is not cleared", attempt)
			}
		}
	}
}

// postMail asks for a mail to an address, and returns the address.
func postMail(t *testing.T, b *cardeatest.Browser, address string) string {
	t.Helper()
	if res := b.Post("/signin/email", url.Values{"email": {address}}); !strings.Contains(res.Header.Get("Location"),
		"/verify-request") {
		t.Fatalf("%s to %s", res.Status, res.Header.Get("Location"))
	}
	return address
}

// serveTLS serves a request of https with these cookies.
func serveTLS(h http.Handler, target string, c cookies) *http.Response {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Cookie", c.String())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}
