package cardea_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// mailCookie is the cookie of a browser that has requested a mail.
const mailCookie = "authjs.mail"

// mailSite is a site that also has sign-in by mail.
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
			AddressLimit: ratelimit.Rate{Count: 100, Within: time.Hour},
		}
		if change != nil {
			change(c, &o)
		}
		c.Providers = append(c.Providers, email.New(o))
	})
	return mailSite{s, mails}
}

// ask requests a mail, and returns it.
func (s mailSite) ask(t *testing.T, b *cardeatest.Browser, address, callbackURL string) cardeatest.Mail {
	t.Helper()
	res := b.Post("/signin/email", url.Values{"email": {address}, "callbackUrl": {callbackURL}})
	if want := s.URL + "/api/auth/verify-request?provider=email&type=email"; res.StatusCode != http.StatusSeeOther ||
		res.Header.Get("Location") != want {
		t.Fatalf("response = %s to %s, want 303 to %s", res.Status, res.Header.Get("Location"), want)
	}
	m := s.mails.Last(t, address)
	if len(m.Code) != 8 || !strings.HasPrefix(m.Link, s.URL+"/api/auth/callback/email?") {
		t.Fatalf("link %q, code %q", m.Link, m.Code)
	}
	return m
}

// confirm opens the link in a browser that has not requested the mail, and presses the page's
// button.
func confirm(t *testing.T, b *cardeatest.Browser, link string) *http.Response {
	t.Helper()
	page := visit(t, b, link)
	if body := text(t, page); page.StatusCode != http.StatusOK || !strings.Contains(body, "Sign in?") {
		t.Fatalf("the link: %s, without the question", page.Status)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return b.Post("/callback/email", u.Query())
}

// postCode posts the code that a visitor types.
func postCode(b *cardeatest.Browser, code string) *http.Response {
	return b.Post("/callback/email", url.Values{"code": {code}})
}

// codeOtherThan returns a code other than that of the mail.
func codeOtherThan(m cardeatest.Mail) string {
	if m.Code == "00000000" {
		return "00000001"
	}
	return "00000000"
}

// checkLimited checks that a response says that there was too much, and when to try again.
func checkLimited(t *testing.T, what string, res *http.Response) {
	t.Helper()
	seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
	if res.StatusCode != http.StatusTooManyRequests || err != nil || seconds < 1 {
		t.Errorf("%s: %s, Retry-After %q, want 429", what, res.Status, res.Header.Get("Retry-After"))
	}
}

// checkRedirect checks that a response redirects to a URL.
func checkRedirect(t *testing.T, what string, res *http.Response, want string) {
	t.Helper()
	if got := res.Header.Get("Location"); got != want || res.StatusCode != http.StatusFound &&
		res.StatusCode != http.StatusSeeOther {
		t.Errorf("%s: %s to %q, want %q", what, res.Status, got, want)
	}
}

// checkWrongCode checks that a code was refused.
func (s mailSite) checkWrongCode(t *testing.T, what string, res *http.Response) {
	t.Helper()
	checkRedirect(t, what, res, s.URL+"/api/auth/verify-request?error=WrongCode&provider=email&type=email")
}

// checkDeadLink checks that a link was refused.
func (s mailSite) checkDeadLink(t *testing.T, what string, res *http.Response) {
	t.Helper()
	checkRedirect(t, what, res, s.URL+"/api/auth/error?error=Verification")
}

func TestLinkOfAMailSignsIn(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var events []string
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
			c.Session.Strategy = strategy
			c.Events.CreateUser = func(_ context.Context, u *cardea.User) { events = append(events, "create "+u.Email) }
			c.Events.UpdateUser = func(_ context.Context, u *cardea.User) { events = append(events, "update "+u.Email) }
			c.Events.LinkAccount = func(context.Context, *cardea.User, *cardea.Account, *oauth.Profile) {
				events = append(events, "link")
			}
			c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) {
				events = append(events, "sign in "+string(in.Account.Type)+" "+in.Account.Provider+" "+
					in.Account.ProviderAccountID)
				if in.Account.UserID != in.User.ID || in.User.ID == "" {
					t.Errorf("the account belongs to %q, the user is %q", in.Account.UserID, in.User.ID)
				}
			}
		})
		now := s.setClock()
		b := newBrowser(t, s.URL)
		m := s.ask(t, b, "new@example.com", "/next?a=b")
		if b.Session() != nil {
			t.Fatal("requesting a mail signs in")
		}
		res := visit(t, b, m.Link)
		checkRedirect(t, "the link", res, s.URL+"/next?a=b")
		checkPrivate(t, res)
		if c := setCookie(res, mailCookie); c == nil || c.MaxAge >= 0 {
			t.Errorf("the mail cookie is %v, want it deleted", c)
		}
		if got := signedInEmail(b); got != "new@example.com" {
			t.Fatalf("signed in as %q", got)
		}
		u, err := s.store.UserByEmail(t.Context(), "new@example.com")
		if err != nil || !u.EmailVerified.Equal(now.now()) {
			t.Fatalf("user %+v, %v; want the address verified now", u, err)
		}
		if got := s.accounts(t, "new@example.com"); got != nil {
			t.Errorf("accounts = %v, want none", got)
		}
		first := sessionToken(b)
		now.advance(time.Hour)
		checkRedirect(t, "the second time", visit(t, b, s.ask(t, b, "new@example.com", "/").Link), s.URL+"/")
		if sessionToken(b) == first {
			t.Error("the session is the same after signing in again")
		}
		again, err := s.store.UserByEmail(t.Context(), "new@example.com")
		if err != nil || again.ID != u.ID || !again.EmailVerified.Equal(u.EmailVerified) {
			t.Errorf("the second time: %+v, %v", again, err)
		}
		want := []string{
			"create new@example.com", "sign in email email new@example.com", "sign in email email new@example.com",
		}
		if !slices.Equal(events, want) {
			t.Errorf("events = %q, want %q", events, want)
		}
	})
}

func TestTypedAddressIsNormalized(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	b.Post("/signin/email", url.Values{"email": {"  Ann.Example+Tag@EXAMPLE.com\t"}})
	visit(t, b, s.mails.Last(t, "ann.example+tag@example.com").Link)
	if got := signedInEmail(b); got != "ann.example+tag@example.com" {
		t.Errorf("signed in as %q", got)
	}
	for _, typed := range []string{"", "ann", "ann@", "a@b@c", "ann@example.com,eve@example.com"} {
		res := b.Post("/signin/email", url.Values{"email": {typed}})
		checkRedirect(t, typed, res, s.URL+"/api/auth/signin?error=EmailSignin")
	}
	if n := len(s.mails.All()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

// A program that opens the links of a mail does not use them up, and a visitor who opens somebody
// else's link sees whose it is.
func TestLinkInAnotherBrowserAsksFirst(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = strategy })
		asking, scanner, phone := newBrowser(t, s.URL), newBrowser(t, s.URL), newBrowser(t, s.URL)
		m := s.ask(t, asking, "ann@example.com", "/next")
		for range 3 {
			res := visit(t, scanner, m.Link)
			body := text(t, res)
			for _, want := range []string{
				"<strong>ann@example.com</strong>", `action="` + s.URL + `/api/auth/callback/email"`,
				`value="` + s.URL + `/next"`,
			} {
				if res.StatusCode != http.StatusOK || !strings.Contains(body, want) {
					t.Errorf("%s, and the page lacks %s", res.Status, want)
				}
			}
			checkPrivate(t, res)
		}
		if scanner.Session() != nil {
			t.Error("opening the link signs in")
		}
		checkRedirect(t, "the button", confirm(t, phone, m.Link), s.URL+"/next")
		if got := signedInEmail(phone); got != "ann@example.com" {
			t.Errorf("signed in as %q", got)
		}
		s.checkDeadLink(t, "the used link in the browser that requested it", visit(t, asking, m.Link))
		s.checkDeadLink(t, "the button a second time", confirm(t, newBrowser(t, s.URL), m.Link))
		if asking.Session() != nil || scanner.Session() != nil {
			t.Error("a used link signs in again")
		}
	})
}

func TestAttackerCannotPostMailForms(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	u, _ := url.Parse(m.Link)
	withoutToken := func(path string, form url.Values) {
		t.Helper()
		checkSignInFailed(t, s.site, send(t, s.URL+"/api/auth/"+path, cookiesOf(b), form), cardea.CodeMissingCSRF)
	}
	withoutToken("callback/email", u.Query())
	withoutToken("callback/email", url.Values{"code": {m.Code}})
	withoutToken("signin/email", url.Values{"email": {"ann@example.com"}})
	if len(s.mails.All()) != 1 {
		t.Error("a form of another site sends a mail")
	}
	visit(t, b, m.Link)
	if signedInEmail(b) == "" {
		t.Error("a form of another site uses up the link")
	}
}

func TestCodeSignsIn(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Session.Strategy = strategy })
		b := newBrowser(t, s.URL)
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
		page = text(t, visit(t, newBrowser(t, s.URL), s.URL+"/api/auth/verify-request?provider=email&type=email"))
		if strings.Contains(page, "<form") {
			t.Error("a browser that has requested no mail gets the form")
		}
		s.checkWrongCode(t, "a wrong code", postCode(b, codeOtherThan(m)))
		page = text(t, visit(t, b, s.URL+"/api/auth/verify-request?provider=email&type=email&error=WrongCode"))
		if !strings.Contains(page, "not right") {
			t.Error("the page does not say that the code is wrong")
		}
		s.checkWrongCode(t, "the code in another browser", postCode(newBrowser(t, s.URL), m.Code))
		checkRedirect(t, "the code", postCode(b, " "+m.Code[:3]+" "+m.Code[3:]+" "), s.URL+"/next")
		if got := signedInEmail(b); got != "ann@example.com" {
			t.Errorf("signed in as %q", got)
		}
		s.checkDeadLink(t, "the link after the code", confirm(t, newBrowser(t, s.URL), m.Link))
	})
}

func TestLinkUsesUpTheCode(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	kept := cookiesOf(b)[mailCookie]
	confirm(t, newBrowser(t, s.URL), m.Link)
	s.checkWrongCode(t, "the code", postCode(b, m.Code))
	storeCookie(t, b, mailCookie, kept)
	s.checkWrongCode(t, "the code, with a copy of the cookie", postCode(b, m.Code))
	if b.Session() != nil {
		t.Error("signed in")
	}
}

func TestLinkAndCodeExpire(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	now := s.setClock()
	b, other := newBrowser(t, s.URL), newBrowser(t, s.URL)
	first, second := s.ask(t, other, "bob@example.com", "/"), s.ask(t, b, "ann@example.com", "/")
	now.advance(10*time.Minute - time.Second)
	checkRedirect(t, "the code before it expires", postCode(other, first.Code), s.URL+"/")
	now.advance(time.Second)
	s.checkWrongCode(t, "the expired code", postCode(b, second.Code))
	now.advance(24*time.Hour - 10*time.Minute - time.Second)
	third := s.ask(t, newBrowser(t, s.URL), "cleo@example.com", "/")
	checkRedirect(t, "the link before it expires", visit(t, b, second.Link), s.URL+"/")
	now.advance(24 * time.Hour)
	s.checkDeadLink(t, "the expired link", confirm(t, newBrowser(t, s.URL), third.Link))
}

func TestSecondMailKeepsTheFirstLink(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	first, second := s.ask(t, b, "ann@example.com", "/first"), s.ask(t, b, "ann@example.com", "/second")
	if first.Link == second.Link {
		t.Fatal("both mails have the same link")
	}
	checkRedirect(t, "the newest code", postCode(b, second.Code), s.URL+"/second")
	s.checkDeadLink(t, "the link of the first mail", confirm(t, newBrowser(t, s.URL), first.Link))
}

func TestSignInByMailWithTheAuthJSClient(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	b.CSRFToken()
	res := send(t, s.URL+"/api/auth/signin/email", cookiesOf(b), form(b, "email", "ann@example.com"), clientHeader)
	checkRedirectJSON(t, res, s.URL+"/api/auth/verify-request?provider=email&type=email")
	res = send(t, s.URL+"/api/auth/signin/email", cookiesOf(b), form(b, "email", "ann"), clientHeader)
	checkRedirectJSON(t, res, s.URL+"/api/auth/signin?error=EmailSignin")
	list := text(t, send(t, s.URL+"/api/auth/providers", nil, nil))
	if want := `"email":{"id":"email","name":"Email","type":"email","signinUrl":"` + s.URL +
		`/api/auth/signin/email"`; !strings.Contains(list, want) {
		t.Errorf("providers = %s, want also %s", list, want)
	}
	page := text(t, send(t, s.URL+"/api/auth/signin", nil, nil))
	if !strings.Contains(page, `type="email" name="email"`) ||
		!strings.Contains(page, `action="/api/auth/signin/email"`) {
		t.Error("the sign-in page has no field for an address")
	}
}

func TestSignInByMailWithNextAuth4(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Protocol = cardea.ProtocolV4 })
	b := newBrowser(t, s.URL)
	checkRedirect(t, "no address", b.Post("/signin/email", url.Values{"email": {"ann"}}),
		s.URL+"/api/auth/error?error=EmailSignin")
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	if got := signedInEmail(b); got != "ann@example.com" {
		t.Errorf("signed in as %q", got)
	}
}

func TestSignInCallbackDecidesAboutMails(t *testing.T) {
	t.Parallel()
	var asked []string
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
			if in.Account.Type != cardea.TypeEmail {
				return "", nil
			}
			when := "sign-in"
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
	b := newBrowser(t, s.URL)
	checkRedirect(t, "banned", b.Post("/signin/email", url.Values{"email": {"banned@example.com"}}),
		s.URL+"/api/auth/error?error=AccessDenied")
	checkRedirect(t, "waiting", b.Post("/signin/email", url.Values{"email": {"waiting@example.com"}}), s.URL+"/waiting")
	if len(s.mails.All()) != 0 {
		t.Error("a mail was sent although it was refused")
	}
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	want := []string{
		"request new banned@example.com", "request new waiting@example.com",
		"request new ann@example.com", "sign-in new ann@example.com",
		"request ann@example.com", "sign-in ann@example.com",
	}
	if !slices.Equal(asked, want) {
		t.Errorf("called for %q, want %q", asked, want)
	}
}

func TestMailThatCannotBeSentIsAnError(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Logger = log.logger() })
	b := newBrowser(t, s.URL)
	s.mails.Fail(errors.New("the disk is full"))
	checkRedirect(t, "a broken sender", b.Post("/signin/email", url.Values{"email": {"ann@example.com"}}),
		s.URL+"/api/auth/signin?error=EmailSignin")
	log.checkFailure(t, "EmailSignInError", "the disk is full")
	s.mails.Fail(errors.New("550 5.1.1 <Ann@Example.com>: no such user"))
	checkRedirect(t, "a sender whose error contains the address",
		b.Post("/signin/email", url.Values{"email": {"ann@example.com"}}),
		s.URL+"/api/auth/signin?error=EmailSignin")
	if strings.Contains(strings.ToLower(log.String()), "ann@example.com") {
		t.Error("the log contains the address")
	}
	if cookiesOf(b)[mailCookie] != "" {
		t.Error("the browser has the cookie of a mail that was not sent")
	}
}

func TestSignInByMailWithUnavailableStoreIs503(t *testing.T) {
	t.Parallel()
	var store *failingTokenStore
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		store = &failingTokenStore{recordingStore: recordCalls(c)}
		c.Adapter = store
	})
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	unavailable := func(what string, res *http.Response) {
		t.Helper()
		if res.StatusCode != http.StatusServiceUnavailable || b.Session() != nil {
			t.Errorf("%s: %s", what, res.Status)
		}
	}
	store.fails(true)
	unavailable("the link", visit(t, b, m.Link))
	unavailable("the code", postCode(b, m.Code))
	unavailable("another mail", b.Post("/signin/email", url.Values{"email": {"ann@example.com"}}))
	store.fails(false)
	if len(s.mails.All()) != 1 {
		t.Error("a mail was sent whose link was not stored")
	}
	store.failOnly("UserByEmail")
	unavailable("the user", visit(t, b, m.Link))
	store.failOnly()
	checkRedirect(t, "the link, which is still valid", visit(t, b, m.Link), s.URL+"/")
}

// failingTokenStore is a store whose methods for verification tokens can be made to fail.
type failingTokenStore struct {
	*recordingStore
	mu     sync.Mutex
	broken bool
}

func (s *failingTokenStore) fails(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

func (s *failingTokenStore) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errStore
	}
	return nil
}

func (s *failingTokenStore) CreateVerificationToken(ctx context.Context, v *cardea.VerificationToken) error {
	if err := s.err(); err != nil {
		return err
	}
	return s.recordingStore.CreateVerificationToken(ctx, v)
}

func (s *failingTokenStore) ConsumeVerificationToken(
	ctx context.Context, identifier, token string,
) (*cardea.VerificationToken, error) {
	if err := s.err(); err != nil {
		return nil, err
	}
	return s.recordingStore.ConsumeVerificationToken(ctx, identifier, token)
}

func TestPreviousSecretsOpenLinks(t *testing.T) {
	t.Parallel()
	old := newMailSite(t, nil)
	rotated := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Adapter, c.PreviousSecrets, c.Secret = old.store, []string{secret}, strings.Repeat("new", 16)
	})
	atRotated := func(link string) string { return strings.Replace(link, old.URL, rotated.URL, 1) }
	b, asking := newBrowser(t, old.URL), newBrowser(t, rotated.URL)
	first, second := old.ask(t, b, "bob@example.com", "/"), old.ask(t, b, "ann@example.com", "/")
	checkRedirect(t, "the button", confirm(t, newBrowser(t, rotated.URL), atRotated(first.Link)), rotated.URL)
	storeCookie(t, asking, mailCookie, cookiesOf(b)[mailCookie])
	checkRedirect(t, "the link in the browser that asked", visit(t, asking, atRotated(second.Link)), rotated.URL)
}

// Only a Redirect callback of the application allows URLs that are this long.
func TestLongCallbackURLFitsInTheLinkOnly(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Callbacks.Redirect = func(_ context.Context, target, base string) string {
			return base + strings.TrimPrefix(target, base)
		}
	})
	b, other := newBrowser(t, s.URL), newBrowser(t, s.URL)
	fits, long := "/"+strings.Repeat("x", 2000), "/"+strings.Repeat("x", 6000)
	checkRedirect(t, "the code", postCode(b, s.ask(t, b, "ann@example.com", fits).Code), s.URL+fits)
	code := s.ask(t, b, "ann@example.com", long).Code
	checkRedirect(t, "the code, with a URL that is too long for the cookie", postCode(b, code), s.URL)
	if to := visit(t, other, s.ask(t, other, "ann@example.com", long).Link).Header.Get("Location"); to != s.URL+long {
		t.Errorf("the link redirects to a URL of %d characters", len(to))
	}
}

func TestVerifyRequestPageIsConfigurable(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) { c.Pages.VerifyRequest = "/wait" })
	b := newBrowser(t, s.URL)
	m := s.ask(t, b, "ann@example.com", "/")
	next := postCode(b, codeOtherThan(m)).Header.Get("Location")
	checkRedirect(t, "a wrong code", visit(t, b, next), s.URL+"/wait?error=WrongCode&provider=email&type=email")
}

func TestNewReportsFaultsOfEmailProviders(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		change  func(*cardea.Config)
		options email.Options
		want    string
	}{
		{"no adapter", func(c *cardea.Config) { c.Adapter = nil }, email.Options{},
			"Config.Providers[0] (email): sign-in by e-mail needs an Adapter that is a TokenStore; have <nil>"},
		{"an adapter without tokens", func(c *cardea.Config) { c.Adapter = adapterWithoutSessions{c.Adapter} },
			email.Options{},
			"sign-in by e-mail needs an Adapter that is a TokenStore; have cardea_test.adapterWithoutSessions"},
		{"no sender", nil, email.Options{Sender: noSender, From: "a@b"}, "Sender: is nil"},
		{"no From", nil, email.Options{From: "-"}, "From: want an address"},
		{"a link that is valid for a second", nil, email.Options{MaxAge: time.Second},
			"Config.Providers[0] (email).MaxAge: want a minute or more, have 1s"},
		{"a code that is valid for an hour", nil, email.Options{CodeMaxAge: time.Hour},
			"Config.Providers[0] (email).CodeMaxAge: want between a minute and 10m0s, have 1h0m0s"},
		{"a code that outlives the link", nil, email.Options{MaxAge: 2 * time.Minute, CodeMaxAge: 3 * time.Minute},
			".CodeMaxAge: want between a minute and 2m0s"},
		{"a limit without a count", nil, email.Options{AddressLimit: ratelimit.Rate{Within: time.Hour}},
			".AddressLimit: want a count and a time above zero"},
		{"a limit without a time", nil, email.Options{ClientLimit: ratelimit.Rate{Count: 1}},
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
			case tc.options.Sender == noSender:
				tc.options.Sender = nil
			case tc.options.From == "-":
				tc.options.From, tc.options.Sender = "nobody", new(cardeatest.Mailbox)
			default:
				tc.options.From, tc.options.Sender = "no-reply@example.com", new(cardeatest.Mailbox)
			}
			c.Providers = []cardea.Provider{email.New(tc.options)}
			_, err := cardea.New(c)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			} else if tc.options.MaxAge == time.Second && strings.Contains(err.Error(), "CodeMaxAge") {
				t.Errorf("the default of another field is named as a fault: %v", err)
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

// noSender stands for a nil Sender in the table above.
var noSender email.Sender = (*email.SMTP)(nil)
