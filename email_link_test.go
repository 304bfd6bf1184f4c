package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/ratelimit"
)

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// pressButton submits the form of the page that asks before a link signs in.
func pressButton(t *testing.T, b *cardeatest.Browser, page string) *http.Response {
	t.Helper()
	form := url.Values{}
	for _, input := range hiddenInput.FindAllStringSubmatch(page, -1) {
		form.Set(input[1], html.UnescapeString(input[2]))
	}
	action := regexp.MustCompile(`<form action="[^"]*/api/auth(/callback/[^"]+)"`).FindStringSubmatch(page)
	if action == nil {
		t.Fatalf("the page has no form: %s", page)
	}
	return b.Post(action[1], form)
}

// tokensLeft deletes all verification tokens of the site and returns how many there were.
func (s mailSite) tokensLeft(t *testing.T) int {
	t.Helper()
	n, err := s.store.DeleteExpiredVerificationTokens(t.Context(), time.Now().AddDate(100, 0, 0), 1000)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// changedAddresses are what mail programs and the filters of mail servers make of the address at
// the end of a link. By RFC 3986 § 2.2 a link with a plus sign is another one than that with %2B,
// but not all of them keep to it. nextauthjs/next-auth issue 2375 and Automattic/newspack-plugin
// issue 1832 are of the same kind.
var changedAddresses = map[string]func(string) string{
	"as it was sent":        func(a string) string { return url.QueryEscape(a) },
	"%2B became a plus":     func(a string) string { return strings.ReplaceAll(url.QueryEscape(a), "%2B", "+") },
	"decoded":               func(a string) string { return a },
	"encoded twice":         func(a string) string { return url.QueryEscape(url.QueryEscape(a)) },
	"in upper case":         func(a string) string { return url.QueryEscape(strings.ToUpper(a)) },
	"without the plus sign": func(a string) string { return url.QueryEscape(strings.ReplaceAll(a, "+", "")) },
	"with a full stop":      func(a string) string { return url.QueryEscape(a) + "." },
	"with a bracket":        func(a string) string { return url.QueryEscape(a) + "%3E" },
	"cut at the @":          func(a string) string { return url.QueryEscape(a[:strings.Index(a, "@")]) },
	"empty":                 func(string) string { return "" },
	"no address":            func(string) string { return "%5Bremoved%5D" },
}

func TestLinkWhoseAddressWasChanged(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"ann+tag@example.com", "o'brien+x=y@example.com", "a+b+c@example.com", "x/y@example.com", "a%25b@example.com",
	} {
		for change, changed := range changedAddresses {
			t.Run(address+" "+change, func(t *testing.T) {
				t.Parallel()
				s := newMailSite(t, nil)
				asked, other := newBrowser(t, s.URL), newBrowser(t, s.URL)
				rewritten := func(link string) string {
					before, _, found := strings.Cut(link, "&email=")
					if !found {
						t.Fatalf("the link has no address at its end: %s", link)
					}
					return before + "&email=" + changed(address)
				}
				checkRedirect(t, "the browser that asked",
					visit(t, asked, rewritten(s.ask(t, asked, address, "/a").Link)),
					s.URL+"/a")
				page := text(t, visit(t, other, rewritten(s.ask(t, asked, address, "/b").Link)))
				if want := "<strong>" + address + "</strong>"; !strings.Contains(html.UnescapeString(page), want) {
					t.Errorf("the page does not show %s", want)
				}
				checkRedirect(t, "another browser", pressButton(t, other, page), s.URL+"/b")
				if got := []string{signedInEmail(asked), signedInEmail(other)}; got[0] != address || got[1] != address {
					t.Errorf("signed in as %q", got)
				}
			})
		}
	}
}

// The token alone is enough, with whatever else the link has lost.
func TestTokenAloneIdentifiesTheLink(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	asked, other := newBrowser(t, s.URL), newBrowser(t, s.URL)
	bare := func(link string) string {
		u, _ := url.Parse(link)
		return s.URL + "/api/auth/callback/email?token=" + u.Query().Get("token")
	}
	visit(t, asked, bare(s.ask(t, asked, "ann+tag@example.com", "/").Link))
	page := text(t, visit(t, other, bare(s.ask(t, newBrowser(t, s.URL), "bob@example.com", "/").Link)))
	pressButton(t, other, page)
	if signedInEmail(asked) != "ann+tag@example.com" || signedInEmail(other) != "bob@example.com" {
		t.Errorf("signed in as %q and %q", signedInEmail(asked), signedInEmail(other))
	}
}

// If a link has the address of somebody else, the page shows whose it is, also in the browser that
// asked for the mail.
func TestLinkWithTheAddressOfSomebodyElse(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "eve@example.com", "/")
	page := text(t, visit(t, b, strings.Replace(m.Link, "eve%40", "ann%40", 1)))
	if !strings.Contains(page, "<strong>eve@example.com</strong>") || strings.Contains(page, "ann@example.com") {
		t.Error("the page does not show the address of the token")
	}
	pressButton(t, b, page)
	if got := signedInEmail(b); got != "eve@example.com" {
		t.Errorf("signed in as %q", got)
	}
}

// nodeLink stores a token as a Node server with Auth.js does in the same table, and returns the
// path and query of its link.
func (s mailSite) nodeLink(t *testing.T, address, provider string) string {
	t.Helper()
	token := hashOf(address + provider + t.Name()) // 64 hexadecimal digits
	err := s.store.CreateVerificationToken(t.Context(), &cardea.VerificationToken{
		Identifier: address, Token: hashOf(token + secret), Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.URL + "/api/auth/callback/" + provider + "?callbackUrl=%2Fn&token=" + token + "&email=" +
		url.QueryEscape(address)
}

func TestLinkOfANodeServerWhoseAddressWasChanged(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	link := strings.Replace(s.nodeLink(t, "ann+tag@example.com", "email"), "%2B", "+", 1)
	page := text(t, visit(t, b, link))
	checkRedirect(t, "the button", pressButton(t, b, page), s.URL+"/n")
	if got := signedInEmail(b); got != "ann+tag@example.com" {
		t.Errorf("signed in as %q", got)
	}
}

// sentMail is a mail, and the browser that asked for it.
type sentMail struct {
	mailSite
	browser *cardeatest.Browser
	mail    cardeatest.Mail
}

// linkQuery returns the parameters of a mail's link.
func linkQuery(t *testing.T, m cardeatest.Mail) url.Values {
	t.Helper()
	u, err := url.Parse(m.Link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// newSiteWithTwoMailProviders has the providers email and email-2.
func newSiteWithTwoMailProviders(t *testing.T, change func(*cardea.Config)) mailSite {
	t.Helper()
	return newMailSite(t, func(c *cardea.Config, o *email.Options) {
		second := *o
		second.ID = "email-2"
		c.Providers = append(c.Providers, email.New(second))
		if change != nil {
			change(c)
		}
	})
}

// OAuth 2.0 Security BCP (RFC 9700) § 4.4 for mails: what one provider has proven counts at that
// provider only. Like Auth.js GHSA-x445-f3h2-j279, where a cookie of one provider worked at
// another.
func TestLinkBelongsToItsProvider(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		use  func(t *testing.T, u sentMail) *http.Response
	}{
		{"the link in the browser that asked",
			func(t *testing.T, u sentMail) *http.Response {
				return visit(t, u.browser, strings.Replace(u.mail.Link, "/callback/email?", "/callback/email-2?", 1))
			}},
		{"the link elsewhere", func(t *testing.T, u sentMail) *http.Response {
			return visit(t, newBrowser(t, u.URL),
				strings.Replace(u.mail.Link, "/callback/email?", "/callback/email-2?", 1))
		}},
		{"the button", func(t *testing.T, u sentMail) *http.Response {
			return newBrowser(t, u.URL).Post("/callback/email-2", linkQuery(t, u.mail))
		}},
		{"a token that names the other provider",
			func(t *testing.T, u sentMail) *http.Response {
				q := linkQuery(t, u.mail)
				q.Set("token", strings.Replace(q.Get("token"), fmt.Sprintf("%x", "email "),
					fmt.Sprintf("%x", "email-2 "), 1))
				return newBrowser(t, u.URL).Post("/callback/email-2", q)
			}},
		{"a token without its provider", func(t *testing.T, u sentMail) *http.Response {
			q := linkQuery(t, u.mail)
			q.Set("token", q.Get("token")[:64])
			return newBrowser(t, u.URL).Post("/callback/email-2", q)
		}},
		{"the link in a browser that asked the other provider", func(t *testing.T, u sentMail) *http.Response {
			b := newBrowser(t, u.URL)
			b.Post("/signin/email-2", url.Values{"email": {"ann@example.com"}})
			return visit(t, b, strings.Replace(u.mail.Link, "/callback/email?", "/callback/email-2?", 1))
		}},
		{"the link of a provider whose ID is longer", func(t *testing.T, u sentMail) *http.Response {
			b := newBrowser(t, u.URL)
			b.Post("/signin/email-2", url.Values{"email": {"bob@example.com"}})
			m := u.mails.Last(t, "bob@example.com")
			return visit(t, b, strings.Replace(m.Link, "/callback/email-2?", "/callback/email?", 1))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var used []string
			s := newSiteWithTwoMailProviders(t, func(c *cardea.Config) {
				c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
					if !in.VerificationRequest {
						used = append(used, in.Account.Provider)
					}
					return "", nil
				}
			})
			b := newBrowser(t, s.URL)
			m := s.ask(t, b, "ann@example.com", "/")
			s.checkDeadLink(t, "at the other provider", tc.use(t, sentMail{s, b, m}))
			checkRedirect(t, "at its provider", visit(t, b, m.Link), s.URL+"/")
			if len(used) != 1 || used[0] != "email" {
				t.Errorf("signed in at %q", used)
			}
		})
	}
}

// The same for codes, in a browser that has asked both providers: the other one takes none of them.
func TestCodeBelongsToItsProvider(t *testing.T) {
	t.Parallel()
	s := newSiteWithTwoMailProviders(t, nil)
	b := newBrowser(t, s.URL)
	post := func(provider, code string) *http.Response {
		return b.Post("/callback/"+provider, url.Values{"code": {code}})
	}
	first := s.ask(t, b, "ann@example.com", "/")
	b.Post("/signin/email-2", url.Values{"email": {"ann@example.com"}})
	second := s.mails.Last(t, "ann@example.com")
	checkRedirect(t, "the first code at the other provider", post("email-2", first.Code),
		s.URL+"/api/auth/verify-request?error=WrongCode&provider=email-2&type=email")
	s.checkWrongCode(t, "the second code at the other provider", post("email", second.Code))
	if got := signedInEmail(b); got != "" {
		t.Errorf("signed in as %q", got)
	}
	checkRedirect(t, "the second code at its provider", post("email-2", second.Code), s.URL+"/")
}

// A link of Auth.js does not say which provider it belongs to. It works if there is only one.
func TestLinkWithoutProviderNeedsTheOnlyOne(t *testing.T) {
	t.Parallel()
	two, one := newSiteWithTwoMailProviders(t, nil), newMailSite(t, nil)
	for _, id := range []string{"email", "email-2"} {
		two.checkDeadLink(t, id, visit(t, newBrowser(t, two.URL), two.nodeLink(t, "ann@example.com", id)))
	}
	b := newBrowser(t, one.URL)
	pressButton(t, b, text(t, visit(t, b, one.nodeLink(t, "ann@example.com", "email"))))
	if got := signedInEmail(b); got != "ann@example.com" {
		t.Errorf("signed in as %q", got)
	}
}

// waysToUse are the ways in which a mail signs in.
var waysToUse = map[string]func(t *testing.T, u sentMail) *http.Response{
	"the link in the browser that asked": func(t *testing.T, u sentMail) *http.Response {
		return visit(t, u.browser, u.mail.Link)
	},
	"the link elsewhere": func(t *testing.T, u sentMail) *http.Response {
		return confirm(t, newBrowser(t, u.URL), u.mail.Link)
	},
	"the code": func(t *testing.T, u sentMail) *http.Response {
		return postCode(u.browser, u.mail.Code)
	},
	"the code after wrong ones": func(t *testing.T, u sentMail) *http.Response {
		postCode(u.browser, codeOtherThan(u.mail))
		postCode(u.browser, codeOtherThan(u.mail))
		return postCode(u.browser, u.mail.Code)
	},
	"the link after all codes were wrong": func(t *testing.T, u sentMail) *http.Response {
		for range 5 {
			postCode(u.browser, codeOtherThan(u.mail))
		}
		return confirm(t, u.browser, u.mail.Link)
	},
}

// OWASP ASVS 5.0, 6.5.1: what was sent out of band to authenticate is used once. All mails on their
// way to one mailbox prove the same, so using one ends the others.
func TestUsingALinkEndsTheOthers(t *testing.T) {
	t.Parallel()
	for how, use := range waysToUse {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s := newSiteWithTwoMailProviders(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
				b, before, after := newBrowser(t, s.URL), newBrowser(t, s.URL), newBrowser(t, s.URL)
				earlier := s.ask(t, before, "ann@example.com", "/")
				m := s.ask(t, b, "ann@example.com", "/")
				later := s.ask(t, after, "ann@example.com", "/")
				newBrowser(t, s.URL).Post("/signin/email-2", url.Values{"email": {"ann@example.com"}})
				second := s.mails.Last(t, "ann@example.com")
				bob := newBrowser(t, s.URL)
				bobs := s.ask(t, bob, "bob@example.com", "/")

				checkRedirect(t, how, use(t, sentMail{s, b, m}), s.URL+"/")
				s.checkDeadLink(t, "the link of an earlier mail", visit(t, before, earlier.Link))
				s.checkWrongCode(t, "the code of an earlier mail", postCode(before, earlier.Code))
				s.checkWrongCode(t, "the code of a later mail", postCode(after, later.Code))
				s.checkDeadLink(t, "the link of a later mail", confirm(t, newBrowser(t, s.URL), later.Link))
				s.checkDeadLink(t, "the link of another provider",
					newBrowser(t, s.URL).Post("/callback/email-2", linkQuery(t, second)))
				checkRedirect(t, "the link of somebody else", visit(t, bob, bobs.Link), s.URL+"/")
				checkRedirect(t, "a new link", visit(t, after, s.ask(t, after, "ann@example.com", "/").Link), s.URL+"/")
			})
		})
	}
}

func TestUsingALinkEndsTheLinksOfANodeServer(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	link := s.nodeLink(t, "ann@example.com", "email")
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	s.checkDeadLink(t, "the link of the Node server", confirm(t, newBrowser(t, s.URL), link))
}

// Of several links of one address that are used at once, one signs in.
func TestParallelUseOfSeveralLinks(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(_ *cardea.Config, o *email.Options) {
		o.AddressLimit, o.ClientLimit = ratelimit.Rate{Count: 1000, Within: time.Hour}, ratelimit.Rate{
			Count: 1000, Within: time.Hour,
		}
	})
	for range 20 {
		b := newBrowser(t, s.URL)
		csrf, jar := b.CSRFToken(), cookiesOf(b)
		var forms []url.Values
		for range 4 {
			forms = append(forms, linkQuery(t, s.ask(t, newBrowser(t, s.URL), "ann@example.com", "/")))
		}
		var signedIn atomic.Int32
		var all sync.WaitGroup
		for _, form := range forms {
			form.Set("csrfToken", csrf)
			all.Go(func() {
				if setCookie(send(t, s.URL+"/api/auth/callback/email", jar, form), sessionCookie) != nil {
					signedIn.Add(1)
				}
			})
		}
		all.Wait()
		if n := signedIn.Load(); n != 1 {
			t.Fatalf("%d of %d links signed in, want one", n, len(forms))
		}
		if _, err := s.store.DeleteVerificationTokens(t.Context(), "ann@example.com"); err != nil {
			t.Fatal(err)
		}
	}
}

// OWASP ASVS 5.0, 7.4.3: after all sessions of a user were ended, nobody is signed in without being
// asked again. A link in a mailbox is a session that has not begun.
func TestEndingAllSessionsEndsMails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stored string // the address of the user's row
		end    func(t *testing.T, s mailSite, userID string) error
	}{
		"all sessions": {"ann@example.com", func(t *testing.T, s mailSite, userID string) error {
			_, err := s.auth.EndSessions(t.Context(), userID, nil)
			return err
		}},
		"all other sessions": {"ann@example.com", func(t *testing.T, s mailSite, userID string) error {
			_, err := s.auth.EndSessions(t.Context(), userID, &cardea.Session{Token: "of the browser that asks for it"})
			return err
		}},
		"of an address with capital letters": {"Ann@Example.com", func(t *testing.T, s mailSite, userID string) error {
			_, err := s.auth.EndSessions(t.Context(), userID, nil)
			return err
		}},
		"deleting the user": {"ann@example.com", func(t *testing.T, s mailSite, userID string) error {
			return s.auth.DeleteUser(t.Context(), userID)
		}},
		"deleting a user with capital letters": {"Ann@Example.com",
			func(t *testing.T, s mailSite, userID string) error {
				return s.auth.DeleteUser(t.Context(), userID)
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSiteWithTwoMailProviders(t, nil)
			u := &cardea.User{Email: tc.stored}
			if err := s.store.CreateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			b, bob := newBrowser(t, s.URL), newBrowser(t, s.URL)
			first, m := s.ask(t, b, "ann@example.com", "/"), s.ask(t, b, "ann@example.com", "/")
			bobs := s.ask(t, bob, "bob@example.com", "/")
			if err := tc.end(t, s, u.ID); err != nil {
				t.Fatal(err)
			}
			s.checkWrongCode(t, "the code", postCode(b, m.Code))
			s.checkDeadLink(t, "the link", visit(t, b, m.Link))
			s.checkDeadLink(t, "the link of an earlier mail", confirm(t, newBrowser(t, s.URL), first.Link))
			checkRedirect(t, "the link of somebody else", visit(t, bob, bobs.Link), s.URL+"/")
		})
	}
}

func TestEndSessionsWithJWTLeavesMails(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = cardea.StrategyJWT })
	b := newBrowser(t, s.URL)
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	u, err := s.store.UserByEmail(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	m := s.ask(t, b, "ann@example.com", "/")
	if _, err := s.auth.EndSessions(t.Context(), u.ID, nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
	checkRedirect(t, "the link", visit(t, b, m.Link), s.URL+"/")
}

// Auth.js deletes the row of a link that was used, so a table that both share must not fill up with
// rows that only Cardea makes.
func TestNothingIsLeftOfAUsedMail(t *testing.T) {
	t.Parallel()
	for how, use := range waysToUse {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = strategy })
				b := newBrowser(t, s.URL)
				s.ask(t, newBrowser(t, s.URL), "ann@example.com", "/")
				checkRedirect(t, how, use(t, sentMail{s, b, s.ask(t, b, "ann@example.com", "/")}), s.URL+"/")
				if n := s.tokensLeft(t); n != 0 {
					t.Errorf("%d verification tokens are left", n)
				}
			})
		})
	}
}

func TestExpiredMailsAreDeleted(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meet func(t *testing.T, s mailSite, b *cardeatest.Browser, m cardeatest.Mail)
		left int
	}{
		"by the link": {func(t *testing.T, s mailSite, b *cardeatest.Browser, m cardeatest.Mail) {
			s.checkDeadLink(t, "the link", confirm(t, b, m.Link))
		}, 0},
		"by another mail": {func(t *testing.T, s mailSite, b *cardeatest.Browser, _ cardeatest.Mail) {
			s.ask(t, b, "ann@example.com", "/")
		}, 2},
		"by a mail to somebody else": {func(t *testing.T, s mailSite, _ *cardeatest.Browser, _ cardeatest.Mail) {
			s.ask(t, newBrowser(t, s.URL), "bob@example.com", "/")
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
				s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = strategy })
				now := s.setClock()
				b := newBrowser(t, s.URL)
				m := s.ask(t, b, "ann@example.com", "/")
				now.advance(25 * time.Hour)
				tc.meet(t, s, b, m)
				if n := s.tokensLeft(t); n != tc.left {
					t.Errorf("%d verification tokens are left, want %d", n, tc.left)
				}
			})
		})
	}
}

// A code that has expired goes, and the link of its mail stays.
func TestExpiredCodeIsDeleted(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	now := s.setClock()
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	now.advance(11 * time.Minute)
	s.checkWrongCode(t, "the code", postCode(b, m.Code))
	if n := s.tokensLeft(t); n != 1 {
		t.Errorf("%d verification tokens are left, want that of the link", n)
	}
}
