package cardea_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// lostCallbacks are callbacks that cannot be finished although nothing is wrong with the server.
// Each returns the response to one, of a visitor who was going to /next.
var lostCallbacks = map[string]func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response{
	"used before": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		callback := beginAs(t, b, "idp", "", "/next")
		openCallback(t, b, callback)
		b.Post("/signout", url.Values{"callbackUrl": {"/next"}})
		return visit(t, b, callback)
	},
	"too late": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		now := s.setClock()
		callback := beginAs(t, b, "idp", "", "/next")
		late := cookiesOf(b)
		now.advance(16 * time.Minute)
		return send(t, callback, late, nil)
	},
	"without the cookie": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		callback := beginAs(t, b, "idp", "", "/next")
		c := cookiesOf(b)
		return send(t, callback, c.without(c.stateCookieName(t)), nil)
	},
	"with a cookie of another secret": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		callback := beginAs(t, b, "idp", "", "/next")
		c := cookiesOf(b)
		return send(t, callback, c.with(c.stateCookieName(t), "eyJhbGciOiJkaXIifQ..a.b.c"), nil)
	},
	// The state of Auth.js is an encrypted token, and its cookies have other names.
	"begun on a Node server": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		c := cookies{"authjs.state": "eyJh", "authjs.pkce.code_verifier": "eyJh"}
		c["authjs.callback-url"] = cookieEscape(s.URL + "/next")
		c["next-auth.callback-url"] = c["authjs.callback-url"]
		return send(t, s.URL+"/api/auth/callback/idp?code=x&state="+strings.Repeat("eyJhbGciOiJkaXIi.", 9), c, nil)
	},
	"a stranger's": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return visit(t, b, s.URL+"/api/auth/callback/idp?code=1&state=2&callbackUrl=/next")
	},
	"an error without a sign-in": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return visit(t, b, s.URL+"/api/auth/callback/idp?error=access_denied&state=xyz&callbackUrl=/next")
	},
	"without any parameter": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return visit(t, b, s.URL+"/api/auth/callback/idp?callbackUrl=/next")
	},
	"with a query that is malformed": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return visit(t, b, s.URL+"/api/auth/callback/idp?callbackUrl=/next&state=%zz")
	},
	"posted to a provider that posts nothing": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return b.Post("/callback/idp", url.Values{"code": {"1"}, "callbackUrl": {"/next"}})
	},
	"form_post without a form": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return visit(t, b, s.URL+"/api/auth/callback/posting?code=1&state=2&callbackUrl=/next")
	},
	"form_post with a form that is too old": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return visit(t, b, s.URL+"/api/auth/callback/posting?callbackUrl=/next&form=eyJhbGciOiJkaXIifQ..a.b.c")
	},
	"a posted form of a stranger": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		posted := send(t, s.URL+"/api/auth/callback/posting", nil,
			url.Values{"state": {"x"}, "error": {"access_denied"}}, header("Origin", "null"),
			header("Sec-Fetch-Site", "cross-site"))
		return visit(t, b, posted.Header.Get("Location")+"&callbackUrl=/next")
	},
	"a service that does not speak OAuth": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return visit(t, b, s.URL+"/api/auth/callback/abroad?who=7&proof=a&callbackUrl=/next")
	},
	"a proof that was used": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		other := newBrowser(t, s.URL)
		openCallback(t, other, beginAtCustomProvider(t, other)+"&who=7&proof=used")
		to, err := url.Parse(b.Post("/signin/abroad", url.Values{"callbackUrl": {"/next"}}).Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return visit(t, b, to.Query().Get("back")+"&who=7&proof=used")
	},
	"a code of somebody else": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		stolen, err := url.Parse(callbackURLOf(t, newBrowser(t, s.URL), "github"))
		if err != nil {
			t.Fatal(err)
		}
		callback := beginAs(t, b, "github", "", "/next")
		u, _ := url.Parse(callback)
		q := u.Query()
		q.Set("code", stolen.Query().Get("code"))
		u.RawQuery = q.Encode()
		return visit(t, b, u.String())
	},
	"an unknown provider": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return visit(t, b, s.URL+"/api/auth/callback/anything?code=1&state=2&callbackUrl=/next")
	},
	"credentials in a query": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return visit(t, b, s.URL+"/api/auth/callback/credentials?name=ann&callbackUrl=/next")
	},
	"a sign-in at an unknown provider": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return b.Post("/signin/anything", url.Values{"callbackUrl": {"/next"}})
	},
	"a form for an unknown provider": func(t *testing.T, s *site, b *cardeatest.Browser) *http.Response {
		return b.Post("/callback/anything", url.Values{"callbackUrl": {"/next"}})
	},
}

var restartForm = regexp.MustCompile(`(?s)<form action="([^"]*)" method="post">.*?name="callbackUrl" value="([^"]*)"`)

// A callback that is used again, too late, in another browser or made up is not a fault of the
// server: the visitor gets a page with status 400 that starts the sign-in again and leads to where
// the visitor was going, and nothing is logged as an error.
func TestLostSignInsCanBeStartedAgain(t *testing.T) {
	t.Parallel()
	for name, open := range lostCallbacks {
		for version, protocol := range []cardea.Protocol{cardea.ProtocolV5, cardea.ProtocolV4} {
			if strings.Contains(name, "cookie") && protocol == cardea.ProtocolV4 {
				continue // the names of the cookies are those of v5
			}
			t.Run(name+map[int]string{1: ", v4"}[version], func(t *testing.T) {
				t.Parallel()
				var log logRecorder
				s := newSite(t, func(c *cardea.Config) {
					c.Protocol, c.Logger = protocol, log.logger()
					addGitHub(c)
					posting := *idp(c)
					posting.ID, posting.FormPost = "posting", true
					c.Providers = append(c.Providers, &posting, customProvider())
				})
				b := newBrowser(t, s.URL)
				res := open(t, s, b)
				to := res.Header.Get("Location")
				if !strings.HasPrefix(to, s.URL+"/api/auth/error?") {
					t.Fatalf("%s to %s", res.Status, to)
				}
				page := visit(t, b, to)
				body := text(t, page)
				if page.StatusCode != http.StatusBadRequest || !strings.Contains(body, "took too long") ||
					!strings.Contains(body, "another browser") {
					t.Errorf("%s: %s", page.Status, body)
				}
				if strings.Contains(log.String(), `"level":"ERROR"`) ||
					len(log.records(t, "cardea: request failed")) != 1 {
					t.Errorf("log: %s", &log)
				}
				u, err := url.Parse(to)
				if err != nil {
					t.Fatal(err)
				}
				form := restartForm.FindStringSubmatch(body)
				provider := u.Query().Get("provider")
				if provider == "" {
					if !strings.Contains(body, "/signin?callbackUrl="+url.QueryEscape(s.URL+"/next")) || form != nil {
						t.Errorf("the page does not lead to the sign-in page: %s", body)
					}
					return
				}
				if form == nil || form[1] != s.URL+"/api/auth/signin/"+provider ||
					html.UnescapeString(form[2]) != s.URL+"/next" {
					t.Fatalf("the page does not start again: %s", body)
				}
				again := b.Post("/signin/"+provider, url.Values{"callbackUrl": {html.UnescapeString(form[2])}})
				if to := again.Header.Get("Location"); again.StatusCode != http.StatusSeeOther ||
					strings.Contains(to, "error") {
					t.Errorf("started again: %s to %s", again.Status, to)
				}
			})
		}
	}
}

// The Auth.js clients get the same code in JSON.
func TestLostSignInsHaveAStableCode(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	sent := form(b, "callbackUrl", "/next")
	res := send(t, s.URL+"/api/auth/signin/anything", cookiesOf(b), sent, clientHeader)
	checkRedirectJSON(t, res, s.URL+"/api/auth/error?callbackUrl="+url.QueryEscape(s.URL+"/next")+"&error=InvalidCheck")
	res = b.Post("/signin/anything", url.Values{"json": {"true"}})
	checkJSON(t, res, http.StatusOK, `{"url":"`+s.URL+`/api/auth/error?error=InvalidCheck"}`)
}

// The application's own error page can start the sign-in again as well.
func TestOwnErrorPageCanStartAgain(t *testing.T) {
	t.Parallel()
	for _, protocol := range []cardea.Protocol{cardea.ProtocolV5, cardea.ProtocolV4} {
		s := newSite(t, func(c *cardea.Config) { c.Protocol, c.Pages.Error = protocol, "/oops" })
		b := newBrowser(t, s.URL)
		to := visit(t, b, s.URL+"/api/auth/callback/idp?state=1&callbackUrl=/next").Header.Get("Location")
		if protocol == cardea.ProtocolV4 {
			to = visit(t, b, to).Header.Get("Location")
		}
		want := s.URL + "/oops?callbackUrl=" + url.QueryEscape(s.URL+"/next") + "&error=InvalidCheck&provider=idp"
		if to != want {
			t.Errorf("redirected to %s, want %s", to, want)
		}
	}
}

// The query of the error page names nothing but providers of the site, and no other error has the
// button.
func TestErrorPageStartsOnlyLostSignInsAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, query := range []string{
		"error=InvalidCheck&provider=anything", "error=InvalidCheck&provider=../signout", "error=InvalidCheck",
		"error=InvalidCheck&provider=https://evil.example", "error=Configuration&provider=idp",
		"error=AccessDenied&provider=idp", "provider=idp",
	} {
		body := text(t, send(t, s.URL+"/api/auth/error?callbackUrl=https://evil.example&"+query, nil, nil))
		if strings.Contains(body, "<form") || strings.Contains(body, "evil") {
			t.Errorf("%s: %s", query, body)
		}
	}
}

// Somebody who goes back to a callback, or reloads it, after the sign-in is led to where it led
// then, also if another tab has begun a sign-in meanwhile.
func TestReloadedCallbackLeadsOn(t *testing.T) {
	t.Parallel()
	forEachProtocolAndStrategy(t, func(t *testing.T, change func(*cardea.Config), _ string) {
		var log logRecorder
		s := newSite(t, func(c *cardea.Config) {
			change(c)
			posting := *idp(c)
			posting.ID, posting.FormPost = "posting", true
			c.Providers = append(c.Providers, &posting, customProvider())
			c.Logger = log.logger()
		})
		b := newBrowser(t, s.URL)
		callback := beginAs(t, b, "idp", "", "/first")
		beginAs(t, b, "idp", "", "/second")
		if to := openCallback(t, b, callback); to != s.URL+"/first" {
			t.Fatalf("leads to %s", to)
		}
		before := s.sessionBody(t, cookiesOf(b))
		for what, url := range map[string]string{
			"the same": callback, "a removed provider's": s.URL + "/api/auth/callback/removed?code=1&state=2",
			"one of a Node server":        s.URL + "/api/auth/callback/idp?code=x&state=eyJhbGciOiJkaXIi.e30",
			"form_post, after its minute": s.URL + "/api/auth/callback/posting?form=eyJhbGciOiJkaXIi",
			"of a service without OAuth":  s.URL + "/api/auth/callback/abroad?who=7&proof=a",
		} {
			if to := visit(t, b, url).Header.Get("Location"); to != s.URL+"/first" {
				t.Errorf("%s: leads to %s", what, to)
			}
		}
		if after := s.sessionBody(t, cookiesOf(b)); after[:40] != before[:40] ||
			len(log.records(t, "cardea: request failed")) != 0 {
			t.Errorf("session %s, log %s", after, &log)
		}
	})
}

// A visitor who is signed in and whose linking of an account takes too long is told so.
func TestLostLinkingIsNotPassedOver(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addGitHub(c) })
	now := s.setClock()
	b := s.signedIn(t, "1001")
	b.CheckRedirect = stopAtRedirect
	now.advance(time.Minute)
	callback := beginAs(t, b, "github", octocat.Subject, "/settings")
	c := cookiesOf(b)
	res := send(t, callback, c.without(c.stateCookieName(t)), nil)
	checkSignInFailed(t, s, res, cardea.CodeInvalidCheck)
}

// A used link leads on, in the browser that is signed in with its address. It still asks if
// somebody else, or nobody, is signed in.
func TestReloadedMailLinkLeadsOn(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/welcome")
	for range 3 {
		checkRedirect(t, "the link", visit(t, b, m.Link), s.URL+"/welcome")
	}
	if signedInEmail(b) != "ann@example.com" {
		t.Error("not signed in")
	}
	changed := strings.Replace(m.Link, "ann%40", "eve%40", 1)
	other := newBrowser(t, s.URL)
	visit(t, other, s.ask(t, other, "bob@example.com", "/").Link)
	for what, res := range map[string]*http.Response{
		"with another address": visit(t, b, changed), "of somebody else": visit(t, other, m.Link),
		"of nobody": visit(t, newBrowser(t, s.URL), m.Link),
	} {
		if res.StatusCode != http.StatusOK || !strings.Contains(text(t, res), "Sign in?") {
			t.Errorf("%s: %s", what, res.Status)
		}
	}
	s.checkDeadLink(t, "the used link", confirm(t, newBrowser(t, s.URL), m.Link))
}

// A visitor who is signed in and opens a callback is sent on. The link of a stranger may say that
// they were going to a callback. That one must not lead to itself, without end.
func TestSignedInVisitorIsNotSentFromCallbackToCallback(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/api/auth/callback/idp", "/api/auth/callback/idp?code=1&state=2#x", "/api/auth/callback/anything",
		"/api/auth/%63allback/idp", "/api/auth/callback/idp/", "//api/auth/callback/idp", `/api\auth\callback\idp`,
		"mail",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { idp(c).LinkByVerifiedEmail = true })
			b := s.signedIn(t, "1001")
			start := "/api/auth/callback/idp?"
			if path == "mail" {
				u, err := url.Parse(s.ask(t, newBrowser(t, s.URL), "ann@example.com", "/").Link)
				must(t, err)
				path = "/api/auth/callback/email?token=" + u.Query().Get("token")
				start = path + "&"
			}
			for _, to := range []string{path, s.URL + path} {
				res := visit(t, b, s.URL+start+"callbackUrl="+url.QueryEscape(to))
				checkRedirect(t, to, res, s.URL)
			}
		})
	}
	// What only looks like a callback is a page.
	s := newSite(t, nil)
	b := s.signedIn(t, "1001")
	for _, path := range []string{"/callback/idp", "/api/auth/callbacks/idp", "/next?u=/api/auth/callback/idp"} {
		res := visit(t, b, s.URL+"/api/auth/callback/idp?callbackUrl="+url.QueryEscape(path))
		checkRedirect(t, path, res, s.URL+path)
	}
}
