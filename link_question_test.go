package cardea_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
)

// newQuestionSite returns a site with all kinds of ways in that can link.
func newQuestionSite(t *testing.T, strategy cardea.Strategy) mailSite {
	t.Helper()
	return newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Session.Strategy = strategy
		addGitHub(c)
		posting := *idp(c)
		posting.ID, posting.FormPost = "posting", true
		c.Providers = append(c.Providers, &posting, customProvider())
	})
}

// linkingWays are the ways to prove something new in a browser in which the user Bob is signed in.
// They return the provider and the account.
var linkingWays = map[string]func(*testing.T, mailSite, *cardeatest.Browser) (res *http.Response, key [2]string){
	"OAuth 2.0": func(t *testing.T, s mailSite, b *cardeatest.Browser) (*http.Response, [2]string) {
		return visit(t, b, beginAs(t, b, "github", octocat.Subject, "/next")), [2]string{"github", octocat.Subject}
	},
	"OpenID Connect": func(t *testing.T, s mailSite, b *cardeatest.Browser) (*http.Response, [2]string) {
		return visit(t, b, beginAs(t, b, "idp", "1001", "/next")), [2]string{"idp", "1001"}
	},
	"form_post": func(t *testing.T, s mailSite, b *cardeatest.Browser) (*http.Response, [2]string) {
		to := startSignIn(t, b, "posting?login_hint=1001", url.Values{"callbackUrl": {"/next"}})
		posted := send(t, s.URL+"/api/auth/callback/posting", nil, providerForm(t, b, to))
		return visit(t, b, posted.Header.Get("Location")), [2]string{"posting", "1001"}
	},
	"a service without OAuth": func(t *testing.T, s mailSite, b *cardeatest.Browser) (*http.Response, [2]string) {
		to, err := url.Parse(b.Post("/signin/abroad", url.Values{"callbackUrl": {"/next"}}).Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return visit(t, b, to.Query().Get("back")+"&who=7&proof=a"), [2]string{"abroad", "7"}
	},
}

// bobSignsIn signs Bob in. His address was never proven.
func bobSignsIn(t *testing.T, s mailSite) (*cardeatest.Browser, string) {
	t.Helper()
	s.issuer.Next(bob)
	s.issuer.Next(octocat)
	b := s.signedIn(t, bob.Subject)
	b.CheckRedirect = stopAtRedirect
	return b, s.accountOwner(t, "idp", bob.Subject)
}

// A person who signs in while somebody else is signed in, in a shared browser or with a session
// cookie that somebody has planted, is asked before the account becomes the other's for good. The
// answer "somebody else" signs in as if nobody were signed in.
func TestLinkingAsksFirst(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for name, prove := range linkingWays {
			for _, answer := range []string{"link", "other"} {
				t.Run(name+", "+answer, func(t *testing.T) {
					t.Parallel()
					s := newQuestionSite(t, strategy)
					b, owner := bobSignsIn(t, s)
					page, key := prove(t, s, b)
					body := text(t, page)
					page.Body = http.NoBody
					if page.StatusCode != http.StatusOK || !strings.Contains(body, "Bob Example") ||
						!strings.Contains(body, "somebody else") || strings.Contains(body, "access_token") {
						t.Fatalf("%s: %s", page.Status, body)
					}
					if got := s.accountOwner(t, key[0], key[1]); got != "" || signedInEmail(b) != bob.Email {
						t.Fatalf("without an answer: linked to %q, %q is signed in", got, signedInEmail(b))
					}
					form := questionOf(t, body)
					form.Set("answer", answer)
					old := cookiesOf(b)
					res := b.Post("/link", form)
					if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther ||
						to != s.URL+"/next" && to != s.URL+"/" {
						t.Errorf("answered: %s to %s", res.Status, to)
					}
					got := s.accountOwner(t, key[0], key[1])
					if got == "" || (got == owner) != (answer == "link") {
						t.Errorf("linked to %q, want Bob's %q: %t", got, owner, answer == "link")
					}
					if (signedInEmail(b) == bob.Email) != (answer == "link") {
						t.Errorf("%q is signed in", signedInEmail(b))
					}
					if s.sessionBody(t, old) != "null" {
						t.Error("the session from before has not ended")
					}
					form.Del("csrfToken") // a fresh one, as a page of the site has it
					again := b.Post("/link", form)
					checkSignInFailed(t, s.site, again, cardea.CodeInvalidCheck)
				})
			}
		}
	})
}

// questionOf returns the fields of the question's form.
func questionOf(t testing.TB, body string) url.Values {
	t.Helper()
	form := url.Values{}
	for _, f := range hiddenPattern.FindAllStringSubmatch(body, -1) {
		if f[1] == "question" {
			form.Set(f[1], f[2])
		}
	}
	if form.Get("question") == "" {
		t.Fatalf("the page asks nothing: %s", body)
	}
	return form
}

// The proof of an address makes a user who never proved it the person's, if the person is signed in
// as that user. That is a link too: the user may be a stranger's who has registered the address.
func TestProvingAnAddressAsksFirst(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for _, way := range []string{"link", "code", "code of a client"} {
			for _, answer := range []string{"link", "other"} {
				s := newQuestionSite(t, strategy)
				b, owner := bobSignsIn(t, s)
				m := s.ask(t, b, bob.Email, "/next")
				var page *http.Response
				switch way {
				case "link":
					page = visit(t, b, m.Link)
				case "code":
					page = postCode(b, m.Code)
				default:
					sent := form(b, "code", m.Code)
					res := send(t, s.URL+"/api/auth/callback/email", cookiesOf(b), sent, clientHeader)
					checkRedirectJSON(t, res, s.URL+"/api/auth/link?question=")
					page = visit(t, b, res.Header.Get("Location"))
				}
				body := text(t, page)
				if u, err := s.store.UserByID(t.Context(), owner); err != nil || !u.EmailVerified.IsZero() {
					t.Fatalf("%s: proven without an answer, %v", way, err)
				}
				form := questionOf(t, body)
				form.Set("answer", answer)
				checkRedirect(t, way, b.Post("/link", form), s.URL+"/next")
				u, err := s.store.UserByEmail(t.Context(), bob.Email)
				if err != nil || u.EmailVerified.IsZero() || (u.ID == owner) != (answer == "link") {
					t.Errorf("%s, %s: the address is of %+v, %v", way, answer, u, err)
				}
			}
		}
	})
}

// Nobody is asked if the answer would change nothing.
func TestNoQuestionWithoutALink(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { addSecondProvider(c).LinkByVerifiedEmail = true })
	b := newBrowser(t, s.URL)
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link) // proves the address
	user := s.emailOwner(t, "ann@example.com")
	for range 2 { // links by the proven address, and then signs in with the account
		checkRedirect(t, "signed in", visit(t, b, beginAs(t, b, "other", "1001", "/next")), s.URL+"/next")
	}
	if s.accountOwner(t, "other", "1001") != user {
		t.Error("not linked")
	}
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	checkRedirect(t, "by mail", visit(t, b, s.ask(t, b, "carol@example.com", "/next").Link), s.URL+"/next")
	fresh := newBrowser(t, s.URL)
	checkRedirect(t, "nobody is signed in", visit(t, fresh, beginAs(t, fresh, "idp", "1001", "/next")),
		s.URL+"/api/auth/signin?error=OAuthAccountNotLinked")
}

// The question belongs to one session, works once, and for ten minutes. Only a page of this site
// can answer it.
func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		begin := func(t *testing.T) (mailSite, *cardeatest.Browser, url.Values, *clock) {
			s := newQuestionSite(t, strategy)
			now := s.setClock()
			b, _ := bobSignsIn(t, s)
			form := questionOf(t, text(t, visit(t, b, beginAs(t, b, "github", octocat.Subject, "/next"))))
			form.Set("answer", "link")
			return s, b, form, now
		}
		for name, answer := range map[string]func(mailSite, *cardeatest.Browser, url.Values, *clock) *http.Response{
			"without an answer": func(_ mailSite, b *cardeatest.Browser, f url.Values, _ *clock) *http.Response {
				f.Del("answer")
				return b.Post("/link", f)
			},
			"without a question": func(_ mailSite, b *cardeatest.Browser, f url.Values, _ *clock) *http.Response {
				f.Del("question")
				return b.Post("/link", f)
			},
			"changed": func(_ mailSite, b *cardeatest.Browser, f url.Values, _ *clock) *http.Response {
				f.Set("question", f.Get("question")+"A")
				return b.Post("/link", f)
			},
			"a session as the question": func(_ mailSite, b *cardeatest.Browser, f url.Values, _ *clock,
			) *http.Response {
				f.Set("question", cookiesOf(b)[sessionCookie])
				return b.Post("/link", f)
			},
			"too late": func(_ mailSite, b *cardeatest.Browser, f url.Values, now *clock) *http.Response {
				now.advance(11 * time.Minute)
				return b.Post("/link", f)
			},
			"after signing out": func(_ mailSite, b *cardeatest.Browser, f url.Values, _ *clock) *http.Response {
				b.Post("/signout", nil)
				return b.Post("/link", f)
			},
			"of somebody else": func(s mailSite, _ *cardeatest.Browser, f url.Values, _ *clock) *http.Response {
				other := s.signedIn(t, "1001")
				other.CheckRedirect = stopAtRedirect
				return other.Post("/link", f)
			},
			"in another session of the user": func(s mailSite, _ *cardeatest.Browser, f url.Values, _ *clock,
			) *http.Response {
				other := s.signedIn(t, bob.Subject)
				other.CheckRedirect = stopAtRedirect
				return other.Post("/link", f)
			},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s, b, form, now := begin(t)
				checkSignInFailed(t, s.site, answer(s, b, form, now), cardea.CodeInvalidCheck)
				if got := s.accountOwner(t, "github", octocat.Subject); got != "" {
					t.Errorf("linked to %s", got)
				}
			})
		}
		s, b, form, _ := begin(t)
		form.Set("csrfToken", "0")
		checkSignInFailed(t, s.site, b.Post("/link", form), cardea.CodeMissingCSRF)
		form.Del("csrfToken")
		var wg sync.WaitGroup
		sent, c := form, cookiesOf(b)
		sent.Set("csrfToken", b.CSRFToken())
		done := make(chan string, 8)
		for range cap(done) {
			wg.Go(func() { done <- send(t, s.URL+"/api/auth/link", c, sent).Header.Get("Location") })
		}
		wg.Wait()
		close(done)
		signedIn := 0
		for to := range done {
			if to == s.URL+"/next" {
				signedIn++
			}
		}
		if signedIn != 1 {
			t.Errorf("%d answers of 8 at once signed in", signedIn)
		}
	})
}

// The identity that waits for the answer is the one that was proven: with its tokens and all that
// the provider has sent.
func TestAnsweredLinkKeepsTheIdentity(t *testing.T) {
	t.Parallel()
	var got []*cardea.SignIn
	s := newSite(t, func(c *cardea.Config) {
		addGitHub(c)
		c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) { got = append(got, in) }
	})
	s.issuer.Next(octocat)
	for _, answer := range []string{"link", "other"} {
		got = nil
		s.issuer.Next(cardeatest.Person{Subject: "first-" + answer, Email: answer + "@example.com"})
		b := s.signedIn(t, "first-"+answer)
		b.CheckRedirect = stopAtRedirect
		s.issuer.Next(cardeatest.Person{Subject: "9" + answer[:1] + "7", Name: "Zoë"})
		plain := newBrowser(t, s.URL)
		signInAt(t, plain, "idp", "9"+answer[:1]+"7")
		want := got[len(got)-1]
		if err := s.store.UnlinkAccount(t.Context(), "idp", "9"+answer[:1]+"7"); err != nil {
			t.Fatal(err)
		}
		res := answerLink(t, b, visit(t, b, beginAs(t, b, "idp", "9"+answer[:1]+"7", "/")), answer)
		in := got[len(got)-1]
		if res.StatusCode != http.StatusSeeOther || in.Profile.Name != "Zoë" || in.Account.AccessToken == "" ||
			in.Account.IDToken == "" || in.Account.ExpiresAt.IsZero() || in.Account.Scope != want.Account.Scope ||
			in.Account.TokenType != want.Account.TokenType || in.Linking != (answer == "link") ||
			in.IsNewUser != (answer == "other") || (in.Current == nil) != (answer == "other") {
			t.Errorf("%s: %+v", answer, in)
		}
		for name := range want.Profile.Raw {
			if _, ok := in.Profile.Raw[name]; !ok {
				t.Errorf("%s: Raw has no %s", answer, name)
			}
		}
		if oauth.Claims(in.Profile.Raw).String("sub") != "9"+answer[:1]+"7" {
			t.Errorf("%s: Raw %v", answer, in.Profile.Raw)
		}
	}
}

// The sign-in page says who is signed in, and where to sign out.
func TestSignInPageSaysWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		b := s.signedIn(t, "1001")
		for _, path := range []string{"signin", "signin/idp", "signin?error=OAuthAccountNotLinked"} {
			body := text(t, visit(t, b, s.URL+"/api/auth/"+path))
			if !strings.Contains(body, "signed in as <strong>Ann Example</strong>") ||
				!strings.Contains(body, `href="`+s.URL+`/api/auth/signout"`) {
				t.Errorf("%s: %s", path, body)
			}
		}
		if body := text(t, send(t, s.URL+"/api/auth/signin", nil, nil)); strings.Contains(body, "signed in as") {
			t.Error("the page says that somebody is signed in")
		}
	})
}
