package factor_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/feature"
)

const strongPage = "/strong?order=7"

// levelSites are sites with a page that demands level 2.
var levelSites = map[string]func(*cardea.Config){
	"the built-in pages": nil,
	"pages of its own": func(c *cardea.Config) {
		c.Pages = cardea.Pages{SignIn: "/own/signin", Error: "/own/error", Account: "/own/account"}
	},
}

// Somebody without a second factor who opens a page that demands one is told so, sets one up, and
// comes back to the page. A program gets the challenge of RFC 9470.
func TestLevelTwoWithoutAFactor(t *testing.T) {
	t.Parallel()
	for name, pages := range levelSites {
		for _, withAccount := range []bool{true, false} {
			for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
				t.Run(fmt.Sprintf("%s, account %t, %s", name, withAccount, strategy), func(t *testing.T) {
					t.Parallel()
					s := newSiteOf(t, withAccount, func(c *cardea.Config, _ *factor.Options) {
						if c.Session.Strategy = strategy; pages != nil {
							pages(c)
						}
					})
					ann := s.user(t, annAddress)
					v := s.enter(t, ann, "pwd")
					res, err := v.Client.Get(s.URL + strongPage)
					if err != nil {
						t.Fatal(err)
					}
					if got := res.Header.Get("WWW-Authenticate"); v.read(res).status != http.StatusUnauthorized ||
						!strings.Contains(got, `acr_values="2"`) {
						t.Errorf("a program: %s, %q", res.Status, got)
					}
					a := s.setUpOnTheWay(t, v, v.get(strongPage))
					if p := v.get(strongPage); p.body != "strong order=7" {
						t.Errorf("afterwards at %s", p.at)
					}

					// With the app, a session of level 1 is asked for a code, and comes back.
					if strategy == cardea.StrategyDatabase {
						weak := s.enterWithoutFactor(t, ann)
						p := weak.get(strongPage)
						p = weak.post("/factor/confirm", append(hiddenIn(p), "code", a.next())...)
						if p.at != strongPage {
							t.Errorf("with a code: at %s", p.at)
						}
					}
				})
			}
		}
	}
}

// setUpOnTheWay sets up an app, from the page to which RequireLevel has led until the page that
// demanded it, and returns the app.
func (s *site) setUpOnTheWay(t *testing.T, v *visitor, p page) *app {
	t.Helper()
	if !strings.HasPrefix(p.at, "/api/auth/factor/start?") || p.heading() != "Second factor" ||
		!strings.Contains(p.body, "The page that you want to open asks for a second factor") {
		t.Fatalf("led to %s: %s", p.at, p.body)
	}
	p = v.post("/factor/start", hiddenIn(p)...)
	if p.at != "/api/auth/factor/enrol" {
		t.Fatalf("the button leads to %s", p.at)
	}
	a := s.appOf(t, p)
	if p = v.post("/factor/enrol", append(hiddenIn(p), "code", "000000")...); p.alert() == "" {
		t.Errorf("a wrong code: at %s", p.at)
	}
	p = v.post("/factor/enrol", append(hiddenIn(p), "code", a.code(0))...)
	if next := p.find(`class="button primary" href="([^"]*)"`); next != s.URL+strongPage {
		t.Fatalf("after the recovery codes the visitor goes to %q: %s", html.UnescapeString(next), p.at)
	}
	return a
}

// Who has signed in too long ago confirms first, here with the password, and is then led on to the
// set-up and to the page.
func TestLevelTwoWithoutAFactorLongAgo(t *testing.T) {
	t.Parallel()
	s := newWaysSite(t, cardea.StrategyDatabase)
	ann := s.user(t, annAddress)
	s.setUp(t, ann, false)
	v := s.signedInAt(t, ann, time.Now().Add(-time.Hour), "pwd")
	p := v.get(strongPage)
	if p.heading() != "Confirm that it is you" || !strings.HasPrefix(p.at, "/api/auth/confirm?") ||
		p.alert() != "" {
		t.Fatalf("led to %s: %s", p.at, p.body)
	}
	link := html.UnescapeString(p.find(`<a href="([^"]*)">Sign in again`))
	p = v.get(strings.TrimPrefix(link, s.URL))
	if p.heading() != "Confirm that it is you" || !strings.Contains(p.body, "You are signed in as") || p.alert() != "" {
		t.Fatalf("signs in again at %s: %s", p.at, p.body)
	}
	back := html.UnescapeString(p.find(`name="callbackUrl" value="([^"]*)"`))
	p = v.post("/callback/password", "email", annAddress, "password", firstPassword, "callbackUrl", back)
	s.setUpOnTheWay(t, v, p)
	if p := v.get(strongPage); p.body != "strong order=7" {
		t.Errorf("afterwards at %s", p.at)
	}
}

// A session that does not say how its user has signed in gets to level 1 with a code of an app, and
// with another sign-in of this kind, too. Its user is told, and not led from page to page.
func TestLevelTwoWithAnUnknownFirstFactor(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config, _ *factor.Options) { c.Session.Strategy = strategy })
			ann := s.user(t, annAddress)
			v := s.enter(t, ann, "")
			p := v.get(strongPage)
			p = v.post("/factor/start", hiddenIn(p)...)
			a := s.appOf(t, p)
			v.post("/factor/enrol", append(hiddenIn(p), "code", a.code(0))...)
			for range 2 {
				if p := v.get(strongPage); p.heading() != "Confirm that it is you" ||
					!strings.Contains(p.body, "This page asks for two proofs that it is you") {
					t.Errorf("led to %s: %s", p.at, p.body)
				}
				v.enter(ann, "")
				v.post("/factor/challenge", "code", a.next())
			}
			if !strings.Contains(s.log.String(), "a page demands two factors") {
				t.Error("the log does not say so")
			}
			v.enter(ann, "pwd")
			v.post("/factor/challenge", "code", a.next())
			if p := v.get(strongPage); p.body != "strong order=7" {
				t.Errorf("after a sign-in that says how: at %s", p.at)
			}
		})
	}
}

// A program whose session is too weak to change factors is told so: it could not tell a URL with
// status 200 from success.
func TestProgramOfLevelOneIsToldSo(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	u := s.user(t, annAddress)
	s.enter(t, u, "pwd").enrol()
	for _, path := range []string{"/factor/start", "/factor/enrol", "/factor/remove", "/factor/recovery-codes"} {
		for client, set := range map[string]func(http.Header, url.Values){
			"Auth.js":     func(h http.Header, _ url.Values) { h.Set("X-Auth-Return-Redirect", "1") },
			"next-auth 4": func(_ http.Header, form url.Values) { form.Set("json", "true") },
			"another":     func(h http.Header, _ url.Values) { h.Set("Accept", "application/json") },
		} {
			v := s.enterWithoutFactor(t, u)
			form := url.Values{"csrfToken": {v.CSRFToken()}}
			header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
			set(header, form)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/auth"+path,
				strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header
			res, err := v.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			p := v.read(res)
			var body map[string]string
			if err := json.Unmarshal([]byte(p.body), &body); err != nil {
				t.Fatalf("%s: %v: %s", path, err, p.body)
			}
			want := s.URL + "/api/auth/factor/confirm?callbackUrl=" +
				url.QueryEscape(s.URL+"/api/auth/account#second-factor")
			if p.status != http.StatusUnauthorized || body["error"] != feature.CodeStepUp || body["url"] != want {
				t.Errorf("%s at %s: %d %v, want 401 and %s", client, path, p.status, body, want)
			}
			if got := p.header.Get("WWW-Authenticate"); !strings.Contains(got, `acr_values="2"`) {
				t.Errorf("%s at %s: challenge %q", client, path, got)
			}
		}
		p := s.enterWithoutFactor(t, u).post(path)
		if !strings.HasPrefix(p.at, "/api/auth/factor/confirm?callbackUrl=") {
			t.Errorf("a browser at %s ended at %s", path, p.at)
		}
	}
}
