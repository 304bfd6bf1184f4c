package cardea_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/provider"
)

// site is an application under test: the real handler on a test server, with a fake identity
// provider that has the id "idp".
type site struct {
	*httptest.Server
	auth   *cardea.Auth
	issuer *cardeatest.Issuer
	store  *memadapter.Adapter
}

func newSite(t *testing.T, change func(*cardea.Config)) *site {
	t.Helper()
	s := &site{issuer: cardeatest.NewIssuer(t), store: memadapter.New()}
	c := cardea.Config{
		Secret:  secret,
		Adapter: s.store,
		Providers: []cardea.Provider{
			provider.OIDC("idp", "Identity Provider",
				provider.Client{ID: s.issuer.ClientID, Secret: s.issuer.ClientSecret, Issuer: s.issuer.URL}),
		},
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	if change != nil {
		change(&c)
	}
	auth, err := cardea.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.auth = auth
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Server.Close)
	return s
}

// clock stands still unless a test advances it. It is safe for concurrent use.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

// setClock gives the site a clock. It must be called before the first request.
func (s *site) setClock() *clock {
	c := &clock{t: time.Now().Truncate(time.Second)}
	s.auth.SetClock(c.now)
	return c
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// sessionToken returns the value of the browser's session cookie, or "" if it has none.
func sessionToken(b *cardeatest.Browser) string { return cookiesOf(b)[sessionCookie] }

// signedIn returns a browser that is signed in at idp as the person that hint names, and that does
// not follow redirects.
func (s *site) signedIn(t *testing.T, hint string) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.SignIn(t, s.URL, "idp", hint)
	b.CheckRedirect = stopAtRedirect
	return b
}

// beginAs begins a sign-in as the person that hint names, and returns the callback URL to which the
// provider redirects.
func beginAs(t *testing.T, b *cardeatest.Browser, provider, hint, callbackURL string) string {
	t.Helper()
	return consent(t, b, startSignIn(t, b, provider+"?login_hint="+url.QueryEscape(hint),
		url.Values{"callbackUrl": {callbackURL}}))
}

// openCallback opens a callback URL and returns where the site redirects.
func openCallback(t *testing.T, b *cardeatest.Browser, callback string) string {
	t.Helper()
	res := linkIfAsked(t, b, visit(t, b, callback))
	if res.StatusCode != http.StatusFound && res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the callback answers %s, want a redirect", res.Status)
	}
	return res.Header.Get("Location")
}

// linkIfAsked answers the question whether to link an account with yes, if the response is the page
// that asks. Otherwise it returns the response.
func linkIfAsked(t testing.TB, b *cardeatest.Browser, res *http.Response) *http.Response {
	t.Helper()
	return answerLink(t, b, res, "link")
}

// answerLink answers the question whether to link an account, if the response is the page that
// asks.
func answerLink(t testing.TB, b *cardeatest.Browser, res *http.Response, answer string) *http.Response {
	t.Helper()
	form, asked := formsOf(t, res)["/link"]
	if !asked {
		return res
	}
	form.Set("answer", answer)
	return b.Post("/link", form)
}

// signInAt makes a whole sign-in, and returns where it ends.
func signInAt(t *testing.T, b *cardeatest.Browser, provider, hint string) string {
	t.Helper()
	return openCallback(t, b, beginAs(t, b, provider, hint, "/"))
}

// signedInEmail returns the e-mail address of the user who is signed in, or "" for nobody.
func signedInEmail(b *cardeatest.Browser) string {
	user, _ := b.Session()["user"].(map[string]any)
	email, _ := user["email"].(string)
	return email
}

// bob is a second person. Each issuer knows Ann from the start.
var bob = cardeatest.Person{Subject: "2002", Name: "Bob Example", Email: "bob@example.com", EmailVerified: true}

// accounts returns the accounts of a user, as provider:id.
func (s *site) accounts(t *testing.T, email string) []string {
	t.Helper()
	u, err := s.store.UserByEmail(t.Context(), email)
	if err != nil {
		t.Fatalf("the user of %s: %v", email, err)
	}
	list, err := s.store.Accounts(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, a := range list {
		keys = append(keys, a.Provider+":"+a.ProviderAccountID)
	}
	return keys
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	for _, strategy := range []cardea.Strategy{cardea.StrategyDatabase, cardea.StrategyJWT} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
			b := cardeatest.SignIn(t, s.URL, "idp", "")
			user := b.Session()["user"].(map[string]any)
			if user["email"] != "ann@example.com" || user["name"] != "Ann Example" {
				t.Errorf("user = %v", user)
			}
			b.SignOut()
			if got := b.Session(); got != nil {
				t.Errorf("the session after sign-out is %v, want none", got)
			}
		})
	}
}

func TestLinkingWhileSignedIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c) })
	s.issuer.Next(bob)
	b := cardeatest.SignIn(t, s.URL, "idp", "ann@example.com")
	before := sessionToken(b)
	b.SignIn("other", bob.Subject) // with another address, which does not matter
	if got := signedInEmail(b); got != "ann@example.com" {
		t.Errorf("signed in as %q after linking, want the same user", got)
	}
	if got := s.accounts(t, "ann@example.com"); !slices.Equal(got, []string{"idp:1001", "other:2002"}) {
		t.Errorf("accounts = %v", got)
	}
	if _, err := s.store.UserByEmail(t.Context(), bob.Email); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("linking created a second user: %v", err)
	}
	if after := sessionToken(b); after == before {
		t.Error("the session is the same before and after linking")
	}
	if got := signedInEmail(cardeatest.SignIn(t, s.URL, "other", bob.Subject)); got != "ann@example.com" {
		t.Errorf("the linked account signs in as %q", got)
	}
}

// The log says why an account is not linked, and which setting could change it.
func TestLogSaysWhyAnAccountIsNotLinked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		trusted, verified bool
		want              string
	}{
		{false, true, "set LinkByVerifiedEmail of the provider if you trust it"},
		{true, false, "the provider does not say that it has verified it"},
	} {
		var log logRecorder
		s := newSite(t, func(c *cardea.Config) {
			addSecondProvider(c).LinkByVerifiedEmail = tc.trusted
			c.Logger = log.logger()
		})
		cardeatest.SignIn(t, s.URL, "idp", "1001")
		s.issuer.Next(cardeatest.Person{Subject: "2", Email: "ann@example.com", EmailVerified: tc.verified})
		signInWith(t, newBrowser(t, s.URL), "other")
		log.checkFailure(t, string(cardea.CodeAccountNotLinked), tc.want)
	}
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
	s.issuer.Next(bob)
	cardeatest.SignIn(t, s.URL, "idp", "")
	b := newBrowser(t, s.URL)
	signInWith(t, b, "idp?login_hint=1001")
	signInWith(t, b, "idp?login_hint=2002")
	log.checkFailure(t, string(cardea.CodeAccountNotLinked), "another user than the one who is signed in")
}

// checkNotLinked fails the test unless the visitor was sent to the sign-in page, which explains the
// refusal.
func (s *site) checkNotLinked(t *testing.T, b *cardeatest.Browser, location string) {
	t.Helper()
	if want := s.URL + "/api/auth/signin?error=OAuthAccountNotLinked"; location != want {
		t.Fatalf("sent to %q, want %q", location, want)
	}
	page := visit(t, b, location)
	if body := text(t, page); page.StatusCode != http.StatusOK ||
		!strings.Contains(body, "sign in the way you did the first time") {
		t.Errorf("the sign-in page answers %s, or does not say how to sign in", page.Status)
	}
}

func TestLinkingAnotherUsersAccountIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c) })
	s.issuer.Next(bob)
	cardeatest.SignIn(t, s.URL, "other", bob.Subject)
	b := s.signedIn(t, "ann@example.com")
	s.checkNotLinked(t, b, signInAt(t, b, "other", bob.Subject))
	if got := signedInEmail(b); got != "ann@example.com" {
		t.Errorf("signed in as %q afterwards", got)
	}
	if got := s.accounts(t, bob.Email); !slices.Equal(got, []string{"other:2002"}) {
		t.Errorf("bob's accounts = %v", got)
	}
	if got := s.accounts(t, "ann@example.com"); !slices.Equal(got, []string{"idp:1001"}) {
		t.Errorf("ann's accounts = %v", got)
	}
}

// PocketBase CVE-2024-38351 and CVE-2026-44166: an address that was not proven when its user was
// created links no account. Only a provider that the application trusts with addresses proves one.
func TestLinkingByEmail(t *testing.T) {
	t.Parallel()
	const refused, linked, newUser = "refused", "linked", "a new user, who gets the address"
	for _, tc := range []struct {
		name                          string
		firstTrusted, secondTrusted   bool // LinkByVerifiedEmail
		firstVerified, secondVerified any  // email_verified
		want                          string
	}{
		{"verified by both, both are trusted", true, true, true, true, linked},
		{"verified by both, only the first is trusted", true, false, true, true, refused},
		{"verified by both, only the second is trusted", false, true, true, true, newUser},
		{"verified by both, none is trusted", false, false, true, true, refused},
		{"not verified by the first, both are trusted", true, true, false, true, newUser},
		{"not verified by the first, none is trusted", false, false, false, true, refused},
		{"no email_verified from the first, none is trusted", false, false, nil, true, refused},
		{"not verified by the second, both are trusted", true, true, true, false, refused},
		{"no email_verified from the second, both are trusted", true, true, true, nil, refused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				addSecondProvider(c).LinkByVerifiedEmail = tc.secondTrusted
				idp(c).LinkByVerifiedEmail = tc.firstTrusted
			})
			s.issuer.Next(cardeatest.Person{Subject: "1", Email: "eve@example.com", EmailVerified: tc.firstVerified})
			cardeatest.SignIn(t, s.URL, "idp", "1")
			s.issuer.Next(cardeatest.Person{Subject: "2", Email: "Eve@Example.COM", EmailVerified: tc.secondVerified})
			b := newBrowser(t, s.URL)
			location := signInAt(t, b, "other", "2")
			accounts := s.accounts(t, "eve@example.com")
			if tc.want == refused {
				s.checkNotLinked(t, b, location)
				if b.Session() != nil || !slices.Equal(accounts, []string{"idp:1"}) {
					t.Errorf("session = %v, accounts = %v", b.Session(), accounts)
				}
				return
			}
			want := []string{"other:2"}
			if tc.want == linked {
				want = []string{"idp:1", "other:2"}
			}
			if signedInEmail(b) != "eve@example.com" || !slices.Equal(accounts, want) {
				t.Errorf("sent to %q, session = %v, accounts = %v", location, b.Session(), accounts)
			}
		})
	}
}

// A flow belongs to the user who was signed in when it began. Otherwise an attacker's flow,
// finished in the browser of a user who has signed in meanwhile, would link the attacker's account
// to that user.
func TestFlowBegunBeforeSignInDoesNotLink(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c) })
	s.issuer.Next(bob)
	b := newBrowser(t, s.URL)
	callback := beginAs(t, b, "other", bob.Subject, "/")
	signInAt(t, b, "idp", "ann@example.com")
	openCallback(t, b, callback)
	if got := s.accounts(t, "ann@example.com"); !slices.Equal(got, []string{"idp:1001"}) {
		t.Errorf("ann's accounts = %v", got)
	}
	if got := s.accounts(t, bob.Email); !slices.Equal(got, []string{"other:2002"}) {
		t.Errorf("bob's accounts = %v", got)
	}
	if got := signedInEmail(b); got != bob.Email {
		t.Errorf("signed in as %q, want %q, who signed in last", got, bob.Email)
	}
}

func TestFlowFinishedAfterSignOutDoesNotLink(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c) })
	s.issuer.Next(bob)
	b := s.signedIn(t, "ann@example.com")
	callback := beginAs(t, b, "other", bob.Subject, "/")
	b.Post("/signout", nil)
	openCallback(t, b, callback)
	if got := s.accounts(t, "ann@example.com"); !slices.Equal(got, []string{"idp:1001"}) {
		t.Errorf("ann's accounts = %v", got)
	}
	if got := signedInEmail(b); got != bob.Email {
		t.Errorf("signed in as %q", got)
	}
}

func TestTwoTabsBothFinish(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = strategy })
		b := newBrowser(t, s.URL)
		first := beginAs(t, b, "idp", "1001", "/first?a=b")
		second := beginAs(t, b, "idp", "1001", "/second")
		if got, want := openCallback(t, b, first), s.URL+"/first?a=b"; got != want {
			t.Errorf("the first tab ends at %q, want %q", got, want)
		}
		if got, want := openCallback(t, b, second), s.URL+"/second"; got != want {
			t.Errorf("the second tab ends at %q, want %q", got, want)
		}
		if got := signedInEmail(b); got != "ann@example.com" {
			t.Errorf("signed in as %q", got)
		}
		for name := range cookiesOf(b) {
			if strings.HasPrefix(name, stateCookiePrefix) {
				t.Errorf("the cookie %s is left in the browser", name)
			}
		}
	})
}

func TestTokensAreRenewedAtEachSignIn(t *testing.T) {
	t.Parallel()
	offline := newSite(t, func(c *cardea.Config) {
		idp(c).Scopes = []string{"openid", "email", "offline_access"}
	})
	online := newSite(t, func(c *cardea.Config) { // the same store and provider, without refresh tokens
		c.Adapter = offline.store
		p := idp(c)
		p.ClientID, p.ClientSecret, p.Issuer = offline.issuer.ClientID, offline.issuer.ClientSecret, offline.issuer.URL
		p.Scopes = []string{"openid", "email"}
	})
	account := func(site *site) cardea.Account {
		cardeatest.SignIn(t, site.URL, "idp", "1001")
		u, err := offline.store.UserByEmail(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		list, err := offline.store.Accounts(t.Context(), u.ID)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d accounts, %v", len(list), err)
		}
		return *list[0]
	}
	first, second, third := account(offline), account(offline), account(online)
	if first.RefreshToken == "" || second.RefreshToken == first.RefreshToken {
		t.Error("the refresh token was not stored, or not replaced by a newer one")
	}
	if third.RefreshToken != second.RefreshToken {
		t.Error("the refresh token was dropped when the provider sent none")
	}
	if first.AccessToken == "" || second.AccessToken == first.AccessToken || third.AccessToken == second.AccessToken {
		t.Error("the access token was not renewed")
	}
	if first.IDToken == "" || second.IDToken == first.IDToken {
		t.Error("the ID token was not renewed")
	}
	if first.Type != cardea.TypeOIDC || first.TokenType != "bearer" || first.Scope != "openid email offline_access" ||
		third.Scope != "openid email" {
		t.Errorf("type %q, token type %q, scope %q and then %q", first.Type, first.TokenType, first.Scope, third.Scope)
	}
	if left := time.Until(first.ExpiresAt); left < 59*time.Minute || left > time.Hour {
		t.Errorf("the access token expires in %v, want an hour", left)
	}
}
