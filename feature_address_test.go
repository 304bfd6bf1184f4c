package cardea_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// pigeon is a feature that signs people in with letters to their addresses. It is written as in
// another package.
type pigeon struct {
	id        string
	host      *cardea.Host
	addresses feature.Addresses

	normalize func(address string) (string, error)

	limits feature.MailLimits
	adopts bool
	within func(context.Context, *cardea.User) error
	fails  error // what happens to every letter
	misuse func(ctx context.Context) error

	mu      sync.Mutex
	letters map[string]letter // the latest, by address
}

type letter struct{ token, code string }

// addPigeon adds the feature to a configuration.
func addPigeon(c *cardea.Config, id string) *pigeon {
	p := &pigeon{
		id: id, letters: map[string]letter{}, normalize: email.Normalize,
		limits: feature.MailLimits{Name: "Pigeon", Address: ratelimit.Rate{Count: 100, Within: time.Hour}},
	}
	c.Features = append(c.Features, p)
	return p
}

func (p *pigeon) FeatureID() string { return p.id }

func (p *pigeon) Install(h *cardea.Host) error {
	p.host, p.addresses = h, h.Addresses(p.normalize, func(context.Context, *cardea.User) (bool, error) {
		return p.adopts, nil
	})
	h.Offer(feature.Way{ID: p.id, Name: "Pigeon", Start: p.start, Return: p.open, Finish: p.finish, Mailed: p.mailed})
	return nil
}

func (p *pigeon) start(_ http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if p.misuse != nil {
		return p.misuse(ctx)
	}
	address, err := p.normalize(p.host.Form(ctx)["email"])
	if err != nil {
		return &cardea.Error{Code: cardea.CodeEmailSignIn, Err: err}
	}
	if err := p.addresses.TakeMail(ctx, address, p.limits); err != nil {
		return err
	}
	if to, err := p.addresses.Ask(ctx, address); err != nil {
		return err
	} else if to != "" {
		return p.host.Redirect(ctx, to)
	}
	l := letter{rand.Text(), rand.Text()[:8]}
	hash := p.addresses.Hashes(l.token)[0]
	err = p.addresses.Add(ctx, address, feature.AddressToken{Hash: hash, Expires: p.host.Now().Add(time.Hour)})
	if err != nil {
		return err
	}
	if p.fails != nil {
		return p.addresses.SendError(p.fails, address, l.token)
	}
	p.mu.Lock()
	p.letters[address] = l
	p.mu.Unlock()
	err = p.addresses.Remember(ctx, time.Hour, oauth.Claims{
		"email": address, "link": hash, "code": l.code, "callbackUrl": p.host.CallbackURL(ctx),
	})
	if err != nil {
		return err
	}
	return p.addresses.Sent(ctx)
}

func (p *pigeon) mailed(ctx context.Context) (address, callbackURL string) {
	remembered := p.addresses.Remembered(ctx)
	return remembered.String("email"), remembered.String("callbackUrl")
}

func (p *pigeon) open(_ http.ResponseWriter, r *http.Request) error {
	token, address := r.URL.Query().Get("token"), r.URL.Query().Get("email")
	asked := p.addresses.Remembered(r.Context())
	if asked.String("email") == address && slices.Contains(p.addresses.Hashes(token), asked.String("link")) {
		return p.redeem(r.Context(), address, p.addresses.Hashes(token)...)
	}
	return p.addresses.Confirm(r.Context(), address, token)
}

func (p *pigeon) finish(_ http.ResponseWriter, r *http.Request) error {
	ctx, form := r.Context(), p.host.Form(r.Context())
	if token, ok := form["token"]; ok {
		return p.redeem(ctx, form["email"], p.addresses.Hashes(token)...)
	}
	asked := p.addresses.Remembered(ctx)
	if asked == nil {
		return &cardea.Error{Code: cardea.CodeWrongCode, Err: errors.New("no letter")}
	}
	right, err := p.addresses.Guess(ctx, asked.String("email"))
	if err != nil {
		return err
	}
	if form["code"] != asked.String("code") {
		return &cardea.Error{Code: cardea.CodeWrongCode, Err: errors.New("another code")}
	}
	right()
	return p.redeem(ctx, asked.String("email"), asked.String("link"))
}

func (p *pigeon) redeem(ctx context.Context, address string, hashes ...string) error {
	if _, err := p.addresses.Use(ctx, address, hashes...); err != nil {
		return err
	}
	p.addresses.Forget(ctx)
	return p.host.Complete(ctx, cardea.Proof{
		Email: address, Provider: p.id, Methods: []string{"mail"}, Within: p.within,
	})
}

// ask requests a letter, and returns it with its link.
func (p *pigeon) ask(t *testing.T, b *cardeatest.Browser, address string) (l letter, link string) {
	t.Helper()
	res := b.Post("/signin/"+p.id, url.Values{"email": {address}, "callbackUrl": {"/next"}})
	checkRedirect(t, "a letter", res, b.Site+"/api/auth/verify-request?provider="+p.id+"&type=email")
	p.mu.Lock()
	defer p.mu.Unlock()
	l = p.letters[address]
	return l, b.Site + "/api/auth/callback/" + p.id + "?" +
		url.Values{"token": {l.token}, "email": {address}, "callbackUrl": {"/next"}}.Encode()
}

func newPigeonSite(t *testing.T, change func(*cardea.Config, *pigeon)) (mailSite, *pigeon) {
	t.Helper()
	var p *pigeon
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		p = addPigeon(c, "pigeon")
		if change != nil {
			change(c, p)
		}
	})
	return s, p
}

// confirmLetter presses the button of the page that a link shows.
func confirmLetter(t *testing.T, b *cardeatest.Browser, link string) *http.Response {
	t.Helper()
	form, ok := formsOf(t, visit(t, b, link))["/callback/pigeon"]
	if !ok {
		t.Fatal("the page has no button")
	}
	return b.Post("/callback/pigeon", form)
}

// A feature signs people in by mail as package email does: with its page, its form for the code,
// its question in another browser, and to the clients of Auth.js.
func TestFeatureSignsInByMail(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var log logRecorder
		s, p := newPigeonSite(t, func(c *cardea.Config, _ *pigeon) {
			c.Session.Strategy, c.Logger = strategy, log.logger()
		})
		b, other := newBrowser(t, s.URL), newBrowser(t, s.URL)
		if body := text(t, visit(t, b, s.URL+"/api/auth/providers")); !strings.Contains(body,
			`"pigeon":{"id":"pigeon","name":"Pigeon","type":"email"`) {
			t.Errorf("providers: %s", body)
		}
		page := text(t, visit(t, b, s.URL+"/api/auth/signin/pigeon"))
		if !strings.Contains(page, `action="/api/auth/signin/pigeon"`) || !strings.Contains(page, `name="email"`) {
			t.Errorf("the sign-in page has no input for an address: %s", page)
		}

		l, link := p.ask(t, b, "ann@example.com")
		if sent := log.records(t, "cardea: sign-in mail sent"); len(sent) != 1 || sent[0]["provider"] != "pigeon" {
			t.Errorf("the log says %v", sent)
		}
		page = text(t, visit(t, other, link))
		if !strings.Contains(page, "Sign in?") || !strings.Contains(page, "ann@example.com") ||
			signedInEmail(other) != "" {
			t.Errorf("in another browser: %s", page)
		}
		verify := s.URL + "/api/auth/verify-request?provider=pigeon&type=email"
		if form := formsOf(t, visit(t, other, verify)); len(form) != 0 {
			t.Errorf("another browser has forms: %v", form)
		}
		if _, ok := formsOf(t, visit(t, b, verify))["/callback/pigeon"]; !ok {
			t.Error("no form for the code")
		}
		wrong := b.Post("/callback/pigeon", url.Values{"code": {"wrong"}})
		checkRedirect(t, "a wrong code", wrong,
			s.URL+"/api/auth/verify-request?error=WrongCode&provider=pigeon&type=email")
		checkRedirect(t, "the code", b.Post("/callback/pigeon", url.Values{"code": {l.code}}), s.URL+"/next")
		if got := s.sessionOf(t, b); signedInEmail(b) != "ann@example.com" ||
			!slices.Equal(got.Methods, []string{"mail"}) {
			t.Errorf("signed in as %q by %v", signedInEmail(b), got.Methods)
		}
		if page := text(t, visit(t, b, link)); !strings.Contains(page, "Sign in?") {
			t.Errorf("the browser still remembers the letter: %s", page)
		}
		checkSignInFailed(t, s.site, confirmLetter(t, b, link), cardea.CodeVerification)
	})
}

// The store has a token of a feature as Auth.js would have it, also after the secret has changed.
func TestTokensOfAddressesAreThoseOfAuthJS(t *testing.T) {
	t.Parallel()
	s, p := newPigeonSite(t, func(c *cardea.Config, _ *pigeon) {
		c.Secret, c.PreviousSecrets = strings.Repeat("n", 32), []string{secret}
	})
	for i, of := range []string{strings.Repeat("n", 32), secret} {
		want := fmt.Sprintf("%x", sha256.Sum256([]byte("token"+of)))
		if got := p.addresses.Hashes("token"); len(got) != 2 || got[i] != want {
			t.Errorf("hashes %v, want %s as %d", got, want, i)
		}
	}
	l, _ := p.ask(t, newBrowser(t, s.URL), "ann@example.com")
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(l.token+strings.Repeat("n", 32))))
	if _, err := s.store.ConsumeVerificationToken(t.Context(), "ann@example.com", hash); err != nil {
		t.Errorf("the token is not stored so: %v", err)
	}
	old := &cardea.VerificationToken{ // of a process with the previous secret
		Identifier: "ann@example.com", Token: fmt.Sprintf("%x", sha256.Sum256([]byte("old"+secret))),
		Expires: time.Now().Add(time.Hour),
	}
	if err := s.store.CreateVerificationToken(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s.URL)
	b.Post("/callback/pigeon", url.Values{"token": {"old"}, "email": {"ann@example.com"}})
	if signedInEmail(b) != "ann@example.com" {
		t.Error("a token that was hashed with a previous secret does not count")
	}
}

// Whatever ends the mails of a user ends those of features, and using one ends all others, whoever
// has sent them.
func TestMailsOfFeaturesEndTogether(t *testing.T) {
	t.Parallel()
	const address = "ann@example.com"
	for name, end := range map[string]func(t *testing.T, s mailSite, p *pigeon, user string) error{
		"a link of a provider": func(t *testing.T, s mailSite, _ *pigeon, _ string) error {
			b := newBrowser(t, s.URL)
			checkRedirect(t, "the link", visit(t, b, s.ask(t, b, address, "/next").Link), s.URL+"/next")
			return nil
		},
		"another letter": func(t *testing.T, s mailSite, p *pigeon, _ string) error {
			b := newBrowser(t, s.URL)
			_, link := p.ask(t, b, address)
			checkRedirect(t, "the letter", visit(t, b, link), s.URL+"/next")
			return nil
		},
		"the end of all sessions": func(t *testing.T, _ mailSite, p *pigeon, user string) error {
			return p.host.EndSessions(t.Context(), user, nil)
		},
		"the end of the user": func(t *testing.T, s mailSite, _ *pigeon, user string) error {
			return s.auth.DeleteUser(t.Context(), user)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := newPigeonSite(t, nil)
			u := &cardea.User{Email: address, EmailVerified: time.Now()}
			if err := s.store.CreateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			b, mailed := newBrowser(t, s.URL), newBrowser(t, s.URL)
			_, link := p.ask(t, b, address)
			m := s.ask(t, mailed, address, "/")
			if err := end(t, s, p, u.ID); err != nil {
				t.Fatal(err)
			}
			checkSignInFailed(t, s.site, visit(t, b, link), cardea.CodeVerification)
			checkSignInFailed(t, s.site, visit(t, mailed, m.Link), cardea.CodeVerification)
		})
	}
}

// Tokens of a user whose address another feature spells in its own way end with the user too.
func TestMailsEndInEverySpelling(t *testing.T) {
	t.Parallel()
	var f *testFeature
	var addresses feature.Addresses
	s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
		f = addFeature(c, "x", func(h *cardea.Host) error {
			addresses = h.Addresses(func(s string) (string, error) { return strings.ReplaceAll(s, ".", ""), nil }, nil)
			return nil
		})
	})
	u := &cardea.User{Email: "ann.b@example.com"}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	token := feature.AddressToken{Hash: "h", Expires: time.Now().Add(time.Hour)}
	if err := addresses.Add(t.Context(), "annb@examplecom", token); err != nil {
		t.Fatal(err)
	}
	if err := f.host.EndSessions(t.Context(), u.ID, nil); err != nil {
		t.Fatal(err)
	}
	_, err := addresses.Take(t.Context(), "annb@examplecom", "h")
	e, ok := errors.AsType[*cardea.Error](err)
	if !errors.Is(err, cardea.ErrNotFound) || !ok || e.Code != cardea.CodeVerification {
		t.Errorf("the token has not ended: %v", err)
	}
}

// A token is used once, by one of any number of callers, and not after it has expired. Then the
// others stay.
func TestAddressTokensAreUsedOnce(t *testing.T) {
	t.Parallel()
	s, p := newPigeonSite(t, nil)
	now := s.setClock()
	add := func(hash string, lifetime time.Duration) {
		t.Helper()
		token := feature.AddressToken{Hash: hash, Expires: now.now().Add(lifetime)}
		if err := p.addresses.Add(t.Context(), "ann@example.com", token); err != nil {
			t.Fatal(err)
		}
	}
	add("a", time.Hour)
	add("b", time.Hour)
	var wg sync.WaitGroup
	used := make(chan string, 8)
	for i := range cap(used) {
		wg.Go(func() {
			got, err := p.addresses.Use(t.Context(), "ann@example.com", "none", []string{"a", "b"}[i%2])
			if err == nil {
				used <- got.Hash
			} else if !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("Use: %v", err)
			}
		})
	}
	wg.Wait()
	if len(used) != 1 {
		t.Errorf("%d of %d callers got a token, want one", len(used), cap(used))
	}
	add("late", time.Minute)
	add("good", time.Hour)
	now.advance(time.Minute)
	if got, err := p.addresses.Use(t.Context(), "ann@example.com", "late"); !errors.Is(err, cardea.ErrNotFound) ||
		got.Hash != "late" || got.Expires.IsZero() {
		t.Errorf("an expired token: %+v, %v", got.Expires, err)
	}
	if got, err := p.addresses.Use(t.Context(), "bob@example.com", "good"); !errors.Is(err, cardea.ErrNotFound) ||
		!got.Expires.IsZero() {
		t.Errorf("another address: %v, %v", got.Expires, err)
	}
	if _, err := p.addresses.Take(t.Context(), "ann@example.com", "good"); err != nil {
		t.Errorf("the token beside the expired one is gone: %v", err)
	}
	if _, err := p.addresses.Use(t.Context(), "ann@example.com"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("no hash: %v", err)
	}
}

// Several tokens are stored together or not at all.
func TestAddressTokensAreStoredTogether(t *testing.T) {
	t.Parallel()
	_, p := newPigeonSite(t, nil)
	token := func(hash string) feature.AddressToken {
		return feature.AddressToken{Hash: hash, Expires: time.Now().Add(time.Hour)}
	}
	if err := p.addresses.Add(t.Context(), "ann@example.com", token("taken")); err != nil {
		t.Fatal(err)
	}
	if err := p.addresses.Add(t.Context(), "ann@example.com", token("new"), token("taken")); err == nil {
		t.Error("a token is stored twice")
	}
	if _, err := p.addresses.Take(t.Context(), "ann@example.com", "new"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("half of the tokens is stored: %v", err)
	}
}

// The application is asked before a letter is sent.
func TestApplicationIsAskedAboutMailsOfFeatures(t *testing.T) {
	t.Parallel()
	s, p := newPigeonSite(t, func(c *cardea.Config, _ *pigeon) {
		c.Callbacks.SignIn = func(_ context.Context, in *cardea.SignIn) (string, error) {
			if in.Account.Provider != "pigeon" || in.Account.Type != cardea.TypeEmail || !in.VerificationRequest {
				return "", fmt.Errorf("asked about %+v", in)
			}
			switch in.Profile.Email {
			case "wait@example.com":
				return "/wait", nil
			case "bad@example.com":
				return "", &cardea.Error{Code: cardea.CodeAccessDenied}
			}
			return "", nil
		}
	})
	b := newBrowser(t, s.URL)
	for address, want := range map[string]string{
		"wait@example.com": "/wait", "bad@example.com": "/api/auth/error?error=AccessDenied",
	} {
		checkRedirect(t, address, b.Post("/signin/pigeon", url.Values{"email": {address}}), s.URL+want)
	}
	if len(p.letters) != 0 {
		t.Errorf("letters %v", p.letters)
	}
	p.ask(t, b, "ann@example.com")
}

// The limits of a feature are its own or, if it has none, those of the site.
func TestLimitsOfMailsOfFeatures(t *testing.T) {
	t.Parallel()
	once := ratelimit.Rate{Count: 1, Within: time.Hour}
	for name, tc := range map[string]struct {
		own  feature.MailLimits
		site ratelimit.Config
		log  string
		same bool // an address is limited, and not the client
	}{
		"own, of an address": {
			own: feature.MailLimits{Name: "Pigeon", Address: once}, log: "Pigeon.AddressLimit", same: true,
		},
		"own, of a client": {own: feature.MailLimits{Name: "Pigeon", Client: once}, log: "Pigeon.ClientLimit"},
		"of the site":      {site: ratelimit.Config{Mail: once}, log: "Limits.Mail", same: true},
		"of its clients":   {site: ratelimit.Config{MailClient: once}, log: "Limits.MailClient"},
		"own before the site's": {
			own:  feature.MailLimits{Name: "P", Address: once, Client: ratelimit.InsecureUnlimited()},
			site: ratelimit.Config{MailClient: once}, log: "P.AddressLimit", same: true,
		},
		"the site's beside own": {
			own:  feature.MailLimits{Name: "P", Client: ratelimit.InsecureUnlimited()},
			site: ratelimit.Config{Mail: once}, log: "Limits.Mail", same: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			s, p := newPigeonSite(t, func(c *cardea.Config, p *pigeon) {
				p.limits, c.Limits, c.Logger = tc.own, tc.site, log.logger()
			})
			b := newBrowser(t, s.URL)
			p.ask(t, b, "ann@example.com")
			if tc.same {
				p.ask(t, b, "bob@example.com")
			}
			checkLimited(t, "the second letter", b.Post("/signin/pigeon", url.Values{"email": {"ann@example.com"}}))
			if !strings.Contains(log.String(), tc.log) {
				t.Errorf("the log does not name %s: %s", tc.log, log.String())
			}
		})
	}
}

// Codes are counted for the address, whoever has sent them, and a right one does not count.
func TestCodesOfFeaturesAreCounted(t *testing.T) {
	t.Parallel()
	s, p := newPigeonSite(t, func(c *cardea.Config, _ *pigeon) {
		c.Limits.Address = ratelimit.Rate{Count: 2, Within: time.Hour}
	})
	for range 4 {
		b := newBrowser(t, s.URL)
		l, _ := p.ask(t, b, "ann@example.com")
		checkRedirect(t, "the code", b.Post("/callback/pigeon", url.Values{"code": {l.code}}), s.URL+"/next")
	}
	b := newBrowser(t, s.URL)
	l, _ := p.ask(t, b, "ann@example.com")
	for range 2 {
		b.Post("/callback/pigeon", url.Values{"code": {"wrong"}})
	}
	checkLimited(t, "the right code", b.Post("/callback/pigeon", url.Values{"code": {l.code}}))
	m := s.ask(t, b, "ann@example.com", "/")
	checkLimited(t, "a code of a provider", postCode(b, m.Code))
}

// What a browser remembers is of one feature: neither another feature nor a provider gets it.
func TestRememberedMailIsOfOneFeature(t *testing.T) {
	t.Parallel()
	var second *pigeon
	s, p := newPigeonSite(t, func(c *cardea.Config, _ *pigeon) { second = addPigeon(c, "pigeon-2") })
	b := newBrowser(t, s.URL)
	l, link := p.ask(t, b, "ann@example.com")
	res := b.Post("/callback/pigeon-2", url.Values{"code": {l.code}})
	checkRedirect(t, "at another feature", res,
		s.URL+"/api/auth/verify-request?error=WrongCode&provider=pigeon-2&type=email")
	s.checkWrongCode(t, "at a provider", postCode(b, l.code))
	second.ask(t, b, "ann@example.com") // replaces what the browser remembers
	if page := text(t, visit(t, b, link)); !strings.Contains(page, "Sign in?") || signedInEmail(b) != "" {
		t.Errorf("after another mail: %s", page)
	}
}

// A token that does not say who has sent it counts only if one alone can have sent it.
func TestTokenWithoutSenderIsNobodysAmongSeveral(t *testing.T) {
	t.Parallel()
	for _, several := range []bool{false, true} {
		s := newMailSite(t, func(c *cardea.Config, _ *email.Options) {
			if several {
				addPigeon(c, "pigeon")
			}
		})
		token := strings.Repeat("ab", 32)
		row := &cardea.VerificationToken{
			Identifier: "ann@example.com", Token: fmt.Sprintf("%x", sha256.Sum256([]byte(token+secret))),
			Expires: time.Now().Add(time.Hour),
		}
		if err := s.store.CreateVerificationToken(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		b := newBrowser(t, s.URL)
		b.Post("/callback/email", url.Values{"token": {token}, "email": {"ann@example.com"}})
		if in := signedInEmail(b) != ""; in == several {
			t.Errorf("several: %t, signed in: %t", several, in)
		}
	}
}

// The proof of a feature's address is spelled as the feature normalizes addresses.
func TestProofOfAFeatureIsInItsSpelling(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"jÜrgen@example.com": "/next", // Unicode letters stay: two addresses could become one
		"Jürgen@example.com": "/api/auth/error?error=Configuration",
		"no address":         "/api/auth/error?error=Configuration",
	} {
		s, p := newPigeonSite(t, func(_ *cardea.Config, p *pigeon) {
			p.normalize = func(s string) (string, error) { return strings.TrimSpace(s), nil }
		})
		p.misuse = func(ctx context.Context) error { return p.host.Complete(ctx, cardea.Proof{Email: address}) }
		res := newBrowser(t, s.URL).Post("/signin/pigeon", url.Values{"callbackUrl": {"/next"}})
		checkRedirect(t, address, res, s.URL+want)
	}
}

// A user who never proved the address belongs to whom the feature adopts them for or, if the
// visitor is signed in as the user, to the visitor, who is asked.
func TestAddressOfAFeatureIsProvenFirst(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for _, tc := range []struct {
			name           string
			adopts, signed bool
			answer         string // "" for no question
			same           bool   // the person becomes the user
			accounts       int    // that the user has left
		}{
			{name: "nobody is signed in", same: false, accounts: 1},
			{name: "adopted", adopts: true, same: true, accounts: 0},
			{name: "signed in, link", signed: true, answer: "link", same: true, accounts: 1},
			{name: "signed in, other", signed: true, answer: "other", same: false, accounts: 1},
			{name: "signed in, other, adopted", signed: true, answer: "other", adopts: true, same: true, accounts: 0},
		} {
			s, p := newPigeonSite(t, func(c *cardea.Config, _ *pigeon) { c.Session.Strategy = strategy })
			p.adopts = tc.adopts
			signed, user := bobSignsIn(t, s)
			b := newBrowser(t, s.URL)
			if tc.signed {
				b = signed
			}
			_, link := p.ask(t, b, bob.Email)
			res := visit(t, b, link)
			if _, asked := formsOf(t, res)["/link"]; asked != (tc.answer != "") {
				t.Errorf("%s: asked: %t", tc.name, asked)
			}
			checkRedirect(t, tc.name, answerLink(t, b, res, tc.answer), s.URL+"/next")
			u, err := s.store.UserByEmail(t.Context(), bob.Email)
			if err != nil || (u.ID == user) != tc.same || u.EmailVerified.IsZero() {
				t.Errorf("%s: the address is of %+v, %v", tc.name, u, err)
			}
			accounts, err := s.store.Accounts(t.Context(), user)
			if err != nil || len(accounts) != tc.accounts {
				t.Errorf("%s: %d accounts, %v, want %d", tc.name, len(accounts), err, tc.accounts)
			}
			if got := s.sessionOf(t, b); got == nil || !slices.Equal(got.Methods, []string{"mail"}) {
				t.Errorf("%s: the session is %+v", tc.name, got)
			}
		}
	})
}

// A proof that stores something, or that is of no way to sign in, cannot wait for an answer: it is
// refused, and nothing is stored.
func TestProofThatCannotWaitIsRefused(t *testing.T) {
	t.Parallel()
	for name, proof := range map[string]cardea.Proof{
		"with Within": {
			Email: bob.Email, Within: func(context.Context, *cardea.User) error { return nil },
		},
		"of another name": {Email: bob.Email, Provider: "invitation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := newPigeonSite(t, nil)
			p.misuse = func(ctx context.Context) error {
				proof.Provider = cmp.Or(proof.Provider, "pigeon")
				return p.host.Complete(ctx, proof)
			}
			b, user := bobSignsIn(t, s)
			checkSignInFailed(t, s.site, b.Post("/signin/pigeon", nil), cardea.CodeInvalidCheck)
			if u, err := s.store.UserByID(t.Context(), user); err != nil || !u.EmailVerified.IsZero() {
				t.Errorf("proven: %+v, %v", u, err)
			}
			fresh := newBrowser(t, s.URL)
			checkRedirect(t, "nobody is signed in", fresh.Post("/signin/pigeon", nil), s.URL)
		})
	}
}

// If a letter cannot be sent, the log says why, but neither to whom nor what was in it.
func TestLetterThatIsNotSent(t *testing.T) {
	t.Parallel()
	for cause, logged := range map[string]bool{
		"the bird is ill": true, "550 <Ann@Example.com>: no such user": false,
	} {
		var log logRecorder
		s, p := newPigeonSite(t, func(c *cardea.Config, _ *pigeon) { c.Logger = log.logger() })
		p.fails = errors.New(cause)
		res := newBrowser(t, s.URL).Post("/signin/pigeon", url.Values{"email": {"ann@example.com"}})
		checkRedirect(t, cause, res, s.URL+"/api/auth/signin?error=EmailSignin")
		if strings.Contains(log.String(), cause) != logged || !strings.Contains(log.String(), "EmailSignInError") {
			t.Errorf("%s: the log says %s", cause, log.String())
		}
	}
}

// Without a request there is nothing to answer.
func TestAddressesWithoutARequest(t *testing.T) {
	t.Parallel()
	_, p := newPigeonSite(t, nil)
	ctx := t.Context()
	_, askErr := p.addresses.Ask(ctx, "ann@example.com")
	_, guessErr := p.addresses.Guess(ctx, "ann@example.com")
	for name, err := range map[string]error{
		"Ask": askErr, "Guess": guessErr, "Sent": p.addresses.Sent(ctx),
		"TakeMail": p.addresses.TakeMail(ctx, "ann@example.com", feature.MailLimits{}),
		"Remember": p.addresses.Remember(ctx, time.Hour, nil),
		"Confirm":  p.addresses.Confirm(ctx, "ann@example.com", "t"),
	} {
		if err == nil || !strings.Contains(err.Error(), "not that of a request") {
			t.Errorf("%s: %v", name, err)
		}
	}
	p.addresses.Forget(ctx)
	if got := p.addresses.Remembered(ctx); got != nil {
		t.Errorf("remembered %v", got)
	}
}

// A feature that mails needs a store for tokens, one spelling of addresses, and a whole way.
func TestFaultsOfFeaturesThatMail(t *testing.T) {
	t.Parallel()
	serve := func(http.ResponseWriter, *http.Request) error { return nil }
	mailed := func(context.Context) (string, string) { return "", "" }
	for want, install := range map[string]func(*cardea.Host) error{
		"want Addresses once": func(h *cardea.Host) error { h.Addresses(nil, nil); return nil },
		"once, with a function": func(h *cardea.Host) error {
			h.Addresses(email.Normalize, nil)
			h.Addresses(email.Normalize, nil)
			return nil
		},
		"has Mailed; it then needs Start and Finish": func(h *cardea.Host) error {
			h.Offer(feature.Way{ID: "y", Name: "Y", Finish: serve, Mailed: mailed})
			return nil
		},
		"and no Fields": func(h *cardea.Host) error {
			h.Offer(feature.Way{
				ID: "y", Name: "Y", Start: serve, Finish: serve, Mailed: mailed, Fields: []feature.Field{{Name: "a"}},
			})
			return nil
		},
	} {
		newSite(t, func(c *cardea.Config) {
			broken := *c
			addFeature(&broken, "x", install)
			if _, err := cardea.New(broken); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("New: %v, want %q", err, want)
			}
		})
	}
	newSite(t, func(c *cardea.Config) {
		broken := *c
		broken.Adapter = struct{ cardea.Adapter }{c.Adapter}
		broken.Session.Strategy = cardea.StrategyJWT
		addPigeon(&broken, "x")
		if _, err := cardea.New(broken); err == nil || !strings.Contains(err.Error(), "(x): needs an Adapter that is "+
			"a TokenStore") {
			t.Errorf("New: %v", err)
		}
	})
}
