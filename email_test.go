package cardea_test

import (
	"context"
	"errors"
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

// mailCookie is by which a browser is known as the one that asked for a mail.
const mailCookie = "authjs.mail"

// mailSite is a site where people sign in by mail, too.
type mailSite struct {
	*site
	mails *cardeatest.Mailbox
}

func newMailSite(t *testing.T, change func(*cardea.Config, *email.Options)) mailSite {
	t.Helper()
	mails := new(cardeatest.Mailbox)
	s := newSite(t, func(c *cardea.Config) {
		o := email.Options{
			From: "Example <no-reply@example.com>", Sender: mails,
			AddressLimit: cardea.Limit{Count: 100, Within: time.Hour},
		}
		if change != nil {
			change(c, &o)
		}
		c.Providers = append(c.Providers, email.New(o))
	})
	return mailSite{s, mails}
}

// ask asks for a mail, and returns it.
func (s mailSite) ask(t *testing.T, b *cardeatest.Browser, address, callbackURL string) cardeatest.Mail {
	t.Helper()
	res := b.Post("/signin/email", url.Values{"email": {address}, "callbackUrl": {callbackURL}})
	if want := s.URL + "/api/auth/verify-request?provider=email&type=email"; res.StatusCode != http.StatusSeeOther ||
		res.Header.Get("Location") != want {
		t.Fatalf("answer = %s to %s, want 303 to %s", res.Status, res.Header.Get("Location"), want)
	}
	m := s.mails.Last(t, address)
	if len(m.Code) != 6 || !strings.HasPrefix(m.Link, s.URL+"/api/auth/callback/email?") {
		t.Fatalf("link %q, code %q", m.Link, m.Code)
	}
	return m
}

// confirm presses the button of the page that the link leads to in another browser.
func confirm(t *testing.T, b *cardeatest.Browser, link string) *http.Response {
	t.Helper()
	page := visit(t, b, link)
	if body := text(t, page); page.StatusCode != http.StatusOK || !strings.Contains(body, "Sign in?") {
		t.Fatalf("the link answers %s", page.Status)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return b.Post("/callback/email", u.Query())
}

func typeCode(b *cardeatest.Browser, code string) *http.Response {
	return b.Post("/callback/email", url.Values{"code": {code}})
}

// wrong is a code that is not the one of the mail.
func wrong(m cardeatest.Mail) string {
	if m.Code == "000000" {
		return "000001"
	}
	return "000000"
}

// sentTo checks where an answer leads.
func sentTo(t *testing.T, what string, res *http.Response, want string) {
	t.Helper()
	if got := res.Header.Get("Location"); got != want || res.StatusCode != http.StatusFound &&
		res.StatusCode != http.StatusSeeOther {
		t.Errorf("%s: %s to %q, want %q", what, res.Status, got, want)
	}
}

func (s mailSite) wrongCode(t *testing.T, what string, res *http.Response) {
	t.Helper()
	sentTo(t, what, res, s.URL+"/api/auth/verify-request?error=WrongCode&provider=email&type=email")
}

func (s mailSite) deadLink(t *testing.T, what string, res *http.Response) {
	t.Helper()
	sentTo(t, what, res, s.URL+"/api/auth/error?error=Verification")
}

func TestLinkOfAMailSignsIn(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		var told []string
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
			c.Session.Strategy = strategy
			c.Events.CreateUser = func(_ context.Context, u *cardea.User) { told = append(told, "create "+u.Email) }
			c.Events.UpdateUser = func(_ context.Context, u *cardea.User) { told = append(told, "update "+u.Email) }
			c.Events.LinkAccount = func(context.Context, *cardea.User, *cardea.Account, *oauth.Profile) {
				told = append(told, "link")
			}
			c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) {
				told = append(told, "sign in "+string(in.Account.Type)+" "+in.Account.Provider+" "+
					in.Account.ProviderAccountID)
				if in.Account.UserID != in.User.ID || in.User.ID == "" {
					t.Errorf("the account is of %q, the user is %q", in.Account.UserID, in.User.ID)
				}
			}
		})
		now := s.setClock()
		b := stepper(t, s.URL)
		m := s.ask(t, b, "new@example.com", "/next?a=b")
		if b.Session() != nil {
			t.Fatal("asking for a mail signs in")
		}
		res := visit(t, b, m.Link)
		sentTo(t, "the link", res, s.URL+"/next?a=b")
		checkPrivate(t, res)
		if c := setCookie(res, mailCookie); c == nil || c.MaxAge >= 0 {
			t.Errorf("the cookie of the request is left: %v", c)
		}
		if got := whoIs(b); got != "new@example.com" {
			t.Fatalf("signed in as %q", got)
		}
		u, err := s.store.UserByEmail(t.Context(), "new@example.com")
		if err != nil || !u.EmailVerified.Equal(now.now()) {
			t.Fatalf("user %+v, %v; want the address proven now", u, err)
		}
		if got := s.accounts(t, "new@example.com"); got != nil {
			t.Errorf("accounts = %v, want none", got)
		}
		first := session(b)
		now.advance(time.Hour)
		sentTo(t, "the second time", visit(t, b, s.ask(t, b, "new@example.com", "/").Link), s.URL+"/")
		if session(b) == first {
			t.Error("the session is still the one before signing in again")
		}
		again, err := s.store.UserByEmail(t.Context(), "new@example.com")
		if err != nil || again.ID != u.ID || !again.EmailVerified.Equal(now.now()) {
			t.Errorf("the second time: %+v, %v", again, err)
		}
		want := "create new@example.com, sign in email email new@example.com, update new@example.com, sign in email " +
			"email new@example.com"
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("events = %s, want %s", got, want)
		}
	})
}

func TestAddressIsNormalized(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := stepper(t, s.URL)
	b.Post("/signin/email", url.Values{"email": {"  Ann.Example+Tag@EXAMPLE.com\t"}})
	visit(t, b, s.mails.Last(t, "ann.example+tag@example.com").Link)
	if got := whoIs(b); got != "ann.example+tag@example.com" {
		t.Errorf("signed in as %q", got)
	}
	for _, typed := range []string{"", "ann", "ann@", "a@b@c", "ann@example.com,eve@example.com"} {
		res := b.Post("/signin/email", url.Values{"email": {typed}})
		sentTo(t, typed, res, s.URL+"/api/auth/signin?error=EmailSignin")
	}
	if n := len(s.mails.All()); n != 1 {
		t.Errorf("%d mails", n)
	}
}

// design, decision 7: a program that opens the links of a mail uses nothing up, and who opens
// somebody else's link sees whose it is.
func TestLinkElsewhereAsksFirst(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = strategy })
		asking, scanner, phone := stepper(t, s.URL), stepper(t, s.URL), stepper(t, s.URL)
		m := s.ask(t, asking, "ann@example.com", "/next")
		for range 3 {
			res := visit(t, scanner, m.Link)
			body := text(t, res)
			for _, want := range []string{
				"<strong>ann@example.com</strong>", `action="` + s.URL + `/api/auth/callback/email"`,
				`value="` + s.URL + `/next"`,
			} {
				if res.StatusCode != http.StatusOK || !strings.Contains(body, want) {
					t.Errorf("the page answers %s and lacks %s", res.Status, want)
				}
			}
			checkPrivate(t, res)
		}
		if scanner.Session() != nil {
			t.Error("opening the link signs in")
		}
		sentTo(t, "the button", confirm(t, phone, m.Link), s.URL+"/next")
		if got := whoIs(phone); got != "ann@example.com" {
			t.Errorf("signed in as %q", got)
		}
		s.deadLink(t, "the link in the browser that asked, afterwards", visit(t, asking, m.Link))
		s.deadLink(t, "the button, pressed again", confirm(t, stepper(t, s.URL), m.Link))
		if asking.Session() != nil || scanner.Session() != nil {
			t.Error("a link that was used signs in again")
		}
	})
}

func TestButtonNeedsTheCSRFToken(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	u, _ := url.Parse(m.Link)
	checkRefused(t, s.site, send(t, s.URL+"/api/auth/callback/email", cookiesOf(b), u.Query()), cardea.CodeMissingCSRF)
	checkRefused(t, s.site, send(t, s.URL+"/api/auth/callback/email", cookiesOf(b), url.Values{"code": {m.Code}}),
		cardea.CodeMissingCSRF)
	checkRefused(t, s.site, send(t, s.URL+"/api/auth/signin/email", cookiesOf(b),
		url.Values{"email": {"ann@example.com"}}), cardea.CodeMissingCSRF)
	if len(s.mails.All()) != 1 {
		t.Error("a form of another site sends mails")
	}
	visit(t, b, m.Link)
	if whoIs(b) == "" {
		t.Error("a form of another site used the link up")
	}
}

func TestCodeSignsIn(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = strategy })
		b := stepper(t, s.URL)
		m := s.ask(t, b, "ann@example.com", "/next")
		page := text(t, visit(t, b, s.URL+"/api/auth/verify-request?provider=email&type=email"))
		for _, want := range []string{
			`action="/api/auth/callback/email"`, `name="code"`, "<strong>ann@example.com</strong>",
			`action="/api/auth/signin/email"`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
		if page := text(t, visit(t, stepper(t, s.URL),
			s.URL+"/api/auth/verify-request?provider=email&type=email")); strings.Contains(page, "<form") {
			t.Error("a browser that asked for nothing has the form")
		}
		s.wrongCode(t, "a wrong code", typeCode(b, wrong(m)))
		if page := text(t, visit(t, b, s.URL+
			"/api/auth/verify-request?provider=email&type=email&error=WrongCode")); !strings.Contains(page,
			"not right") {
			t.Error("the page does not say that the code is wrong")
		}
		s.wrongCode(t, "the code in another browser", typeCode(stepper(t, s.URL), m.Code))
		sentTo(t, "the code", typeCode(b, " "+m.Code[:3]+" "+m.Code[3:]+" "), s.URL+"/next")
		if got := whoIs(b); got != "ann@example.com" {
			t.Errorf("signed in as %q", got)
		}
		s.deadLink(t, "the link after the code", confirm(t, stepper(t, s.URL), m.Link))
	})
}

func TestCodeIsOverAfterTheLink(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	kept := cookiesOf(b)[mailCookie]
	confirm(t, stepper(t, s.URL), m.Link)
	s.wrongCode(t, "the code", typeCode(b, m.Code))
	keep(t, b, mailCookie, kept)
	s.wrongCode(t, "the code, with a copy of the cookie", typeCode(b, m.Code))
	if b.Session() != nil {
		t.Error("signed in")
	}
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	now := s.setClock()
	b, other := stepper(t, s.URL), stepper(t, s.URL)
	first, second := s.ask(t, other, "bob@example.com", "/"), s.ask(t, b, "ann@example.com", "/")
	now.advance(10*time.Minute - time.Second)
	sentTo(t, "the code just in time", typeCode(other, first.Code), s.URL+"/")
	now.advance(time.Second)
	s.wrongCode(t, "the code too late", typeCode(b, second.Code))
	now.advance(24*time.Hour - 10*time.Minute - time.Second)
	third := s.ask(t, stepper(t, s.URL), "cleo@example.com", "/")
	sentTo(t, "the link just in time", visit(t, b, second.Link), s.URL+"/")
	now.advance(24 * time.Hour)
	s.deadLink(t, "the link too late", confirm(t, stepper(t, s.URL), third.Link))
}

func TestMailSentAgain(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := stepper(t, s.URL)
	first, second := s.ask(t, b, "ann@example.com", "/first"), s.ask(t, b, "ann@example.com", "/second")
	if first.Link == second.Link {
		t.Fatal("both mails have one link")
	}
	sentTo(t, "the newest code", typeCode(b, second.Code), s.URL+"/second")
	s.deadLink(t, "the link of the first mail", confirm(t, stepper(t, s.URL), first.Link))
}

func TestMailForTheAuthJSClient(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := stepper(t, s.URL)
	b.CSRFToken()
	res := send(t, s.URL+"/api/auth/signin/email", cookiesOf(b), form(b, "email", "ann@example.com"), clientHeader)
	checkRedirectJSON(t, res, s.URL+"/api/auth/verify-request?provider=email&type=email")
	res = send(t, s.URL+"/api/auth/signin/email", cookiesOf(b), form(b, "email", "ann"), clientHeader)
	checkRedirectJSON(t, res, s.URL+"/api/auth/signin?error=EmailSignin")
	list := text(t, send(t, s.URL+"/api/auth/providers", nil, nil))
	if want := `"email":{"id":"email","name":"Email","type":"email","signinUrl":"` + s.URL +
		`/api/auth/signin/email"`; !strings.Contains(list, want) {
		t.Errorf("providers = %s", list)
	}
	page := text(t, send(t, s.URL+"/api/auth/signin", nil, nil))
	if !strings.Contains(page, `type="email" name="email"`) ||
		!strings.Contains(page, `action="/api/auth/signin/email"`) {
		t.Error("the sign-in page has no form for an address")
	}
}

func TestMailWithNextAuth4(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Protocol = cardea.ProtocolV4 })
	b := stepper(t, s.URL)
	sentTo(t, "no address", b.Post("/signin/email", url.Values{"email": {"ann"}}),
		s.URL+"/api/auth/error?error=EmailSignin")
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	if got := whoIs(b); got != "ann@example.com" {
		t.Errorf("signed in as %q", got)
	}
}

func TestApplicationDecidesAboutMails(t *testing.T) {
	t.Parallel()
	var asked []string
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
			if in.Account.Type != cardea.TypeEmail {
				return "", nil
			}
			when := "arrival"
			if in.VerificationRequest {
				when = "request"
			}
			if in.IsNewUser {
				when += " new"
			}
			asked = append(asked, when+" "+in.User.Email)
			switch in.User.Email {
			case "banned@example.com":
				return "", errors.New("banned")
			case "waiting@example.com":
				return "/waiting", nil
			}
			return "", nil
		}
	})
	b := stepper(t, s.URL)
	sentTo(t, "banned", b.Post("/signin/email", url.Values{"email": {"banned@example.com"}}),
		s.URL+"/api/auth/error?error=AccessDenied")
	sentTo(t, "waiting", b.Post("/signin/email", url.Values{"email": {"waiting@example.com"}}), s.URL+"/waiting")
	if len(s.mails.All()) != 0 {
		t.Error("a mail was sent all the same")
	}
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	want := "request new banned@example.com, request new waiting@example.com, request new ann@example.com, arrival " +
		"new ann@example.com, request ann@example.com, arrival ann@example.com"
	if got := strings.Join(asked, ", "); got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
}

func TestMailThatCannotBeSent(t *testing.T) {
	t.Parallel()
	var log logbook
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Logger = log.logger() })
	b := stepper(t, s.URL)
	s.mails.Fail(errors.New("the disk is full"))
	sentTo(t, "a broken sender", b.Post("/signin/email", url.Values{"email": {"ann@example.com"}}),
		s.URL+"/api/auth/signin?error=EmailSignin")
	log.checkFailure(t, "EmailSignInError", "the disk is full")
	s.mails.Fail(errors.New("550 5.1.1 <Ann@Example.com>: no such user"))
	sentTo(t, "a sender that tells the address", b.Post("/signin/email", url.Values{"email": {"ann@example.com"}}),
		s.URL+"/api/auth/signin?error=EmailSignin")
	if strings.Contains(strings.ToLower(log.String()), "ann@example.com") {
		t.Error("the address is in the log")
	}
	if cookiesOf(b)[mailCookie] != "" {
		t.Error("the browser waits for a mail that was not sent")
	}
}

func TestStoreFailsDuringSignInByMail(t *testing.T) {
	t.Parallel()
	var store *tokenStore
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		store = &tokenStore{watchedStore: watch(c)}
		c.Adapter = store
	})
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	unavailable := func(what string, res *http.Response) {
		t.Helper()
		if res.StatusCode != http.StatusServiceUnavailable || b.Session() != nil {
			t.Errorf("%s: %s", what, res.Status)
		}
	}
	store.fails(true)
	unavailable("the link", visit(t, b, m.Link))
	unavailable("the code", typeCode(b, m.Code))
	unavailable("another mail", b.Post("/signin/email", url.Values{"email": {"ann@example.com"}}))
	store.fails(false)
	if len(s.mails.All()) != 1 {
		t.Error("a mail with a link that was not stored")
	}
	store.breakDown("UserByEmail")
	unavailable("the user", visit(t, b, m.Link))
	store.breakDown()
	sentTo(t, "the link, which is not lost", confirm(t, b, m.Link), s.URL+"/")
}

// tokenStore is a watched store whose tokens can fail.
type tokenStore struct {
	*watchedStore
	mu     sync.Mutex
	broken bool
}

func (s *tokenStore) fails(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *tokenStore) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errStore
	}
	return nil
}

func (s *tokenStore) CreateVerificationToken(ctx context.Context, v *cardea.VerificationToken) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.watchedStore.CreateVerificationToken(ctx, v)
}

func (s *tokenStore) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.watchedStore.ConsumeVerificationToken(ctx, identifier, token)
}

func TestOldSecretsOpenLinks(t *testing.T) {
	t.Parallel()
	old := newMailSite(t, nil)
	rotated := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Adapter, c.PreviousSecrets, c.Secret = old.store, []string{secret}, strings.Repeat("new", 16)
	})
	there := func(link string) string { return strings.Replace(link, old.URL, rotated.URL, 1) }
	b, asking := stepper(t, old.URL), stepper(t, rotated.URL)
	first, second := old.ask(t, b, "bob@example.com", "/"), old.ask(t, b, "ann@example.com", "/")
	sentTo(t, "the button", confirm(t, stepper(t, rotated.URL), there(first.Link)), rotated.URL)
	keep(t, asking, mailCookie, cookiesOf(b)[mailCookie])
	sentTo(t, "the link in the browser that asked", visit(t, asking, there(second.Link)), rotated.URL)
}

// Only a Redirect callback of the application lets URLs through that are so long.
func TestLongCallbackURLOfAMail(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Callbacks.Redirect = func(_ context.Context, target, base string) string {
			return base + strings.TrimPrefix(target, base)
		}
	})
	b, other := stepper(t, s.URL), stepper(t, s.URL)
	fits, long := "/"+strings.Repeat("x", 2000), "/"+strings.Repeat("x", 6000)
	sentTo(t, "the code", typeCode(b, s.ask(t, b, "ann@example.com", fits).Code), s.URL+fits)
	sentTo(t, "the code of one that is too long", typeCode(b, s.ask(t, b, "ann@example.com", long).Code), s.URL)
	if to := visit(t, other, s.ask(t, other, "ann@example.com", long).Link).Header.Get("Location"); to != s.URL+long {
		t.Errorf("the link leads to %d characters", len(to))
	}
}

func TestOwnPageForWaiting(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Pages.VerifyRequest = "/wait" })
	b := stepper(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	next := typeCode(b, wrong(m)).Header.Get("Location")
	sentTo(t, "a wrong code", visit(t, b, next), s.URL+"/wait?error=WrongCode&provider=email&type=email")
}

func TestNewChecksEmailProviders(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		change  func(*cardea.Config)
		options email.Options
		want    string
	}{
		{"no adapter", func(c *cardea.Config) {
			c.Adapter = nil
		}, email.Options{}, "Config.Providers[0] (email): sign-in by e-mail needs an Adapter that is a TokenStore; " +
			"have <nil>"},
		{"an adapter without tokens", func(c *cardea.Config) {
			c.Adapter = plainAdapter{c.Adapter}
		}, email.Options{}, "sign-in by e-mail needs an Adapter that is a TokenStore; have cardea_test.plainAdapter"},
		{"no sender", nil, email.Options{Sender: nothing, From: "a@b"}, "Sender: is nil"},
		{"no From", nil, email.Options{From: "-"}, "From: want an address"},
		{"a link for a second", nil, email.Options{MaxAge: time.Second},
			"Config.Providers[0] (email).MaxAge: want a minute or more, have 1s"},
		{"a code for an hour", nil, email.Options{CodeMaxAge: time.Hour},
			"Config.Providers[0] (email).CodeMaxAge: want between a minute and 10m0s, have 1h0m0s"},
		{"a code that outlives the link", nil, email.Options{MaxAge: 2 * time.Minute, CodeMaxAge: 3 * time.Minute},
			".CodeMaxAge: want between a minute and 2m0s"},
		{"no mails", nil, email.Options{AddressLimit: cardea.Limit{Within: time.Hour}},
			".AddressLimit: want a count and a time above zero"},
		{"no time", nil, email.Options{ClientLimit: cardea.Limit{Count: 1}},
			".ClientLimit: want a count and a time above zero"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := validConfig()
			c.Adapter = newSite(t, nil).store
			if tc.change != nil {
				tc.change(&c)
			}
			switch {
			case tc.options.Sender == nothing:
				tc.options.Sender = nil
			case tc.options.From == "-":
				tc.options.From, tc.options.Sender = "nobody", new(cardeatest.Mailbox)
			default:
				tc.options.From, tc.options.Sender = "no-reply@example.com", new(cardeatest.Mailbox)
			}
			c.Providers = []cardea.Provider{email.New(tc.options)}
			if _, err := cardea.New(c); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	c := validConfig()
	c.Adapter = newSite(t, nil).store
	c.Providers = []cardea.Provider{&cardea.EmailProvider{ID: "email", Name: "Email"}}
	if _, err := cardea.New(c); err == nil || !strings.Contains(err.Error(), "make it with email.New") {
		t.Errorf("a literal: %v", err)
	}
}

// nothing stands for no sender in the table above.
var nothing email.Sender = (*email.SMTP)(nil)
