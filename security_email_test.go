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
	"github.com/cardea-auth/cardea/ratelimit"
)

// hostileAddresses are texts that some mail program takes for another address, or for several, and
// texts that are no address. All of them must be refused.
var hostileAddresses = []string{
	"a@x.example,b@y.example", "a@x.example, b@y.example", "a@x.example;b@y.example", "a@x.example b@y.example",
	`"a@x.example"@y.example`, `"a"@x.example`, `"a b"@x.example`, `a"b@x.example`, "a\uff20x.example",
	"a@x.example\uff20y.example", "a\ufe6bx.example", "a@x\u3002example", "a@x@y.example", "a@x.example@",
	"@x.example", "a@", "@", "", "a", "a@x.example\r\nBcc: b@y.example", "a@x.example\nRCPT TO:<b@y.example>",
	"\r\na@x.example", "a@x.example\x00", "a@x.example (b@y.example)", "(b@y.example)a@x.example",
	"<a@x.example>", "Ann <a@x.example>", "a@x.example>,<b@y.example", "a@[127.0.0.1]", "a@[IPv6:::1]",
	"a.@x.example", ".a@x.example", "a..b@x.example", "a@.example", "a@x..example", "a@x.example.",
	"a@-x.example", "a@x_y.example", "\u212a@x.example", "a@\u212a.example", "\u017f@x.example",
	"\uff41@x.example", "\ufb01@x.example", "a\u00adb@x.example", "a\u200bb@x.example", "\u202ea@x.example",
	"jos\u00e9@x.example", "jose\u0301@x.example", "a@b\u00fccher.example",
	strings.Repeat("a", 65) + "@x.example", "a@" + strings.Repeat("x.", 125) + "example",
	"a@" + strings.Repeat("x", 64) + ".example", strings.Repeat("a", 300), "a%b@x.example%y",
	"a@x.example?bcc=b@y.example", "a@x.example&bcc=b@y.example", "@y.example:a@x.example",
	"a!b@y.example@x.example", "a\\@b@x.example", "a\t@x.example", "a @x.example", "a@ x.example",
	"mailto:a@x.example,b@y.example",
}

// unusualAddresses are valid: every program takes them for the same address.
var unusualAddresses = []string{
	"a+b@x.example", "o'brien@x.example", "a!b%c@x.example", "A@X.EXAMPLE", " a@x.example ", "a@localhost",
	"x=y/z@x.example", "{a}|b@x.example", "a@xn--bcher-kva.example", strings.Repeat("a", 64) + "@x.example",
	"-a@x.example", "1@2.example", "mailto@x.example", "a%25b@x.example",
}

// Auth.js GHSA-7rqj-j65f-68wh and GHSA-5jpx-9hw9-2fx4, NextAuth CVE-2022-35924, oauth2-proxy
// CVE-2026-40574, go-mail CVE-2025-59937: an address is refused, or the mail server gets exactly
// one recipient, and that address signs in.
func TestAddressIsOneRecipientOrRefused(t *testing.T) {
	t.Parallel()
	server := cardeatest.NewMailServer(t, cardeatest.MailServerConfig{})
	s := newMailSite(t, func(_ *cardea.Config, o *email.Options) {
		o.Sender = &email.SMTP{Host: server.Host, Port: server.Port}
		o.ClientLimit = ratelimit.Rate{Count: 1000, Within: time.Hour}
	})
	b := newBrowser(t, s.URL)
	for _, address := range hostileAddresses {
		res := b.Post("/signin/email", url.Values{"email": {address}})
		checkRedirect(t, fmt.Sprintf("%q", address), res, s.URL+"/api/auth/signin?error=EmailSignin")
		if n := len(server.Deliveries()); n != 0 {
			t.Fatalf("%q: %d mails, want none", address, n)
		}
	}
	for i, address := range unusualAddresses {
		b := newBrowser(t, s.URL)
		b.Post("/signin/email", url.Values{"email": {address}})
		all := server.Deliveries()
		if len(all) != i+1 {
			t.Fatalf("%q: %d mails, want %d", address, len(all), i+1)
		}
		d := all[i]
		if len(d.To) != 1 || d.To[0] != strings.ToLower(strings.TrimSpace(address)) {
			t.Fatalf("%q: recipients = %q, want the address", address, d.To)
		}
		visit(t, b, server.Mails.Last(t, d.To[0]).Link)
		if got := signedInEmail(b); got != d.To[0] {
			t.Errorf("%q: mailed to %q, signed in as %q", address, d.To[0], got)
		}
	}
}

// NextAuth CVE-2021-21310, CVE-2022-39263: a token is valid only with the address to which it was
// mailed. A try with another address does not use it up.
func TestTokenBelongsToItsAddress(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b, eve := newBrowser(t, s.URL), newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	s.ask(t, eve, "eve@example.com", "/")
	for _, other := range []string{"eve@example.com", "ann@example.com.evil.example", "nobody@example.com"} {
		link := strings.Replace(m.Link, "ann%40example.com", url.QueryEscape(other), 1)
		s.checkDeadLink(t, other, confirm(t, eve, link))
		u, _ := url.Parse(link)
		if res := visit(t, b, link); res.StatusCode == http.StatusFound {
			t.Errorf("%s: the browser that requested the mail is sent to %s", other, res.Header.Get("Location"))
		}
		s.checkDeadLink(t, other, b.Post("/callback/email", u.Query()))
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
		t.Error("Eve is signed in")
	}
	checkRedirect(t, "the link as it was sent", visit(t, b, m.Link), s.URL+"/")
}

// Devise CVE-2019-16109, CVE-2013-0233: an empty, partial or malformed token never matches.
func TestMalformedTokensAreRefused(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
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
			s.checkDeadLink(t, "GET "+token, res)
		}
		s.checkDeadLink(t, "POST "+token, b.Post("/callback/email", q))
	}
	for _, query := range []string{
		"", "?email=ann@example.com", "?email=ann@example.com&token[]=" + real, "?token=" + real[:64],
		"?email[]=ann@example.com&token=" + real[:64],
	} {
		s.checkDeadLink(t, query, visit(t, b, s.URL+"/api/auth/callback/email"+query))
	}
	postJSON := func(token string) *http.Response {
		body := `{"csrfToken":"` + b.CSRFToken() + `","email":"ann@example.com","token":` + token + `}`
		return post(t, b, "callback/email", "application/json", body)
	}
	s.checkWrongCode(t, "a list", postJSON(`["`+real+`"]`))
	s.checkDeadLink(t, "null", postJSON("null"))
	if b.Session() != nil {
		t.Error("signed in with a malformed token")
	}
	checkRedirect(t, "the link itself", visit(t, b, m.Link), s.URL+"/")
}

// Better Auth #8067: of many parallel requests with the same link or code, one signs in.
func TestParallelRequestsWithALinkGiveOneSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for _, how := range []string{"link", "button", "code", "link and code"} {
			t.Run(how, func(t *testing.T) {
				t.Parallel()
				var signedIn atomic.Int32
				s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
					c.Session.Strategy = strategy
					c.Events.SignIn = func(context.Context, *cardea.SignIn) { signedIn.Add(1) }
				})
				b := newBrowser(t, s.URL)
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
					t.Errorf("%d sessions and %d sign-ins, want one of each", sessions.Load(), signedIn.Load())
				}
			})
		}
	})
}

// caddy-security CVE-2024-21500, Zitadel CVE-2025-64102: a code allows five guesses, even if the
// browser sends its first cookie again. The link stays valid, so that nobody can lock a person out
// by guessing.
func TestCodeAllowsFiveGuesses(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	first := cookiesOf(b)[mailCookie]
	for range 4 {
		s.checkWrongCode(t, "a guess", postCode(b, codeOtherThan(m)))
		storeCookie(t, b, mailCookie, first) // as if there had been no guess
	}
	s.checkWrongCode(t, "the fifth guess", postCode(b, codeOtherThan(m)))
	if cookiesOf(b)[mailCookie] != "" {
		t.Error("the browser still has the cookie of the request")
	}
	storeCookie(t, b, mailCookie, first)
	s.checkWrongCode(t, "the right code", postCode(b, m.Code))
	checkRedirect(t, "the link", visit(t, b, m.Link), s.URL+"/")
}

// The same weaknesses: one address allows 20 guesses, with any number of mails and browsers, and
// then one each 72 minutes. Other addresses are not affected.
func TestGuessesForOneAddressAreLimited(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	now := s.setClock()
	for range 4 {
		b := newBrowser(t, s.URL)
		m := s.ask(t, b, "ann@example.com", "/")
		for range 5 {
			s.checkWrongCode(t, "a guess", postCode(b, codeOtherThan(m)))
		}
	}
	b, bob := newBrowser(t, s.URL), newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	checkLimited(t, "the 21st code", postCode(b, m.Code))
	checkRedirect(t, "the link", visit(t, b, m.Link), s.URL+"/")
	checkRedirect(t, "another address", postCode(bob, s.ask(t, bob, "bob@example.com", "/").Code), s.URL+"/")
	now.advance(24 * time.Hour / 20)
	b = newBrowser(t, s.URL)
	checkRedirect(t, "later", postCode(b, s.ask(t, b, "ann@example.com", "/").Code), s.URL+"/")
}

// django-allauth "successful login clears the counter", Devise CVE-2019-5421: of 100 parallel
// guesses no more than 5 are compared.
func TestParallelGuessesAreCounted(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Logger = log.logger() })
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	guess, right, jar := form(b, "code", codeOtherThan(m)), form(b, "code", m.Code), cookiesOf(b)
	for range 2 {
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { send(t, s.URL+"/api/auth/callback/email", jar, guess) })
		}
		all.Wait()
	}
	compared := 0
	for _, r := range log.records(t, "cardea: request failed") {
		if strings.Contains(r["cause"].(string), "is not the one in the mail") {
			compared++
		}
	}
	if compared < 1 || compared > 5 {
		t.Errorf("%d codes were compared, want 5 at most", compared)
	}
	res := send(t, s.URL+"/api/auth/callback/email", jar, right)
	checkLimited(t, "the right code afterwards", res)
}

// OWASP ASVS 5.0 (one-time codes are bound to the request that created them) and fiber
// CVE-2023-45128: a code works only with the cookie of its own request, and no other cookie can
// replace that one.
func TestCodeIsBoundToTheRequest(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	ann, eve := newBrowser(t, s.URL), newBrowser(t, s.URL)
	mail := s.ask(t, ann, "ann@example.com", "/")
	own := s.ask(t, eve, "eve@example.com", "/")
	s.checkWrongCode(t, "Ann's code in Eve's browser", postCode(eve, mail.Code))
	s.checkWrongCode(t, "Eve's code in Ann's browser", postCode(ann, own.Code))
	// Eve requests a mail to Ann, and has somehow learned the code of the mail that Ann requested.
	if again := s.ask(t, eve, "ann@example.com", "/"); again.Code != mail.Code {
		s.checkWrongCode(t, "the code of Ann's mail, in Eve's request", postCode(eve, mail.Code))
	}
	for name, value := range cookiesOf(ann) { // every other cookie
		if name != mailCookie {
			storeCookie(t, eve, mailCookie, value)
			s.checkWrongCode(t, name, postCode(eve, mail.Code))
		}
	}
	storeCookie(t, eve, sessionCookie, cookiesOf(ann)[mailCookie]) // NextAuth CVE-2023-48309
	if eve.Session() != nil {
		t.Error("the cookie of the request is accepted as a session")
	}
	checkRedirect(t, "Ann's code in Ann's browser", postCode(ann, mail.Code), s.URL+"/")
}

// Auth.js GHSA-x445-f3h2-j279: the cookie of a request for a mail is valid for one provider.
func TestMailRequestIsBoundToTheProvider(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
		other := *o
		other.ID = "other"
		c.Providers = append(c.Providers, email.New(other))
	})
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	checkRedirect(t, "the code at another provider", b.Post("/callback/other", url.Values{"code": {m.Code}}),
		s.URL+"/api/auth/verify-request?error=WrongCode&provider=other&type=email")
	s.checkDeadLink(t, "the link", visit(t, b, strings.Replace(m.Link, "/callback/email", "/callback/other", 1)))
	checkRedirect(t, "the code where it belongs", postCode(b, m.Code), s.URL+"/")
}

// Nobody can sign in with what the store has: it has a keyed hash of a link's token, and nothing
// from which the code could be found by trying all codes.
func TestStoreHasOnlyHashesOfTokens(t *testing.T) {
	t.Parallel()
	var stored []cardea.VerificationToken
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Adapter = &tokenRecorder{c.Adapter.(tokenAdapter), &stored}
	})
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	u, _ := url.Parse(m.Link)
	token := u.Query().Get("token")
	if len(token) < 64 || len(stored) != 2 || stored[0].Token != hashOf(token+secret) {
		t.Fatalf("%d rows, the first not SHA-256 of token and secret", len(stored))
	}
	for _, row := range stored {
		if row.Identifier != "ann@example.com" || len(row.Token) != 64 {
			t.Errorf("row = %+v", row)
		}
		form := url.Values{"email": {row.Identifier}, "token": {row.Token}}
		s.checkDeadLink(t, "a stored token", b.Post("/callback/email", form))
		for code := range 1000 {
			text := fmt.Sprintf("%s%03d", m.Code[:3], code)
			for _, guess := range []string{
				text, text + secret, "code\x00" + text + "\x00" + stored[0].Token + "\x00ann@example.com",
			} {
				if row.Token == hashOf(guess) {
					t.Fatal("a stored token is an unkeyed hash of the code")
				}
			}
		}
	}
}

// tokenAdapter is a store with everything that sign-in by mail needs.
type tokenAdapter interface {
	cardea.Adapter
	cardea.SessionStore
	cardea.TokenStore
}

// tokenRecorder records the tokens that are stored.
type tokenRecorder struct {
	tokenAdapter
	stored *[]cardea.VerificationToken
}

func (s *tokenRecorder) CreateVerificationToken(ctx context.Context, v *cardea.VerificationToken) error {
	*s.stored = append(*s.stored, *v)
	return s.tokenAdapter.CreateVerificationToken(ctx, v)
}

// Mail scanners send HEAD requests: these, and all methods but GET and POST, do not use a link up.
func TestHeadDoesNotUseALinkUp(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodPut, "get"} {
		r, err := http.NewRequest(method, m.Link, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", cookiesOf(b).String())
		if res := serveDirectly(s.site, r); res.StatusCode != http.StatusMethodNotAllowed || len(res.Cookies()) != 0 {
			t.Errorf("%s: %s", method, res.Status)
		}
	}
	checkRedirect(t, "GET", visit(t, b, m.Link), s.URL+"/")
}

// fiber CVE-2026-44332, Zitadel CVE-2026-23511, OWASP ASVS 5.0 (no enumeration): the answer and the
// calls of the store are the same, whether or not the address belongs to a user.
func TestMailDoesNotRevealUsers(t *testing.T) {
	t.Parallel()
	var store *recordingStore
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		store = recordCalls(c)
		c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) { return "", nil }
	})
	b := newBrowser(t, s.URL)
	visit(t, b, s.ask(t, b, "known@example.com", "/").Link)
	answer := func(address string) string {
		b := newBrowser(t, s.URL)
		b.CSRFToken()
		store.failOnly()
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
		t.Errorf("a known address:\n%s\nan unknown address:\n%s", known, unknown)
	}
	mails := s.mails.All()
	if n := len(mails); n != 3 || mails[n-1].Subject != mails[n-2].Subject {
		t.Errorf("%d mails, want 3, the last two with the same subject", n)
	}
}

// Authelia CVE-2025-24806, CVE-2026-47203, django-allauth case notices: all spellings of an address
// share one limit, and other addresses are not affected.
func TestMailsToOneAddressAreLimited(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(_ *cardea.Config, o *email.Options) {
		o.AddressLimit = ratelimit.Rate{Count: 3, Within: time.Hour}
	})
	now := s.setClock()
	b := newBrowser(t, s.URL)
	for _, address := range []string{"bob@x.example", "BOB@x.example", " bob@X.example"} {
		b.Post("/signin/email", url.Values{"email": {address}})
	}
	for range 3 {
		res := newBrowser(t, s.URL).Post("/signin/email", url.Values{"email": {"Bob@x.example"}})
		checkLimited(t, "the fourth mail", res)
		if page := text(t, res); !strings.Contains(page, "try again in 20 minutes") {
			t.Errorf("the page does not say when to try again: %s", page)
		}
	}
	visit(t, b, s.mails.Last(t, "bob@x.example").Link)
	checkLimited(t, "after the sign-in", b.Post("/signin/email", url.Values{"email": {"bob@x.example"}}))
	s.ask(t, b, "ann@x.example", "/")
	now.advance(20*time.Minute - time.Second)
	checkLimited(t, "a second too early", b.Post("/signin/email", url.Values{"email": {"bob@x.example"}}))
	now.advance(time.Second)
	s.ask(t, b, "bob@x.example", "/")
	checkLimited(t, "one mail more", b.Post("/signin/email", url.Values{"email": {"bob@x.example"}}))
	if n := len(s.mails.All()); n != 5 {
		t.Errorf("%d mails, want 5", n)
	}
}

// Better Auth CVE-2026-45364 and #10203, chi GO-2026-5774, fiber CVE-2023-41338, django-allauth XFF
// notice: a client cannot escape its limit by headers or by other addresses of its own network. Of
// X-Forwarded-For, only what the configured proxies have added counts.
func TestMailsForOneClientAreLimited(t *testing.T) {
	t.Parallel()
	const requests = 250
	proxy := netip.MustParsePrefix("10.0.0.0/8")
	always := func(peer string) func(int) string { return func(int) string { return peer } }
	for _, tc := range []struct {
		name    string
		proxies []netip.Prefix
		peer    func(i int) string
		forward func(i int) []string
		mails   int
	}{
		{
			"one peer that changes its headers", nil, always("192.0.2.7:1"),
			func(i int) []string { return []string{fmt.Sprintf("198.51.100.%d", i)} }, 20,
		},
		{
			"one IPv4 address, many ports", nil,
			func(i int) string { return fmt.Sprintf("192.0.2.7:%d", i+1) }, nil, 20,
		},
		{
			"one IPv4 address, also written as IPv6", nil,
			func(i int) string { return []string{"192.0.2.7:1", "[::ffff:192.0.2.7]:1"}[i%2] }, nil, 20,
		},
		{
			"one /64 network", nil,
			func(i int) string { return fmt.Sprintf("[2001:db8:1:2:%x::%x]:443", i, i) }, nil, 20,
		},
		{
			"many IPv4 addresses", nil,
			func(i int) string { return fmt.Sprintf("192.0.%d.%d:1", i/200, i%200) }, nil, requests,
		},
		{
			"many /48 networks", nil,
			func(i int) string { return fmt.Sprintf("[2001:db8:%x::1]:443", i) }, nil, requests,
		},
		{
			"one /56 network", nil,
			func(i int) string { return fmt.Sprintf("[2001:db8:1:11%02x::1]:443", i) }, nil, 80,
		},
		{
			"one /48 network", nil,
			func(i int) string { return fmt.Sprintf("[2001:db8:1:%02x00::1]:443", i) }, nil, 200,
		},
		{
			"one /48 network, behind a proxy", []netip.Prefix{proxy}, always("10.0.0.1:1"),
			func(i int) []string { return []string{fmt.Sprintf("2001:db8:1:%02x00::1", i)} }, 200,
		},
		{
			"behind a proxy, one client", []netip.Prefix{proxy}, always("10.0.0.1:1"),
			func(i int) []string { return []string{fmt.Sprintf("203.0.113.%d, 192.0.2.7", i)} }, 20,
		},
		{
			"behind two proxies, one client", []netip.Prefix{proxy}, always("10.0.0.1:1"),
			func(i int) []string { return []string{fmt.Sprintf("203.0.113.%d", i), "192.0.2.7, 10.0.0.2"} }, 20,
		},
		{
			"behind a proxy, many clients", []netip.Prefix{proxy}, always("10.0.0.1:1"),
			func(i int) []string { return []string{fmt.Sprintf("1.2.3.4, 192.0.%d.%d", i/200, i%200)} }, requests,
		},
		{
			"behind a proxy that is not trusted", []netip.Prefix{netip.MustParsePrefix("172.16.0.0/12")},
			always("10.0.0.1:1"),
			func(i int) []string { return []string{fmt.Sprintf("192.0.%d.%d", i/200, i%200)} }, 20,
		},
		{
			"behind a proxy that sends no address", []netip.Prefix{proxy}, always("10.0.0.1:1"),
			func(i int) []string { return []string{fmt.Sprintf("unknown-%d", i)} }, 20,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
				c.BaseURL, c.TrustedProxies = "http://localhost", tc.proxies
				o.ClientLimit = ratelimit.Rate{Count: 20, Within: time.Hour}
			})
			start := time.Now()
			s.auth.SetClock(func() time.Time { return start })
			w := httptest.NewRecorder()
			s.auth.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/api/auth/csrf", nil))
			csrf := setCookie(w.Result(), csrfCookie).Value
			token, _, _ := strings.Cut(csrf, "%7C")
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
			if n := len(s.mails.All()); n != tc.mails {
				t.Errorf("%d mails, want %d", n, tc.mails)
			}
		})
	}
}

// PocketBase CVE-2024-38351 and CVE-2026-44166: an attacker who registered a victim's address gets
// no access to the user of the victim, who proves the address later.
func TestUnverifiedAddressGivesNoAccessToItsOwner(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var updated []string
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
			c.Session.Strategy = strategy
			c.Events.UpdateUser = func(_ context.Context, u *cardea.User) {
				updated = append(updated, u.ID+"="+u.Email)
			}
		})
		s.issuer.Next(cardeatest.Person{Subject: "666", Email: "victim@example.com", EmailVerified: false})
		eve := s.signedIn(t, "666")
		attacker := s.accountOwner(t, "idp", "666")

		b := newBrowser(t, s.URL)
		visit(t, b, s.ask(t, b, "victim@example.com", "/").Link)
		if got := signedInEmail(b); got != "victim@example.com" {
			t.Fatalf("signed in as %q", got)
		}
		victim, err := s.store.UserByEmail(t.Context(), "victim@example.com")
		if err != nil || victim.ID == attacker || victim.EmailVerified.IsZero() {
			t.Fatalf("the victim's user is %+v, %v; the attacker's is %q", victim, err, attacker)
		}
		old, err := s.store.UserByID(t.Context(), attacker)
		if err != nil || old.Email != "" || !old.EmailVerified.IsZero() {
			t.Errorf("the attacker's user is %+v, %v; want no address", old, err)
		}
		if !slices.Equal(updated, []string{attacker + "="}) {
			t.Errorf("UpdateUser events = %q", updated)
		}
		if strategy == cardea.StrategyDatabase && signedInEmail(eve) != "" {
			t.Errorf("the attacker's session is signed in as %q", signedInEmail(eve))
		}
		s.issuer.Next(cardeatest.Person{Subject: "666", Email: "victim@example.com", EmailVerified: false})
		again := s.signedIn(t, "666")
		if got := s.accountOwner(t, "idp", "666"); got != attacker {
			t.Errorf("the attacker's account belongs to %q, want %q", got, attacker)
		}
		if strategy == cardea.StrategyDatabase && signedInEmail(again) == "victim@example.com" {
			t.Error("the attacker's account signs in as the victim")
		}
		if got := s.accounts(t, "victim@example.com"); got != nil {
			t.Errorf("the victim's accounts = %v, want none", got)
		}
	})
}

func TestUserWithAnUnverifiedAddress(t *testing.T) {
	t.Parallel()
	const address = "ann@example.com"
	password := &cardea.CredentialsProvider{
		ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
		Authorize: func(context.Context, map[string]string, *http.Request) (*cardea.User, error) { return nil, nil },
	}
	adopt := func(context.Context, *cardea.User) (bool, error) { return true, nil }
	for _, tc := range []struct {
		name     string
		account  bool // the user has an account at a provider
		signedIn bool // the visitor is signed in with it
		others   []cardea.Provider
		adopt    func(context.Context, *cardea.User) (bool, error)
		same     bool // the person signs in as that user, not as a new one
		accounts []string
	}{
		{name: "without other credentials: signs in", same: true},
		{name: "who may have a password: does not sign in", others: []cardea.Provider{password}},
		{name: "with an account: does not sign in", account: true},
		{
			name: "with an account, and signed in: verifies the address", account: true, signedIn: true, same: true,
			accounts: []string{"idp:7"},
		},
		{
			name:    "with an account, adopted: signs in, and the account is unlinked",
			account: true, adopt: adopt, same: true,
		},
		{
			name:   "who may have a password, adopted: signs in",
			others: []cardea.Provider{password}, adopt: adopt, same: true,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
				c.Providers = append(c.Providers, tc.others...)
				o.Adopt = tc.adopt
			})
			b := newBrowser(t, s.URL)
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
			linkIfAsked(t, b, visit(t, b, s.ask(t, b, address, "/").Link))
			after, err := s.store.UserByEmail(t.Context(), address)
			if err != nil || after.EmailVerified.IsZero() || (after.ID == before.ID) != tc.same {
				t.Errorf("the user before: %+v, after: %+v, %v; want the same: %t", before, after, err, tc.same)
			}
			if got := s.accounts(t, address); !slices.Equal(got, tc.accounts) {
				t.Errorf("accounts = %v, want %v", got, tc.accounts)
			}
			if signedInEmail(b) != address {
				t.Errorf("signed in as %q", signedInEmail(b))
			}
		})
	}
}

func TestAdoptFails(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(_ *cardea.Config, o *email.Options) {
		o.Adopt = func(context.Context, *cardea.User) (bool, error) {
			return true, errors.New("the password store is unavailable")
		}
	})
	s.issuer.Next(cardeatest.Person{Subject: "7", Email: "ann@example.com"})
	s.signedIn(t, "7")
	b := newBrowser(t, s.URL)
	link := s.ask(t, b, "ann@example.com", "/").Link
	checkRedirect(t, "the link", visit(t, b, link), s.URL+"/api/auth/error?error=Configuration")
	if b.Session() != nil || len(s.accounts(t, "ann@example.com")) != 1 {
		t.Error("signed in, or the account was unlinked")
	}
}

// passport CVE-2022-25896, fiber CVE-2024-38513: the link starts a new session, and the session
// that the browser had before ends.
func TestMailGivesANewSession(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = strategy })
		b := s.signedIn(t, "ann@example.com")
		before := cookiesOf(b)
		visit(t, b, s.ask(t, b, "other@example.com", "/").Link)
		if signedInEmail(b) != "other@example.com" || sessionToken(b) == before[sessionCookie] {
			t.Errorf("signed in as %q, or with the old session", signedInEmail(b))
		}
		if got := s.sessionBody(t, before); got != "null" {
			t.Errorf("the session before is %s, want none", got)
		}
	})
}

// Authorizer CVE-2026-54072, GHSA-x3f4-v83f-7wp2, Pocket ID CVE-2026-28512, Better Auth
// GHSA-86j7-9j95-vpqj, Zitadel GHSA-93m4-mfpg-c3xf, CVE-2025-64101: the link in a mail has the
// configured origin, whatever headers the request has, and its callbackUrl stays on the site
// (NextAuth CVE-2022-24858, CVE-2022-29214).
func TestMailLinkHasTheConfiguredOrigin(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.BaseURL = "https://app.example" })
	var csrf string
	ask := func(path string, form url.Values, change func(*http.Request)) *http.Response {
		r := httptest.NewRequest(http.MethodGet, "https://app.example/api/auth/"+path, nil)
		if form != nil {
			token, _, _ := strings.Cut(csrf, "%7C")
			form.Set("csrfToken", token)
			r = httptest.NewRequest(http.MethodPost, r.URL.String(), strings.NewReader(form.Encode()))
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
		to, err := url.Parse(u.Query().Get("callbackUrl"))
		if err != nil || to.Scheme+"://"+to.Host != "https://app.example" {
			t.Errorf("%s: the link's callbackUrl is %s", what, u.Query().Get("callbackUrl"))
		}
		if strings.Contains(all[n-1].Text+all[n-1].HTML+all[n-1].Subject, "evil") {
			t.Errorf("%s: the mail names the foreign host", what)
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
	for _, target := range hostileTargetsFor("evil.example") {
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

// NextAuth CVE-2022-24858, for both ways in which a link ends: an attacker may have changed the
// callbackUrl of the link.
func TestCallbackURLOfALinkStaysOnTheSite(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(_ *cardea.Config, o *email.Options) {
		o.ClientLimit = ratelimit.Rate{Count: 1000, Within: time.Hour}
	})
	for i, target := range hostileTargetsFor("evil.example")[:20] {
		b, other := newBrowser(t, s.URL), newBrowser(t, s.URL)
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

// next-auth CVE-2022-31186: addresses, links, tokens and codes are never logged, whether or not
// they are accepted.
func TestMailsAreNotLogged(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
		c.Logger = log.logger()
		o.AddressLimit = ratelimit.Rate{Count: 3, Within: time.Hour}
	})
	tap := &httpRecorder{}
	b := newBrowser(t, s.URL)
	b.Transport = tap
	m := s.ask(t, b, "ann@example.com", "/")
	postCode(b, codeOtherThan(m))
	confirm(t, b, strings.Replace(m.Link, "ann%40", "eve%40", 1))
	postCode(b, m.Code)
	visit(t, b, m.Link) // of the user who is signed in
	b.Post("/signout", nil)
	confirm(t, b, m.Link)
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	last := s.ask(t, b, "ann@example.com", "/")
	b.Post("/signin/email", url.Values{"email": {"ann@example.com"}})
	b.Post("/signin/email", url.Values{"email": {"ann@example.com,eve@example.com"}})
	u, _ := url.Parse(last.Link)
	text := strings.ToLower(log.String())
	if !strings.Contains(text, "ratelimited") || !strings.Contains(text, "wrongcode") ||
		!strings.Contains(text, "verification") {
		t.Fatal("the log lacks failures that should have happened")
	}
	secrets := append(tap.parameters("token", "code", "csrfToken", "email"), m.Link, m.Code, last.Code,
		u.Query().Get("token"), "@example.com", "%40example.com")
	for _, secret := range append(secrets, tap.cookieValues()...) {
		if len(secret) >= 6 && strings.Contains(text, strings.ToLower(secret)) {
			t.Errorf("the log contains %q", secret)
		}
	}
}
