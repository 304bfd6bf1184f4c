package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
)

// hostileAddresses are read by some program as another address, or as several, or are none. None of
// the programs here may.
var hostileAddresses = []string{
	"a@x.example,b@y.example", "a@x.example, b@y.example", "a@x.example;b@y.example", "a@x.example b@y.example",
	`"a@x.example"@y.example`,
	`"a"@x.example`, `"a b"@x.example`, `a"b@x.example`, "a\uff20x.example", "a@x.example\uff20y.example",
	"a\ufe6bx.example", "a@x\u3002example", "a@x@y.example",
	"a@x.example@", "@x.example", "a@", "@", "", "a", "a@x.example\r\nBcc: b@y.example",
	"a@x.example\nRCPT TO:<b@y.example>", "\r\na@x.example", "a@x.example\x00",
	"a@x.example (b@y.example)", "(b@y.example)a@x.example", "<a@x.example>", "Ann <a@x.example>",
	"a@x.example>,<b@y.example", "a@[127.0.0.1]",
	"a@[IPv6:::1]", "a.@x.example", ".a@x.example", "a..b@x.example", "a@.example", "a@x..example", "a@x.example.",
	"a@-x.example", "a@x_y.example",
	"\u212a@x.example", "a@\u212a.example", "\u017f@x.example", "\uff41@x.example", "\ufb01@x.example",
	"a\u00adb@x.example", "a\u200bb@x.example", "\u202ea@x.example",
	"jos\u00e9@x.example", "jose\u0301@x.example", "a@b\u00fccher.example", strings.Repeat("a", 65) + "@x.example",
	"a@" + strings.Repeat("x.", 125) + "example",
	"a@" + strings.Repeat("x", 64) + ".example", strings.Repeat("a", 300), "a%b@x.example%y",
	"a@x.example?bcc=b@y.example", "a@x.example&bcc=b@y.example",
	"@y.example:a@x.example", "a!b@y.example@x.example", "a\\@b@x.example", "a\t@x.example", "a @x.example",
	"a@ x.example", "mailto:a@x.example,b@y.example",
}

// unusualAddresses are odd and can be read in one way only.
var unusualAddresses = []string{
	"a+b@x.example", "o'brien@x.example", "a!b%c@x.example", "A@X.EXAMPLE", " a@x.example ", "a@localhost",
	"x=y/z@x.example", "{a}|b@x.example",
	"a@xn--bcher-kva.example", strings.Repeat("a", 64) + "@x.example", "-a@x.example", "1@2.example",
	"mailto@x.example", "a%25b@x.example",
}

// Auth.js GHSA-7rqj-j65f-68wh and GHSA-5jpx-9hw9-2fx4, NextAuth CVE-2022-35924, oauth2-proxy
// CVE-2026-40574, go-mail CVE-2025-59937: an address is refused, or exactly the one recipient that
// the mail server is told is who signs in.
func TestOneAddressIsOneRecipient(t *testing.T) {
	t.Parallel()
	server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{})
	s := newMailSite(t, func(_ *cardea.Config, o *email.Options) {
		o.Sender, o.ClientLimit = &email.SMTP{Host: server.Host, Port: server.Port}, cardea.Limit{
			Count: 1000, Within: time.Hour,
		}
	})
	b := stepper(t, s.URL)
	for _, address := range hostileAddresses {
		res := b.Post("/signin/email", url.Values{"email": {address}})
		sentTo(t, fmt.Sprintf("%q", address), res, s.URL+"/api/auth/signin?error=EmailSignin")
		if n := len(server.Deliveries()); n != 0 {
			t.Fatalf("%q: %d mails", address, n)
		}
	}
	for i, address := range unusualAddresses {
		b := stepper(t, s.URL)
		b.Post("/signin/email", url.Values{"email": {address}})
		all := server.Deliveries()
		if len(all) != i+1 {
			t.Fatalf("%q: %d mails, want %d", address, len(all), i+1)
		}
		d := all[i]
		if len(d.To) != 1 || d.To[0] != strings.ToLower(strings.TrimSpace(address)) {
			t.Fatalf("%q: recipients %q", address, d.To)
		}
		visit(t, b, server.Mails.Last(t, d.To[0]).Link)
		if got := whoIs(b); got != d.To[0] {
			t.Errorf("%q: mailed to %q, signed in as %q", address, d.To[0], got)
		}
	}
}

// NextAuth CVE-2021-21310, CVE-2022-39263: a token is good for the address that it was mailed to.
// Tried with another one, it stays good.
func TestTokenBelongsToItsAddress(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b, eve := stepper(t, s.URL), stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	s.ask(t, eve, "eve@example.com", "/")
	for _, other := range []string{"eve@example.com", "ann@example.com.evil.example", "nobody@example.com"} {
		link := strings.Replace(m.Link, "ann%40example.com", url.QueryEscape(other), 1)
		s.deadLink(t, other, confirm(t, eve, link))
		u, _ := url.Parse(link)
		if res := visit(t, b, link); res.StatusCode == http.StatusFound {
			t.Errorf("%s: the browser that asked is sent to %s", other, res.Header.Get("Location"))
		}
		s.deadLink(t, other, b.Post("/callback/email", u.Query()))
	}
	for _, other := range []string{
		"ANN@example.com", "", " ann@example.com", "ann@example.com,eve@example.com", "<b>ann</b>",
	} {
		page := text(t, visit(t, eve, strings.Replace(m.Link, "ann%40example.com", url.QueryEscape(other), 1)))
		if !strings.Contains(page, "<strong>ann@example.com</strong>") {
			t.Errorf("%s: the page does not show the address of the token", other)
		}
	}
	if eve.Session() != nil {
		t.Error("signed in")
	}
	sentTo(t, "the link as it was sent", visit(t, b, m.Link), s.URL+"/")
}

// Devise CVE-2019-16109, CVE-2013-0233: what is no token never matches.
func TestNoTokenMatchesNothing(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	u, _ := url.Parse(m.Link)
	real := u.Query().Get("token")
	for _, token := range []string{
		"", "0", "null", "undefined", "true", "[]", "*", "%", "_", strings.Repeat("0", 64), real[:63], real + "0",
		real[:64], real + "00", real[:len(real)-2], strings.ToUpper(real), strings.Repeat("0", 64) + real[64:],
		strings.ToUpper(real) + " ", " " + real, real[:63] + "\x00",
		hashOf(real + secret),
	} {
		q := url.Values{"email": {"ann@example.com"}, "token": {token}}
		if res := visit(t, b, s.URL+"/api/auth/callback/email?"+q.Encode()); res.StatusCode == http.StatusFound {
			s.deadLink(t, "GET "+token, res)
		}
		s.deadLink(t, "POST "+token, b.Post("/callback/email", q))
	}
	for _, query := range []string{
		"", "?email=ann@example.com", "?email=ann@example.com&token[]=" + real, "?token=" + real[:64],
		"?email[]=ann@example.com&token=" + real[:64],
	} {
		s.deadLink(t, query, visit(t, b, s.URL+"/api/auth/callback/email"+query))
	}
	res := post(t, b, "callback/email", "application/json",
		`{"csrfToken":"`+b.CSRFToken()+`","email":"ann@example.com","token":["`+real+`"]}`)
	s.wrongCode(t, "a list", res)
	res = post(t, b, "callback/email", "application/json",
		`{"csrfToken":"`+b.CSRFToken()+`","email":"ann@example.com","token":null}`)
	s.deadLink(t, "null", res)
	if b.Session() != nil {
		t.Error("signed in")
	}
	sentTo(t, "the link itself", visit(t, b, m.Link), s.URL+"/")
}

// Better Auth #8067: however many redeem a link or a code at once, one is signed in.
func TestParallelRedemptionsGiveOneSession(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		for _, how := range []string{"link", "button", "code", "link and code"} {
			t.Run(how, func(t *testing.T) {
				t.Parallel()
				var signedIn atomic.Int32
				s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
					c.Session.Strategy = strategy
					c.Events.SignIn = func(context.Context, *cardea.SignIn) { signedIn.Add(1) }
				})
				b := stepper(t, s.URL)
				m := s.ask(t, b, "ann@example.com", "/")
				form := form(b, "code", m.Code)
				jar := cookiesOf(b)
				u, _ := url.Parse(m.Link)
				button := u.Query()
				button.Set("csrfToken", form.Get("csrfToken"))
				var sessions atomic.Int32
				var all sync.WaitGroup
				for i := range 50 {
					all.Go(func() {
						var res *http.Response
						switch {
						case how == "button":
							res = send(t, s.URL+"/api/auth/callback/email", jar.without(mailCookie), button)
						case how == "code", how == "link and code" && i%2 == 0:
							res = send(t, s.URL+"/api/auth/callback/email", jar, form)
						default:
							res = send(t, m.Link, jar, nil)
						}
						if c := setCookie(res, sessionCookie); c != nil && c.Value != "" {
							sessions.Add(1)
						}
					})
				}
				all.Wait()
				if sessions.Load() != 1 || signedIn.Load() != 1 {
					t.Errorf("%d sessions and %d sign-ins, want one", sessions.Load(), signedIn.Load())
				}
			})
		}
	})
}

// caddy-security CVE-2024-21500, Zitadel CVE-2025-64102: a code can be guessed at five times,
// whatever the browser says of how often it has tried. The link stays good: nobody can lock a
// person out by guessing.
func TestCodeCanBeGuessedAtFiveTimes(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	kept := cookiesOf(b)[mailCookie]
	for range 4 {
		s.wrongCode(t, "a guess", typeCode(b, wrong(m)))
		keep(t, b, mailCookie, kept) // as if it were the first
	}
	s.wrongCode(t, "the fifth", typeCode(b, wrong(m)))
	if cookiesOf(b)[mailCookie] != "" {
		t.Error("the browser still has the form")
	}
	keep(t, b, mailCookie, kept)
	s.wrongCode(t, "the right code", typeCode(b, m.Code))
	sentTo(t, "the link", visit(t, b, m.Link), s.URL+"/")
}

// The same rows: however many mails and browsers, it is 20 codes a day for one address, and of
// other addresses none is used up.
func TestCodesOfOneAddressAreLimited(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	now := s.setClock()
	for range 4 {
		b := stepper(t, s.URL)
		m := s.ask(t, b, "ann@example.com", "/")
		for range 5 {
			s.wrongCode(t, "a guess", typeCode(b, wrong(m)))
		}
		now.advance(2 * time.Hour)
	}
	b, bob := stepper(t, s.URL), stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	sentTo(t, "the 21st", typeCode(b, m.Code), s.URL+"/api/auth/signin?error=RateLimited")
	sentTo(t, "the link", visit(t, b, m.Link), s.URL+"/")
	sentTo(t, "another address", typeCode(bob, s.ask(t, bob, "bob@example.com", "/").Code), s.URL+"/")
	now.advance(16 * time.Hour)
	b = stepper(t, s.URL)
	sentTo(t, "the next day", typeCode(b, s.ask(t, b, "ann@example.com", "/").Code), s.URL+"/")
}

// django-allauth "successful login clears the counter", Devise CVE-2019-5421: 100 guesses at once
// are no more than 5.
func TestParallelGuessesAreCounted(t *testing.T) {
	t.Parallel()
	var log logbook
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Logger = log.logger() })
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	guess, right, jar := form(b, "code", wrong(m)), form(b, "code", m.Code), cookiesOf(b)
	for range 2 {
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { send(t, s.URL+"/api/auth/callback/email", jar, guess) })
		}
		all.Wait()
	}
	judged := 0
	for _, r := range log.records(t, "cardea: request failed") {
		if strings.Contains(r["cause"].(string), "is not the one in the mail") {
			judged++
		}
	}
	if judged < 1 || judged > 5 {
		t.Errorf("%d codes were compared, want 5 at most", judged)
	}
	sentTo(t, "the right one afterwards", send(t, s.URL+"/api/auth/callback/email", jar, right),
		s.URL+"/api/auth/signin?error=RateLimited")
}

// OWASP ASVS 5.0 (one-time codes are bound to the request that created them) and fiber
// CVE-2023-45128: the browser's cookie opens nothing but its own request.
func TestCodeIsBoundToTheRequest(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	ann, eve := stepper(t, s.URL), stepper(t, s.URL)
	mail := s.ask(t, ann, "ann@example.com", "/")
	own := s.ask(t, eve, "eve@example.com", "/")
	s.wrongCode(t, "Ann's code in Eve's browser", typeCode(eve, mail.Code))
	s.wrongCode(t, "Eve's code in Ann's browser", typeCode(ann, own.Code))
	again := s.ask(t, eve, "ann@example.com", "/") // Eve asks for Ann's mail, and learns the code of Ann's own
	if again.Code != mail.Code {
		s.wrongCode(t, "the code of Ann's mail, in Eve's request", typeCode(eve, mail.Code))
	}
	for name, value := range cookiesOf(ann) { // whatever is not this cookie
		if name != mailCookie {
			keep(t, eve, mailCookie, value)
			s.wrongCode(t, name, typeCode(eve, mail.Code))
		}
	}
	keep(t, eve, sessionCookie, cookiesOf(ann)[mailCookie]) // NextAuth CVE-2023-48309
	if eve.Session() != nil {
		t.Error("the cookie passes for a session")
	}
	sentTo(t, "Ann's code in Ann's browser", typeCode(ann, mail.Code), s.URL+"/")
}

// Auth.js GHSA-x445-f3h2-j279: what a browser keeps for one provider is nothing to another.
func TestMailRequestIsBoundToTheProvider(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
		other := *o
		other.ID = "other"
		c.Providers = append(c.Providers, email.New(other))
	})
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	sentTo(t, "the code", b.Post("/callback/other", url.Values{"code": {m.Code}}),
		s.URL+"/api/auth/verify-request?error=WrongCode&provider=other&type=email")
	s.deadLink(t, "the link", visit(t, b, strings.Replace(m.Link, "/callback/email", "/callback/other", 1)))
	sentTo(t, "the code where it belongs", typeCode(b, m.Code), s.URL+"/")
}

// What the store has signs nobody in: neither the hash of a link's token, nor anything from which
// the code could be found by trying a million.
func TestStoreHasOnlyHashesOfMails(t *testing.T) {
	t.Parallel()
	var kept []cardea.VerificationToken
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Adapter = &tokenLog{c.Adapter.(tokens), &kept} })
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	u, _ := url.Parse(m.Link)
	token := u.Query().Get("token")
	if len(token) < 64 || len(kept) != 2 || kept[0].Token != hashOf(token+secret) {
		t.Fatalf("%d rows, the first not SHA-256 of token and secret", len(kept))
	}
	for _, row := range kept {
		if row.Identifier != "ann@example.com" || len(row.Token) != 64 {
			t.Errorf("row %+v", row)
		}
		s.deadLink(t, "a stored token", b.Post("/callback/email",
			url.Values{"email": {row.Identifier}, "token": {row.Token}}))
		for code := range 1000 {
			text := fmt.Sprintf("%s%03d", m.Code[:3], code)
			for _, guess := range []string{
				text, text + secret, "code\x00" + text + "\x00" + kept[0].Token + "\x00ann@example.com",
			} {
				if row.Token == hashOf(guess) {
					t.Fatal("a stored token gives the code away")
				}
			}
		}
	}
}

// tokens is a store that has all that sign-in by mail needs.
type tokens interface {
	cardea.Adapter
	cardea.SessionStore
	cardea.TokenStore
}

// tokenLog notes which tokens are stored.
type tokenLog struct {
	tokens
	kept *[]cardea.VerificationToken
}

func (s *tokenLog) CreateVerificationToken(ctx context.Context, v *cardea.VerificationToken) error {
	*s.kept = append(*s.kept, *v)
	return s.tokens.CreateVerificationToken(ctx, v)
}

// The protocol, 8.2: HEAD, and whatever else is neither GET nor POST, uses nothing up.
func TestHeadUsesNoLinkUp(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodPut, "get"} {
		r, err := http.NewRequest(method, m.Link, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", cookiesOf(b).String())
		if res := serveDirectly(s.site, r); res.StatusCode != http.StatusBadRequest || len(res.Cookies()) != 0 {
			t.Errorf("%s: %s", method, res.Status)
		}
	}
	sentTo(t, "GET", visit(t, b, m.Link), s.URL+"/")
}

// fiber CVE-2026-44332, Zitadel CVE-2026-23511, OWASP ASVS 5.0 (no enumeration): who has a user and
// who has none get the same answer for the same work.
func TestMailTellsNobodyWhoHasAUser(t *testing.T) {
	t.Parallel()
	var store *watchedStore
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		store = watch(c)
		c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) { return "", nil }
	})
	b := stepper(t, s.URL)
	visit(t, b, s.ask(t, b, "known@example.com", "/").Link)
	answer := func(address string) string {
		b := stepper(t, s.URL)
		b.CSRFToken()
		store.breakDown()
		res := b.Post("/signin/email", url.Values{"email": {address}, "callbackUrl": {"/"}})
		var lines []string
		for name, values := range res.Header {
			if name != "Date" && name != "Set-Cookie" {
				lines = append(lines, fmt.Sprint(name, values))
			}
		}
		for _, c := range res.Cookies() {
			c.Value = fmt.Sprint(len(c.Value), " bytes")
			c.RawExpires, c.Expires = "", time.Time{}
			lines = append(lines, c.String())
		}
		slices.Sort(lines)
		return fmt.Sprint(res.Status, lines, text(t, res), store.seen())
	}
	known, unknown := answer("known@example.com"), answer("other@example.com")
	if known != unknown {
		t.Errorf("known:\n%s\nunknown:\n%s", known, unknown)
	}
	mails := s.mails.All()
	if n := len(mails); n != 3 || mails[n-1].Subject != mails[n-2].Subject {
		t.Errorf("%d mails", n)
	}
}

// Authelia CVE-2025-24806, CVE-2026-47203, django-allauth case notices: however an address is
// written, it is one counter; and of somebody else's mails nothing is used up.
func TestMailsToOneAddressAreLimited(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(_ *cardea.Config, o *email.Options) {
		o.AddressLimit = cardea.Limit{Count: 3, Within: time.Hour}
	})
	now := s.setClock()
	b := stepper(t, s.URL)
	limited := s.URL + "/api/auth/signin?error=RateLimited"
	for _, address := range []string{"bob@x.example", "BOB@x.example", " bob@X.example"} {
		b.Post("/signin/email", url.Values{"email": {address}})
		now.advance(10 * time.Minute)
	}
	for range 3 {
		sentTo(t, "the fourth", stepper(t, s.URL).Post("/signin/email", url.Values{"email": {"Bob@x.example"}}),
			limited)
	}
	if page := text(t, visit(t, b, limited)); !strings.Contains(page, "wait a while") {
		t.Error("the sign-in page does not say why")
	}
	visit(t, b, s.mails.Last(t, "bob@x.example").Link)
	sentTo(t, "after signing in", b.Post("/signin/email", url.Values{"email": {"bob@x.example"}}), limited)
	s.ask(t, b, "ann@x.example", "/")
	now.advance(30*time.Minute - time.Second)
	sentTo(t, "a second too early", b.Post("/signin/email", url.Values{"email": {"bob@x.example"}}), limited)
	now.advance(time.Second)
	s.ask(t, b, "bob@x.example", "/")
	sentTo(t, "one more", b.Post("/signin/email", url.Values{"email": {"bob@x.example"}}), limited)
	if n := len(s.mails.All()); n != 5 {
		t.Errorf("%d mails", n)
	}
}

// Better Auth CVE-2026-45364 and #10203, chi GO-2026-5774, fiber CVE-2023-41338, django-allauth XFF
// notice: a client cannot become another one by headers or by moving in its own network, and of
// forwarding headers only what the configured proxies have added counts.
func TestMailsForOneClientAreLimited(t *testing.T) {
	t.Parallel()
	proxy := netip.MustParsePrefix("10.0.0.0/8")
	for _, tc := range []struct {
		name    string
		proxies []netip.Prefix
		peer    func(i int) string
		forward func(i int) []string
		limited bool
	}{
		{"one peer that rotates headers", nil, func(int) string { return "192.0.2.7:1" },
			func(i int) []string { return []string{fmt.Sprintf("198.51.100.%d", i)} }, true},
		{"one IPv4 address, many ports", nil, func(i int) string {
			return fmt.Sprintf("192.0.2.7:%d", i+1)
		}, nil, true},
		{"one IPv4 address, written as IPv6", nil, func(i int) string {
			return []string{"192.0.2.7:1", "[::ffff:192.0.2.7]:1"}[i%2]
		}, nil, true},
		{"one /64", nil, func(i int) string { return fmt.Sprintf("[2001:db8:1:2:%x::%x]:443", i, i) }, nil, true},
		{"many IPv4 addresses", nil, func(i int) string {
			return fmt.Sprintf("192.0.%d.%d:1", i/200, i%200)
		}, nil, false},
		{"many /64", nil, func(i int) string { return fmt.Sprintf("[2001:db8:1:%x::1]:443", i) }, nil, false},
		{"behind a proxy, one client", []netip.Prefix{proxy}, func(int) string { return "10.0.0.1:1" },
			func(i int) []string { return []string{fmt.Sprintf("203.0.113.%d, 192.0.2.7", i)} }, true},
		{"behind two proxies, one client", []netip.Prefix{proxy}, func(int) string { return "10.0.0.1:1" },
			func(i int) []string { return []string{fmt.Sprintf("203.0.113.%d", i), "192.0.2.7, 10.0.0.2"} }, true},
		{"behind a proxy, many clients", []netip.Prefix{proxy}, func(int) string { return "10.0.0.1:1" },
			func(i int) []string { return []string{fmt.Sprintf("1.2.3.4, 192.0.%d.%d", i/200, i%200)} }, false},
		{"behind a proxy that is not trusted", []netip.Prefix{netip.MustParsePrefix("172.16.0.0/12")},
			func(int) string {
				return "10.0.0.1:1"
			},
			func(i int) []string { return []string{fmt.Sprintf("192.0.%d.%d", i/200, i%200)} }, true},
		{"behind a proxy that sends no address", []netip.Prefix{proxy}, func(int) string { return "10.0.0.1:1" },
			func(i int) []string { return []string{fmt.Sprintf("unknown-%d", i)} }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
				c.BaseURL, c.TrustedProxies, o.ClientLimit = "http://localhost", tc.proxies, cardea.Limit{
					Count: 20, Within: time.Hour,
				}
			})
			start := time.Now()
			s.auth.SetClock(func() time.Time { return start })
			w := httptest.NewRecorder()
			s.auth.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/csrf", nil))
			csrf := setCookie(w.Result(), csrfCookie).Value
			token, _, _ := strings.Cut(csrf, "%7C")
			const requests = 200
			for i := range requests {
				body := url.Values{"csrfToken": {token}, "email": {fmt.Sprintf("user%d@example.com", i)}}
				r := httptest.NewRequest(http.MethodPost, "http://localhost/api/auth/signin/email",
					strings.NewReader(body.Encode()))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Cookie", csrfCookie+"="+csrf)
				r.RemoteAddr = tc.peer(i)
				if tc.forward != nil {
					r.Header["X-Forwarded-For"] = tc.forward(i)
				}
				s.auth.ServeHTTP(httptest.NewRecorder(), r)
			}
			want := requests
			if tc.limited {
				want = 20
			}
			if n := len(s.mails.All()); n != want {
				t.Errorf("%d mails, want %d", n, want)
			}
		})
	}
}

// PocketBase CVE-2024-38351 and CVE-2026-44166: who registered a stranger's address keeps nothing
// that leads to the stranger's user.
func TestUnprovenAddressLeadsToNobodyElse(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		var updated []string
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
			c.Session.Strategy = strategy
			c.Events.UpdateUser = func(_ context.Context, u *cardea.User) {
				updated = append(updated, u.ID+"="+u.Email)
			}
		})
		s.issuer.Next(cardeatest.Person{Subject: "666", Email: "victim@example.com", EmailVerified: false})
		eve := s.signedIn(t, "666")
		squatter := s.owner(t, "idp", "666")

		b := stepper(t, s.URL)
		visit(t, b, s.ask(t, b, "victim@example.com", "/").Link)
		if got := whoIs(b); got != "victim@example.com" {
			t.Fatalf("signed in as %q", got)
		}
		victim, err := s.store.UserByEmail(t.Context(), "victim@example.com")
		if err != nil || victim.ID == squatter || victim.EmailVerified.IsZero() {
			t.Fatalf("the victim's user is %+v, %v; the squatter's %q", victim, err, squatter)
		}
		old, err := s.store.UserByID(t.Context(), squatter)
		if err != nil || old.Email != "" || !old.EmailVerified.IsZero() {
			t.Errorf("the squatter's user is %+v, %v", old, err)
		}
		if !slices.Equal(updated, []string{squatter + "="}) {
			t.Errorf("updated %q", updated)
		}
		if strategy == cardea.StrategyDatabase && whoIs(eve) != "" {
			t.Errorf("the old session is of %q", whoIs(eve))
		}
		s.issuer.Next(cardeatest.Person{Subject: "666", Email: "victim@example.com", EmailVerified: false})
		again := s.signedIn(t, "666")
		if got := s.owner(t, "idp", "666"); got != squatter || whoIs(again) == "victim@example.com" &&
			strategy == cardea.StrategyDatabase {
			t.Errorf("the old account leads to %q", got)
		}
		if got := s.accounts(t, "victim@example.com"); got != nil {
			t.Errorf("the victim's accounts are %v", got)
		}
	})
}

func TestWhoseAnUnprovenAddressIs(t *testing.T) {
	t.Parallel()
	const address = "ann@example.com"
	password := &cardea.CredentialsProvider{ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
		Authorize: func(context.Context, map[string]string, *http.Request) (*cardea.User, error) { return nil, nil }}
	yes := func(context.Context, *cardea.User) (bool, error) { return true, nil }
	for _, tc := range []struct {
		name     string
		account  bool // the user has an account at a provider
		signedIn bool // and the visitor is signed in with it
		others   []cardea.Provider
		adopt    func(context.Context, *cardea.User) (bool, error)
		same     bool // the person is that user
		accounts []string
	}{
		{name: "a row that the application made is the person's", same: true},
		{name: "a user who may have a password is not", others: []cardea.Provider{password}},
		{name: "a user with an account is not", account: true},
		{name: "who is signed in as the user proves the address", account: true, signedIn: true, same: true,
			accounts: []string{"idp:7"}},
		{name: "the application may say that it is, and the accounts go", account: true, adopt: yes, same: true},
		{name: "the application may say so of a user with a password", others: []cardea.Provider{password}, adopt: yes,
			same: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
				c.Providers = append(c.Providers, tc.others...)
				o.Adopt = tc.adopt
			})
			b := stepper(t, s.URL)
			if tc.account {
				s.issuer.Next(cardeatest.Person{Subject: "7", Email: address})
				eve := s.signedIn(t, "7")
				if tc.signedIn {
					b = eve
				}
			} else if err := s.store.CreateUser(t.Context(), &cardea.User{Email: address}); err != nil {
				t.Fatal(err)
			}
			before, err := s.store.UserByEmail(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			visit(t, b, s.ask(t, b, address, "/").Link)
			after, err := s.store.UserByEmail(t.Context(), address)
			if err != nil || after.EmailVerified.IsZero() || (after.ID == before.ID) != tc.same {
				t.Errorf("before %+v, after %+v, %v", before, after, err)
			}
			if got := s.accounts(t, address); !slices.Equal(got, tc.accounts) {
				t.Errorf("accounts = %v, want %v", got, tc.accounts)
			}
			if whoIs(b) != address {
				t.Errorf("signed in as %q", whoIs(b))
			}
		})
	}
}

func TestAdoptThatFailsSignsNobodyIn(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(_ *cardea.Config, o *email.Options) {
		o.Adopt = func(context.Context, *cardea.User) (bool, error) {
			return true, errors.New("the passwords are away")
		}
	})
	s.issuer.Next(cardeatest.Person{Subject: "7", Email: "ann@example.com"})
	s.signedIn(t, "7")
	b := stepper(t, s.URL)
	sentTo(t, "the link", visit(t, b, s.ask(t, b, "ann@example.com", "/").Link),
		s.URL+"/api/auth/error?error=Configuration")
	if b.Session() != nil || len(s.accounts(t, "ann@example.com")) != 1 {
		t.Error("something was written")
	}
}

// passport CVE-2022-25896, fiber CVE-2024-38513: the session after the link is a new one, and what
// the browser had before is over.
func TestMailGivesANewSession(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = strategy })
		b := s.signedIn(t, "ann@example.com")
		before := cookiesOf(b)
		visit(t, b, s.ask(t, b, "other@example.com", "/").Link)
		if whoIs(b) != "other@example.com" || session(b) == before[sessionCookie] {
			t.Errorf("signed in as %q", whoIs(b))
		}
		if got := s.sessionBody(t, before); got != "null" {
			t.Errorf("the session before is %s", got)
		}
	})
}

// Authorizer CVE-2026-54072, GHSA-x3f4-v83f-7wp2, Pocket ID CVE-2026-28512, Better Auth
// GHSA-86j7-9j95-vpqj, Zitadel GHSA-93m4-mfpg-c3xf, CVE-2025-64101: the link of a mail leads to the
// site, whatever the request says, and from there nowhere else (NextAuth CVE-2022-24858,
// CVE-2022-29214).
func TestLinkOfAMailLeadsToTheSite(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.BaseURL = "https://app.example" })
	var csrf string
	ask := func(path string, form url.Values, change func(*http.Request)) *http.Response {
		r := httptest.NewRequest(http.MethodGet, "https://app.example/api/auth/"+path, nil)
		if form != nil {
			token, _, _ := strings.Cut(csrf, "%7C")
			form.Set("csrfToken", token)
			r = httptest.NewRequest(http.MethodPost, "https://app.example/api/auth/"+path,
				strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", "__Host-"+csrfCookie+"="+csrf)
		}
		if change != nil {
			change(r)
		}
		return serveDirectly(s.site, r)
	}
	csrf = setCookie(ask("csrf", nil, nil), "__Host-"+csrfCookie).Value
	check := func(what string, n int) {
		t.Helper()
		all := s.mails.All()
		if len(all) != n {
			t.Fatalf("%s: %d mails, want %d", what, len(all), n)
		}
		u, err := url.Parse(all[n-1].Link)
		if err != nil || u.Scheme+"://"+u.Host+u.Path != "https://app.example/api/auth/callback/email" {
			t.Errorf("%s: the link is %s", what, all[n-1].Link)
		}
		if to, err := url.Parse(u.Query().Get("callbackUrl")); err != nil ||
			to.Scheme+"://"+to.Host != "https://app.example" {
			t.Errorf("%s: and leads on to %s", what, u.Query().Get("callbackUrl"))
		}
		if strings.Contains(all[n-1].Text+all[n-1].HTML+all[n-1].Subject, "evil") {
			t.Errorf("%s: the mail names the other host", what)
		}
	}
	n := 0
	for _, header := range []string{
		"X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Host", "X-Original-Host", "Referer", "X-Rewrite-Url",
	} {
		n++
		ask("signin/email", url.Values{"email": {fmt.Sprintf("a%d@example.com", n)}}, func(r *http.Request) {
			r.Header.Set(header, "https://evil.example")
		})
		check(header, n)
	}
	n++
	ask("signin/email", url.Values{"email": {fmt.Sprintf("a%d@example.com", n)}}, func(r *http.Request) {
		r.Host = "evil.example"
	})
	check("Host", n)
	for _, target := range hostile("evil.example") {
		if n >= 50 { // the limit for one client is 60
			break
		}
		n++
		ask("signin/email", url.Values{
			"email": {fmt.Sprintf("a%d@example.com", n)}, "callbackUrl": {target}, "redirect": {target},
			"redirectTo": {target},
		}, nil)
		check(target, n)
	}
}

// NextAuth CVE-2022-24858 for the two ways that end a sign-in by mail: the callbackUrl of a link
// may be anybody's.
func TestCallbackURLOfALinkStaysOnTheSite(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(_ *cardea.Config, o *email.Options) {
		o.ClientLimit = cardea.Limit{Count: 1000, Within: time.Hour}
	})
	for i, target := range hostile("evil.example")[:20] {
		b, other := stepper(t, s.URL), stepper(t, s.URL)
		m := s.ask(t, b, fmt.Sprintf("a%d@example.com", i), "/")
		u, _ := url.Parse(m.Link)
		q := u.Query()
		q.Set("callbackUrl", target)
		u.RawQuery = q.Encode()
		answer := visit(t, b, u.String())
		if i%2 == 0 {
			m = s.ask(t, b, fmt.Sprintf("b%d@example.com", i), "/")
			u, _ = url.Parse(m.Link)
			q = u.Query()
			q.Set("callbackUrl", target)
			answer = other.Post("/callback/email", q)
		}
		if to := answer.Header.Get("Location"); to != s.URL && !strings.HasPrefix(to, s.URL+"/") {
			t.Errorf("%q: sent to %s", target, to)
		}
	}
}

// next-auth CVE-2022-31186, design, decision 9: no log has an address, a link, a token or a code,
// whatever happens to them.
func TestMailsAreNotLogged(t *testing.T) {
	t.Parallel()
	var log logbook
	s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
		c.Logger, o.AddressLimit = log.logger(), cardea.Limit{Count: 3, Within: time.Hour}
	})
	tap := &wiretap{}
	b := stepper(t, s.URL)
	b.Transport = tap
	m := s.ask(t, b, "ann@example.com", "/")
	typeCode(b, wrong(m))
	confirm(t, b, strings.Replace(m.Link, "ann%40", "eve%40", 1))
	typeCode(b, m.Code)
	confirm(t, b, m.Link)
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	last := s.ask(t, b, "ann@example.com", "/")
	b.Post("/signin/email", url.Values{"email": {"ann@example.com"}})
	b.Post("/signin/email", url.Values{"email": {"ann@example.com,eve@example.com"}})
	u, _ := url.Parse(last.Link)
	text := strings.ToLower(log.String())
	if !strings.Contains(text, "ratelimited") || !strings.Contains(text, "wrongcode") ||
		!strings.Contains(text, "verification") {
		t.Fatal("not everything happened that should")
	}
	secrets := append(tap.parameters("token", "code", "csrfToken", "email"), m.Link, m.Code, last.Code,
		u.Query().Get("token"), "@example.com", "%40example.com")
	for _, secret := range append(secrets, tap.cookieValues()...) {
		if len(secret) >= 6 && strings.Contains(text, strings.ToLower(secret)) {
			t.Errorf("the log has %q", secret)
		}
	}
}
