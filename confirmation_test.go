package cardea_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// confirmAt opens the page on which the visitor confirms, presses the button of a provider, and
// returns the authorization URL. It asks the provider to ask the person.
func (s *site) confirmAt(t *testing.T, b *cardeatest.Browser, provider, callbackURL string) string {
	t.Helper()
	page := visit(t, b, s.URL+"/api/auth/confirm?callbackUrl="+url.QueryEscape(callbackURL))
	form, ok := formsOf(t, page)["/confirm"]
	if !ok || form.Get("provider") != provider || form.Get("callbackUrl") != callbackURL {
		t.Fatalf("confirm: %s to %s, form %v", page.Status, page.Header.Get("Location"), form)
	}
	to := b.Post("/confirm", form).Header.Get("Location")
	u, err := url.Parse(to)
	if err != nil || u.Query().Get("prompt") != "login" || u.Query().Get("max_age") != "0" {
		t.Fatalf("the request does not ask the person again: %s", to)
	}
	return to
}

// longSignedIn returns a site with a page that demands a new proof, and a browser in which Ann has
// signed in an hour ago.
func longSignedIn(t *testing.T, change func(*cardea.Config)) (*site, *clock, *cardeatest.Browser) {
	t.Helper()
	return signedInBefore(t, time.Hour, change)
}

// signedInBefore is longSignedIn, but with a sign-in that long ago.
func signedInBefore(
	t *testing.T, ago time.Duration, change func(*cardea.Config),
) (*site, *clock, *cardeatest.Browser) {
	t.Helper()
	s := newSite(t, change)
	now := s.setClock()
	s.issuer.SetClock(now.now)
	s.handle("/fresh", s.auth.RequireFresh(time.Minute, greeting).ServeHTTP)
	b := s.signedIn(t, "1001")
	now.advance(ago)
	return s, now, b
}

func (s *site) isFresh(t *testing.T, c cookies) bool {
	t.Helper()
	return send(t, s.URL+"/fresh", c, nil).StatusCode == http.StatusOK
}

// The application's page gets the ways of the built-in one as parameters, and posts to the same
// endpoint. Where the built-in page would not be shown, it is not opened either.
func TestOwnPageToConfirm(t *testing.T) {
	t.Parallel()
	s, _, b := longSignedIn(t, func(c *cardea.Config) { c.Pages.Confirm = "/again?from=cardea" })
	opens := func(c cookies, query, path string, want url.Values) {
		t.Helper()
		to, err := url.Parse(send(t, s.URL+"/api/auth/confirm?"+query, c, nil).Header.Get("Location"))
		if err != nil || to.Path != path || want != nil && to.Query().Encode() != want.Encode() {
			t.Errorf("confirm?%s leads to %v, %v, want %s?%s", query, to, err, path, want.Encode())
		}
	}
	fresh := url.QueryEscape(s.URL + "/fresh")
	want := url.Values{"from": {"cardea"}, "callbackUrl": {s.URL + "/fresh"}, "provider": {"idp"}}
	opens(cookiesOf(b), "callbackUrl="+fresh, "/again", want)
	want.Set("error", "AccessDenied")
	opens(cookiesOf(b), "callbackUrl="+fresh+"&error=AccessDenied", "/again", want)
	opens(cookiesOf(b), "callbackUrl="+fresh+"&level=2", "", nil) // a page says that the sign-in does not suffice
	opens(cookies{}, "callbackUrl="+fresh, "/api/auth/signin", nil)

	res := b.Post("/confirm", url.Values{"provider": {"other"}, "callbackUrl": {s.URL + "/fresh"}})
	if to := res.Header.Get("Location"); to != s.URL+"/api/auth/confirm?callbackUrl="+fresh {
		t.Errorf("a way that the visitor has not leads to %s", to)
	}
	to := b.Post("/confirm", url.Values{"provider": {"idp"}, "callbackUrl": {s.URL + "/fresh"}}).Header.Get("Location")
	if to = openCallback(t, b, consent(t, b, to)); to != s.URL+"/fresh" || !s.isFresh(t, cookiesOf(b)) {
		t.Errorf("confirmed: to %s, fresh: %t", to, s.isFresh(t, cookiesOf(b)))
	}
}

// Whoever has no password confirms at the provider of an account. The session gets another key, and
// ends when it would have ended without.
func TestConfirmationAtTheProvider(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, now, b := longSignedIn(t, func(c *cardea.Config) {
			c.Session.Strategy, c.Session.Lifetime = strategy, 3*time.Hour
		})
		now.advance(time.Hour)
		old := cookiesOf(b)
		for range 2 { // any number of times
			to := openCallback(t, b, consent(t, b, s.confirmAt(t, b, "idp", s.URL+"/fresh")))
			if to != s.URL+"/fresh" || !s.isFresh(t, cookiesOf(b)) {
				t.Fatalf("to %s, fresh: %t", to, s.isFresh(t, cookiesOf(b)))
			}
			now.advance(10 * time.Minute)
		}
		if s.isFresh(t, old) || s.sessionBody(t, old) != "null" {
			t.Error("the key of before counts")
		}
		if b.Session() == nil {
			t.Fatal("the session has ended")
		}
		now.advance(41 * time.Minute) // three hours after the sign-in, and less after the last confirmation
		if b.Session() != nil {
			t.Error("the confirmation has moved the end of the session")
		}
		if got := s.accounts(t, "ann@example.com"); len(got) != 1 {
			t.Errorf("accounts: %v", got)
		}
	})
}

// A provider that does not say that the person has just signed in, and a person who is another one,
// confirm nothing: OpenID Connect Core 1.0 § 3.1.2.1, RFC 9470 § 3. The session stays as it was, no
// account is linked, and nobody else is signed in.
func TestConfirmationsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		misbehave cardeatest.Misbehaviour
		change    func(t *testing.T, s *site, b *cardeatest.Browser, authorize string) string
		isBroken  bool // the provider is, and the visitor has done nothing wrong
	}{
		"auth_time missing":  {misbehave: cardeatest.AuthTimeMissing},
		"auth_time old":      {misbehave: cardeatest.AuthTimeOld},
		"the provider fails": {misbehave: cardeatest.CallbackError("login_required")},
		"a stranger's token": {misbehave: cardeatest.TokenOfStranger, isBroken: true},
		"a new account": {change: func(_ *testing.T, s *site, _ *cardeatest.Browser, authorize string) string {
			s.issuer.Next(cardeatest.Person{Subject: "3003", Name: "Cid"})
			return authorize
		}},
		"an account with the same address": {change: func(
			_ *testing.T, s *site, _ *cardeatest.Browser, authorize string,
		) string {
			s.issuer.Next(cardeatest.Person{Subject: "3003", Email: "ann@example.com", EmailVerified: true})
			return authorize
		}},
		"somebody else's account": {change: func(
			t *testing.T, s *site, _ *cardeatest.Browser, authorize string,
		) string {
			s.issuer.Next(bob)
			s.signedIn(t, "2002")
			return authorize
		}},
		"without max_age, by the visitor": {change: func(
			_ *testing.T, _ *site, _ *cardeatest.Browser, authorize string,
		) string {
			return strings.Replace(strings.Replace(authorize, "&max_age=0", "", 1), "prompt=login", "prompt=none", 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s, _, b := longSignedIn(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
				before := b.Session()["expires"]
				authorize := s.confirmAt(t, b, "idp", s.URL+"/fresh")
				s.issuer.Misbehave(tc.misbehave)
				if tc.change != nil {
					authorize = tc.change(t, s, b, authorize)
				}
				res := visit(t, b, consent(t, b, authorize))
				code, says := "AccessDenied", "This did not show that it is you."
				if tc.isBroken {
					code, says = "Configuration", "a problem on the server"
				}
				want := s.URL + "/api/auth/confirm?callbackUrl=" + url.QueryEscape(s.URL+"/fresh") + "&error=" + code
				if res.Header.Get("Location") != want {
					t.Errorf("%s to %s, want %s", res.Status, res.Header.Get("Location"), want)
				}
				if body := text(t, visit(t, b, want)); !strings.Contains(body, says) {
					t.Errorf("the page does not say so: %s", body)
				}
				if s.isFresh(t, cookiesOf(b)) {
					t.Error("the session is fresh")
				}
				if signedInEmail(b) != "ann@example.com" || strategy == cardea.StrategyDatabase &&
					b.Session()["expires"] != before {
					t.Error("the session is not the same")
				}
				if got := s.accounts(t, "ann@example.com"); len(got) != 1 {
					t.Errorf("accounts: %v", got)
				}
			})
		})
	}
}

// A confirmation counts in the browser in which it was begun, once, and for the user who was signed
// in there and still is.
func TestConfirmationIsBoundToTheBrowser(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, _, b := longSignedIn(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		callback := consent(t, b, s.confirmAt(t, b, "idp", s.URL+"/fresh"))
		flow := cookiesOf(b)

		// The attacker has the session of before, and the URL. So has another user with the cookie
		// of the flow.
		stolen := cookies{sessionCookie: flow[sessionCookie]}
		res := send(t, callback, stolen, nil)
		if len(res.Cookies()) > 0 && setCookie(res, sessionCookie) != nil || s.isFresh(t, stolen) {
			t.Error("it counts in another browser")
		}
		s.issuer.Next(bob)
		other := s.signedIn(t, "2002")
		s.issuer.Next(cardeatest.Person{Subject: "1001", Name: "Ann Example", Email: "ann@example.com"})
		state := flow.stateCookieName(t)
		res = send(t, callback, cookies{sessionCookie: cookiesOf(other)[sessionCookie], state: flow[state]}, nil)
		if setCookie(res, sessionCookie) != nil || signedInEmail(other) != bob.Email {
			t.Error("it counts in the session of another user")
		}

		// The flow was used by that.
		if visit(t, b, callback); s.isFresh(t, cookiesOf(b)) {
			t.Error("it counts twice")
		}
		callback = consent(t, b, s.confirmAt(t, b, "idp", s.URL+"/fresh"))
		b.Post("/signout", nil)
		if visit(t, b, callback); b.Session() != nil {
			t.Error("a confirmation has signed somebody in")
		}
		b = s.signedIn(t, "1001")
		callback = consent(t, b, s.confirmAt(t, b, "idp", s.URL+"/fresh"))
		copied := cookiesOf(b)
		if to := openCallback(t, b, callback); to != s.URL+"/fresh" {
			t.Fatalf("to %s", to)
		}
		res = send(t, callback, copied, nil)
		if c := setCookie(res, sessionCookie); c != nil && c.MaxAge >= 0 && c.Value != "" {
			t.Error("a copy of all cookies counts again")
		}
		if b.Session() == nil {
			t.Error("the replay has ended the session")
		}
	})
}

// Only the ways of the user are offered, and only pages of the site begin one.
func TestWaysToConfirm(t *testing.T) {
	t.Parallel()
	second := cardeatest.NewIssuer(t)
	mails := new(cardeatest.Mailbox)
	s, _, b := longSignedIn(t, func(c *cardea.Config) {
		c.Providers = append(c.Providers,
			provider.OIDC("other", "Other", provider.Client{
				ID: second.ClientID, Secret: second.ClientSecret, Issuer: second.URL,
			}),
			email.New(email.Options{From: "Example <no-reply@example.com>", Sender: mails}))
	})
	page := text(t, visit(t, b, s.URL+"/api/auth/confirm"))
	if !strings.Contains(page, "Continue with Identity Provider") || strings.Contains(page, "Other") ||
		strings.Contains(page, "Email") {
		t.Errorf("ways: %s", page)
	}
	for _, way := range []string{"other", "email", "gone", ""} {
		to := b.Post("/confirm", url.Values{"provider": {way}}).Header.Get("Location")
		if !strings.HasPrefix(to, s.URL+"/api/auth/confirm") {
			t.Errorf("%q begins at %s", way, to)
		}
	}
	res := send(t, s.URL+"/api/auth/confirm", cookiesOf(b), url.Values{"provider": {"idp"}})
	if to := res.Header.Get("Location"); !strings.Contains(to, "MissingCSRF") {
		t.Errorf("a page of another site begins a confirmation: to %s", to)
	}
	nobody := newBrowser(t, s.URL)
	for _, res := range []*http.Response{
		visit(t, nobody, s.URL+"/api/auth/confirm?callbackUrl=/fresh"),
		nobody.Post("/confirm", url.Values{"provider": {"idp"}}),
	} {
		if to := res.Header.Get("Location"); !strings.HasPrefix(to, s.URL+"/api/auth/signin?") {
			t.Errorf("nobody is led to %s", to)
		}
	}
}

// Whoever has proven an address confirms with a mail to it, whatever address the form has, and is
// signed in with another key.
func TestConfirmationByMail(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"link", "code"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := newMailSite(t, nil)
			now := s.setClock()
			s.handle("/fresh", s.auth.RequireFresh(time.Minute, greeting).ServeHTTP)
			b := newBrowser(t, s.URL)
			visit(t, b, s.ask(t, b, "ann@example.com", s.URL).Link)
			now.advance(2 * time.Minute)
			if s.isFresh(t, cookiesOf(b)) {
				t.Fatal("fresh before")
			}
			old, form := cookiesOf(b), formsOf(t, visit(t, b, s.URL+"/api/auth/confirm?callbackUrl=/fresh"))["/confirm"]
			form.Set("email", "eve@example.com")
			if to := b.Post("/confirm", form).Header.Get("Location"); !strings.Contains(to, "/verify-request") {
				t.Fatalf("to %s", to)
			}
			if n := len(s.mails.All()); n != 2 {
				t.Fatalf("%d mails", n)
			}
			m := s.mails.Last(t, "ann@example.com")
			var res *http.Response
			if way == "link" {
				res = visit(t, b, m.Link)
			} else {
				res = postCode(b, m.Code)
			}
			if to := res.Header.Get("Location"); to != s.URL+"/fresh" || !s.isFresh(t, cookiesOf(b)) {
				t.Errorf("%s to %s", res.Status, to)
			}
			if s.sessionBody(t, old) != "null" {
				t.Error("the key of before counts")
			}
		})
	}
}

// withoutClaim is a transport for a provider whose metadata lists claims, without auth_time.
type withoutClaim struct{}

func (withoutClaim) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := ownTransport.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		return res, err
	}
	defer res.Body.Close()
	document := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&document); err != nil {
		return nil, err
	}
	document["claims_supported"] = []string{"sub", "email"}
	body, err := json.Marshal(document)
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return res, err
}

// A provider that cannot say when it has asked the person confirms nothing, unless the application
// takes its word. Nor does another sign-in there make a session fresh: whoever has no other way
// signs out first.
func TestProvidersThatCannotConfirm(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cardea.Config, *oauth.Provider){
		"OAuth 2.0": func(_ *cardea.Config, p *oauth.Provider) {
			p.AuthorizationURL, p.TokenURL = p.Issuer+"/authorize", p.Issuer+"/token"
			p.UserinfoURL = p.Issuer + "/userinfo"
			p.Type, p.Issuer = oauth.TypeOAuth2, ""
			p.Profile = func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
				return oauth.Profile{ID: raw.String("sub")}, nil
			}
		},
		"a list of claims without auth_time": func(c *cardea.Config, _ *oauth.Provider) {
			c.HTTPClient = &http.Client{Transport: withoutClaim{}}
		},
	} {
		for _, trusted := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s, _, b := longSignedIn(t, func(c *cardea.Config) {
					p := c.Providers[0].(*oauth.Provider)
					p.InsecureSkipAuthTime = trusted
					change(c, p)
				})
				body := text(t, visit(t, b, s.URL+"/api/auth/confirm?callbackUrl=/fresh"))
				if trusted {
					res := b.Post("/confirm", url.Values{"provider": {"idp"}, "callbackUrl": {"/fresh"}})
					to := res.Header.Get("Location")
					if strings.Contains(to, "prompt=") || strings.Contains(to, "max_age=") {
						t.Errorf("parameters that the provider may not know: %s", to)
					}
					if to = openCallback(t, b, consent(t, b, to)); to != s.URL+"/fresh" || !s.isFresh(t, cookiesOf(b)) {
						t.Errorf("to %s, and not fresh", to)
					}
					return
				}
				if !strings.Contains(body, "Please sign out, and sign in again.") ||
					strings.Contains(body, "Continue with") {
					t.Errorf("the page: %s", body)
				}
				b.Post("/confirm", url.Values{"provider": {"idp"}})
				if signInAt(t, b, "idp", "1001"); s.isFresh(t, cookiesOf(b)) {
					t.Error("passing through the provider has made the session fresh")
				}
				b.Post("/signout", nil)
				if signInAt(t, b, "idp", "1001"); !s.isFresh(t, cookiesOf(b)) {
					t.Error("a new sign-in is not fresh")
				}
			})
		}
	}
}

// A session is as fresh as the provider says that the person is.
func TestSignInIsAsOldAsItsAuthTime(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		authTime any
		want     bool
	}{
		"not said":      {nil, true},
		"now":           {time.Duration(0), true},
		"an hour ago":   {-time.Hour, false},
		"in the future": {time.Hour, true},
		"a text":        {"yesterday", true},
		"negative":      {-1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
				now := s.setClock()
				s.issuer.SetClock(now.now)
				s.handle("/fresh", s.auth.RequireFresh(time.Minute, greeting).ServeHTTP)
				p := cardeatest.Person{Subject: "1001", Name: "Ann", Claims: map[string]any{}}
				if d, ok := tc.authTime.(time.Duration); ok {
					p.Claims["auth_time"] = now.now().Add(d).Unix()
				} else if tc.authTime != nil {
					p.Claims["auth_time"] = tc.authTime
				}
				s.issuer.Next(p)
				b := s.signedIn(t, "1001")
				if got := s.isFresh(t, cookiesOf(b)); got != tc.want {
					t.Errorf("fresh: %t, want %t", got, tc.want)
				}
				now.advance(2 * time.Minute)
				if s.isFresh(t, cookiesOf(b)) {
					t.Error("fresh for ever")
				}
			})
		})
	}
}

// A claim of the userinfo endpoint is not one of the ID token: it confirms nothing.
func TestUserinfoConfirmsNothing(t *testing.T) {
	t.Parallel()
	s, now, b := longSignedIn(t, func(c *cardea.Config) { c.Providers[0].(*oauth.Provider).UseUserinfo = true })
	s.issuer.Next(cardeatest.Person{
		Subject: "1001", Name: "Ann", Claims: map[string]any{"auth_time": now.now().Unix()},
	})
	authorize := s.confirmAt(t, b, "idp", s.URL+"/fresh")
	s.issuer.Misbehave(cardeatest.AuthTimeMissing) // the userinfo still has it
	if visit(t, b, consent(t, b, authorize)); s.isFresh(t, cookiesOf(b)) {
		t.Error("fresh by the userinfo")
	}
}

// Application code confirms with Proof.Confirms, for the user who is signed in alone.
func TestProofThatConfirms(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s, now, b := longSignedIn(t, func(c *cardea.Config) {
			c.Session.Strategy, c.Session.Lifetime = strategy, 2*time.Hour
		})
		ann := s.emailOwner(t, "ann@example.com")
		other := s.newUser(t, "Eve")
		var failure error
		s.handle("/confirm", func(w http.ResponseWriter, r *http.Request) {
			_, failure = s.auth.SignIn(w, r, cardea.Proof{
				UserID: r.FormValue("user"), Methods: []string{"fed", "pwd"}, Confirms: true,
			})
		})
		for name, try := range map[string]struct {
			c    cookies
			user string
		}{
			"somebody else": {cookiesOf(b), other.ID}, "nobody is signed in": {nil, ann},
		} {
			res := send(t, s.URL+"/confirm?user="+try.user, try.c, nil)
			if e, ok := errors.AsType[*cardea.Error](failure); !ok || e.Code != cardea.CodeAccessDenied ||
				setCookie(res, sessionCookie) != nil {
				t.Errorf("%s: %v", name, failure)
			}
		}
		visit(t, b, s.URL+"/confirm?user="+ann)
		if failure != nil || !s.isFresh(t, cookiesOf(b)) {
			t.Errorf("not confirmed: %v", failure)
		}
		now.advance(61 * time.Minute)
		if b.Session() != nil {
			t.Error("the end of the session has moved")
		}
	})
}

// Whoever has found Ann's browser has an account of their own at the provider. To link it proves
// nothing about Ann, and if her sign-in is long ago, it cannot be linked.
func TestLinkIsNoConfirmation(t *testing.T) {
	t.Parallel()
	thief := cardeatest.Person{Subject: "666", Name: "Thief", Email: "thief@evil.example", EmailVerified: true}
	for name, c := range map[string]struct {
		ago   time.Duration
		links bool
	}{"lately": {14 * time.Minute, true}, "long ago": {16 * time.Minute, false}} {
		t.Run(name, func(t *testing.T) {
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s, _, b := signedInBefore(t, c.ago, func(c *cardea.Config) { c.Session.Strategy = strategy })
				for _, path := range []string{"idp?max_age=0", "idp"} {
					s.issuer.Next(thief)
					to := startSignIn(t, b, path, url.Values{"callbackUrl": {"/fresh"}})
					at := openCallback(t, b, consent(t, b, to))
					if leads := strings.Contains(at, "/confirm?"); leads == c.links {
						t.Errorf("%s: the visitor is led to %s", path, at)
					}
					if got := len(s.accounts(t, "ann@example.com")) == 2; got != c.links {
						t.Errorf("%s: linked: %t, want %t", path, got, c.links)
					}
					if signedInEmail(b) != "ann@example.com" || s.isFresh(t, cookiesOf(b)) {
						t.Errorf("%s: %s is signed in, fresh: %t", path, signedInEmail(b), s.isFresh(t, cookiesOf(b)))
					}
				}
				if c.links {
					return
				}
				s.issuer.Next(cardeatest.Person{Subject: "1001"})
				openCallback(t, b, consent(t, b, s.confirmAt(t, b, "idp", s.URL+"/fresh")))
				s.issuer.Next(thief)
				openCallback(t, b, consent(t, b, startSignIn(t, b, "idp", nil)))
				if got := len(s.accounts(t, "ann@example.com")); got != 2 {
					t.Errorf("%d accounts after Ann has confirmed, want 2", got)
				}
			})
		})
	}
}
