package cardea_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
)

// newPerson returns a person whom the provider can sign in, with a verified address.
func newPerson(subject, email string) cardeatest.Person {
	return cardeatest.Person{Subject: subject, Name: "Person " + subject, Email: email, EmailVerified: true}
}

// accountOwner returns the id of the user to whom an account is linked, or "".
func (s *site) accountOwner(t testing.TB, provider, subject string) string {
	t.Helper()
	u, err := s.store.UserByAccount(t.Context(), provider, subject)
	if errors.Is(err, cardea.ErrNotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// emailOwner returns the id of the user who has an e-mail address, or "".
func (s *site) emailOwner(t testing.TB, email string) string {
	t.Helper()
	u, err := s.store.UserByEmail(t.Context(), email)
	if errors.Is(err, cardea.ErrNotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// signInWith makes a whole sign-in, and returns the response of the callback.
func signInWith(t testing.TB, b *cardeatest.Browser, path string) *http.Response {
	t.Helper()
	return linkIfAsked(t, b, visit(t, b, callbackURLOf(t, b, path)))
}

// PocketBase CVE-2024-38351 and CVE-2026-44166: an attacker who registered a victim's address
// first, at a provider that did not verify it, must not share a user with the victim, even if the
// application links accounts by verified addresses.
func TestUnverifiedAddressOfAUserLinksNoAccount(t *testing.T) {
	t.Parallel()
	for _, link := range []bool{false, true} {
		t.Run(fmt.Sprintf("link by verified e-mail %t", link), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { addSecondProvider(c).LinkByVerifiedEmail = link })
			s.issuer.Next(cardeatest.Person{Subject: "attacker", Email: "victim@example.com", EmailVerified: false})
			attacker := newBrowser(t, s.URL)
			signInWith(t, attacker, "idp")
			before := s.accountOwner(t, "idp", "attacker")
			if before == "" {
				t.Fatal("the attacker could not sign in")
			}

			s.issuer.Next(newPerson("victim", "victim@example.com"))
			victim := newBrowser(t, s.URL)
			if res := signInWith(t, victim, "other"); !link {
				checkSignInFailed(t, s, res, cardea.CodeAccountNotLinked)
			}
			if (victim.Session() != nil) != link { // a trusted provider's word makes a new user; see the next test
				t.Errorf("the victim is signed in: %t", !link)
			}
			if got := s.accountOwner(t, "other", "victim"); got == before || (got != "") != link {
				t.Errorf("the victim's account is linked to %q; the attacker's user is %s", got, before)
			}
			accounts, err := s.store.Accounts(t.Context(), before)
			if err != nil || len(accounts) != 1 {
				t.Errorf("the attacker's user has %d accounts, %v", len(accounts), err)
			}
		})
	}
}

// Authorizer CVE-2026-35511, Better Auth GHSA-g38m-r43w-p2q7, omniauth-microsoft_graph
// CVE-2024-21632, omniauth-apple CVE-2020-26254: an address that the provider did not verify links
// no account, whatever email_verified looks like.
func TestAddressThatTheProviderDidNotVerifyLinksNoAccount(t *testing.T) {
	t.Parallel()
	for _, verified := range []any{
		false, nil, "false", "true", "1", 0, 1, []bool{true}, map[string]bool{"verified": true},
	} {
		t.Run(fmt.Sprintf("%T %v", verified, verified), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				idp(c).LinkByVerifiedEmail = true // so that Ann's address is proven
				addSecondProvider(c)
			})
			cardeatest.SignIn(t, s.URL, "idp", "")
			ann := s.emailOwner(t, "ann@example.com")

			s.issuer.Next(cardeatest.Person{Subject: "attacker", Email: "Ann@Example.com", EmailVerified: verified})
			b := newBrowser(t, s.URL)
			checkSignInFailed(t, s, signInWith(t, b, "other"), cardea.CodeAccountNotLinked)
			if b.Session() != nil {
				t.Error("signed in by an unverified address")
			}
			if got := s.accountOwner(t, "other", "attacker"); got != "" {
				t.Errorf("the account is linked to %s; Ann is %s", got, ann)
			}
		})
	}
}

// The opposite of the two tests above: with an address that is verified on both sides, by providers
// that the application trusts with that, the same steps link the account.
func TestVerifiedAddressLinksAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		idp(c).LinkByVerifiedEmail = true
		addSecondProvider(c)
	})
	cardeatest.SignIn(t, s.URL, "idp", "")
	cardeatest.SignIn(t, s.URL, "other", "")
	if got, want := s.accountOwner(t, "other", "1001"), s.accountOwner(t, "idp", "1001"); got != want {
		t.Errorf("the account is linked to %s, want %s", got, want)
	}
}

// omniauth-microsoft_graph CVE-2024-21632: a person whose address at the provider becomes that of
// another user signs in as before, and the stored address does not change.
func TestAddressChangedAtTheProviderChangesNoUser(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { idp(c).LinkByVerifiedEmail = true })
	cardeatest.SignIn(t, s.URL, "idp", "")
	s.issuer.Next(newPerson("2002", "bob@example.com"))
	cardeatest.SignIn(t, s.URL, "idp", "2002")
	ann, bob := s.emailOwner(t, "ann@example.com"), s.emailOwner(t, "bob@example.com")

	s.issuer.Next(newPerson("2002", "ann@example.com"))
	b := cardeatest.SignIn(t, s.URL, "idp", "2002")
	if email := b.Session()["user"].(map[string]any)["email"]; email != "bob@example.com" {
		t.Errorf("signed in as %v", email)
	}
	if s.emailOwner(t, "ann@example.com") != ann || s.emailOwner(t, "bob@example.com") != bob ||
		s.accountOwner(t, "idp", "2002") != bob {
		t.Error("an address or an account belongs to another user now")
	}
}

// Supabase Auth CVE-2026-31813: an ID token of another issuer is refused, although it is valid for
// the same client, person and nonce.
func TestIDTokenOfAnotherIssuerIsRefused(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { idp(c).LinkByVerifiedEmail, c.Logger = true, log.logger() })
	cardeatest.SignIn(t, s.URL, "idp", "")
	s.issuer.Misbehave(cardeatest.TokenOfStranger)
	b := newBrowser(t, s.URL)
	checkSignInFailed(t, s, signInWith(t, b, "idp"), cardea.CodeConfiguration)
	log.checkFailure(t, "CallbackRouteError", "id token: ")
	if b.Session() != nil {
		t.Error("signed in by a token of another issuer")
	}
}

// go-pkgz/auth CVE-2026-42560 and Better Auth #9456: a person without an id is refused. Otherwise
// all such persons would be the same user.
func TestPersonWithoutIDIsRefused(t *testing.T) {
	t.Parallel()
	ids := []any{
		nil, "", " ", "\t", "null", "NULL", "undefined", "<nil>", "nil", "NaN", "[object Object]", "%!s(<nil>)",
		"%!d(<nil>)", true, []string{"7"}, map[string]string{"id": "7"},
	}
	for _, provider := range []string{"idp", "github"} {
		for _, id := range ids {
			t.Run(fmt.Sprintf("%s %T %q", provider, id, fmt.Sprint(id)), func(t *testing.T) {
				t.Parallel()
				var store *recordingStore
				s := newSite(t, func(c *cardea.Config) {
					addGitHub(c)
					store = recordCalls(c)
				})
				s.issuer.Next(cardeatest.Person{
					Subject: "7", Email: "a@example.com", EmailVerified: true,
					Claims: map[string]any{"sub": id, "id": id},
				})
				b := newBrowser(t, s.URL)
				checkSignInFailed(t, s, signInWith(t, b, provider), cardea.CodeConfiguration)
				if b.Session() != nil {
					t.Error("signed in without an id")
				}
				if w := store.writes(); len(w) > 0 {
					t.Errorf("writes = %v, want none", w)
				}
			})
		}
	}
}

// A number is a valid id, and stays exact beyond the precision of a float64.
func TestNumericIDsAreExact(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addGitHub(c) })
	s.issuer.Next(newPerson("9007199254740993", "a@example.com"))
	cardeatest.SignIn(t, s.URL, "github", "")
	s.issuer.Next(newPerson("9007199254740992", "b@example.com"))
	cardeatest.SignIn(t, s.URL, "github", "")
	a, b := s.accountOwner(t, "github", "9007199254740993"), s.accountOwner(t, "github", "9007199254740992")
	if a == "" || b == "" || a == b {
		t.Errorf("users = %q and %q, want two", a, b)
	}
}

// Tinyauth CVE-2026-33544: 200 parallel sign-ins of different persons at one provider do not mix.
func TestParallelSignInsDoNotMix(t *testing.T) {
	t.Parallel()
	const visitors = 200
	var persons []cardeatest.Person
	for i := range visitors {
		persons = append(persons, newPerson(fmt.Sprint("p", i), fmt.Sprintf("p%d@example.com", i)))
	}
	s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT })
	for _, p := range persons {
		s.issuer.Next(p)
	}
	browsers, callbacks := make([]*cardeatest.Browser, visitors), make([]string, visitors)
	for i := range visitors {
		browsers[i] = newBrowser(t, s.URL)
		callbacks[i] = callbackURLOf(t, browsers[i], fmt.Sprintf("idp?login_hint=p%d", i))
	}
	var wg sync.WaitGroup
	for i := range visitors {
		wg.Go(func() {
			res, err := browsers[i].Get(callbacks[i])
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
		})
	}
	wg.Wait()
	for i, b := range browsers {
		session := b.Session()
		if session == nil {
			t.Errorf("visitor %d has no session", i)
			continue
		}
		if got, want := session["user"].(map[string]any)["email"], fmt.Sprintf("p%d@example.com", i); got != want {
			t.Errorf("visitor %d is signed in as %v, want %s", i, got, want)
		}
	}
}

// The notice of django-allauth about preferred_username, and go-pkgz's GitHub login: a user name at
// the provider, which can change, does not identify a person.
func TestUserNameIsNotAnID(t *testing.T) {
	t.Parallel()
	for provider, claim := range map[string]string{"github": "login", "idp": "preferred_username"} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { addGitHub(c) })
			signIn := func(subject, email, name string) string {
				p := newPerson(subject, email)
				p.Claims = map[string]any{claim: name}
				s.issuer.Next(p)
				cardeatest.SignIn(t, s.URL, provider, "")
				return s.accountOwner(t, provider, subject)
			}
			bob := signIn("7", "bob@example.com", "bob")
			if renamed := signIn("7", "bob@example.com", "robert"); renamed != bob {
				t.Errorf("after a renaming the user is %s, want %s", renamed, bob)
			}
			if other := signIn("8", "eve@example.com", "bob"); other == bob || other == "" {
				t.Errorf("the person who took the old name is user %q; its former owner is %s", other, bob)
			}
		})
	}
}

// Zitadel CVE-2025-46815, RFC 9700: a callback URL works once, even with the same cookies.
func TestCallbackWorksOnce(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
	b := newBrowser(t, s.URL)
	callback := callbackURLOf(t, b, "idp")
	before := cookiesOf(b)
	if res := send(t, callback, before, nil); res.Header.Get("Location") != s.URL {
		t.Fatalf("the first callback leads to %s", res.Header.Get("Location"))
	}
	requests := s.issuer.Requests(cardeatest.Token)
	res := send(t, callback, before, nil)
	checkSignInFailed(t, s, res, cardea.CodeInvalidCheck)
	log.checkFailure(t, "InvalidCheck", "used already")
	if n := s.issuer.Requests(cardeatest.Token); n != requests {
		t.Error("the code was sent to the provider again")
	}
}

// The cookie of a flow is accepted for a moment after its 15 minutes, because the clocks of two
// servers may differ. A used one is remembered as long.
func TestCallbackWorksOnceAsLongAsItsCookieIsAccepted(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	now := s.setClock()
	b := newBrowser(t, s.URL)
	callback := callbackURLOf(t, b, "idp")
	before := cookiesOf(b)
	if res := send(t, callback, before, nil); res.Header.Get("Location") != s.URL {
		t.Fatalf("the first callback leads to %s", res.Header.Get("Location"))
	}
	requests, begun := s.issuer.Requests(cardeatest.Token), now.now()
	for _, after := range []time.Duration{
		time.Second, 15*time.Minute - time.Second, 15 * time.Minute, 15*time.Minute + time.Second,
		15*time.Minute + 14*time.Second, 15*time.Minute + 15*time.Second, 15*time.Minute + 30*time.Second,
	} {
		now.advance(begun.Add(after).Sub(now.now()))
		checkSignInFailed(t, s, send(t, callback, before, nil), cardea.CodeInvalidCheck)
		if n := s.issuer.Requests(cardeatest.Token); n != requests {
			t.Fatalf("after %v the code was sent to the provider again", after)
		}
	}
}

// Zitadel CVE-2025-46815: of parallel callbacks one succeeds.
func TestOfParallelCallbacksOneSucceeds(t *testing.T) {
	t.Parallel()
	var store *recordingStore
	s := newSite(t, func(c *cardea.Config) { store = recordCalls(c) })
	b := newBrowser(t, s.URL)
	callback := callbackURLOf(t, b, "idp")
	cookie := cookiesOf(b).String()
	client := &http.Client{CheckRedirect: stopAtRedirect, Transport: ownTransport}
	var mu sync.Mutex
	answers := map[string]int{}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			req, err := http.NewRequest(http.MethodGet, callback, nil)
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Cookie", cookie)
			res, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			answers[withoutRestart(t, res.Header.Get("Location"))]++
		})
	}
	wg.Wait()
	if answers[s.URL] != 1 || answers[s.URL+"/api/auth/error?error=InvalidCheck"] != 49 {
		t.Errorf("redirects = %v, want one to the site and 49 to the error page", answers)
	}
	if n := s.issuer.Requests(cardeatest.Token); n != 1 {
		t.Errorf("%d token requests, want one", n)
	}
	if got := strings.Join(store.writes(), " "); got != "CreateUser LinkAccount CreateSession" {
		t.Errorf("writes = %s", got)
	}
}

// Zitadel CVE-2025-64717, authentik CVE-2025-53942 and Pocket ID CVE-2026-43983: a sign-in that has
// begun cannot be finished at a provider that was removed from the configuration meanwhile.
func TestRemovedProviderIsRefused(t *testing.T) {
	t.Parallel()
	var config cardea.Config
	s := newSite(t, func(c *cardea.Config) {
		addSecondProvider(c)
		config = *c
	})
	b := newBrowser(t, s.URL)
	callback := callbackURLOf(t, b, "other")

	config.Providers = config.Providers[:1]
	after, err := cardea.New(config)
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = after
	res := visit(t, b, callback)
	if want := s.URL + "/api/auth/error?error=InvalidCheck"; res.Header.Get("Location") != want {
		t.Errorf("the callback leads to %s, want %s", res.Header.Get("Location"), want)
	}
	if res := b.Post("/signin/other", nil); strings.HasPrefix(res.Header.Get("Location"), s.issuer.URL) {
		t.Error("a sign-in begins at the removed provider")
	}
	if b.Session() != nil || s.accountOwner(t, "other", "1001") != "" || s.issuer.Requests(cardeatest.Token) != 0 {
		t.Error("signed in at the removed provider")
	}
}

// Zitadel CVE-2025-64717, authentik CVE-2025-53942, Pocket ID CVE-2026-43983 and OWASP ASVS 5.0 V7:
// the sessions of a disabled user are refused everywhere, and the user cannot sign in again.
func TestDisabledUserIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		var mu sync.Mutex
		disabled := false
		isDisabled := func() bool {
			mu.Lock()
			defer mu.Unlock()
			return disabled
		}
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy = strategy
			c.Callbacks.Authorized = func(context.Context, *cardea.Session) (bool, error) { return !isDisabled(), nil }
			c.Callbacks.SignIn = func(context.Context, *cardea.SignIn) (string, error) {
				if isDisabled() {
					return "", errors.New("disabled")
				}
				return "", nil
			}
		})
		s.Config.Handler = newApplication(s.auth)
		b := newBrowser(t, s.URL)
		signInWith(t, b, "idp")
		if got := visit(t, b, s.URL+"/guarded").StatusCode; got != http.StatusOK {
			t.Fatalf("before the user is disabled: %d", got)
		}
		begun := newBrowser(t, s.URL)
		callback := callbackURLOf(t, begun, "idp")

		mu.Lock()
		disabled = true
		mu.Unlock()
		for _, path := range []string{"/guarded", "/typed"} {
			if got := visit(t, b, s.URL+path).StatusCode; got != http.StatusUnauthorized {
				t.Errorf("%s: %d", path, got)
			}
		}
		if got := text(t, visit(t, b, s.URL+"/loaded")); got != "nobody" {
			t.Errorf("Load: %s", got)
		}
		if b.Session() != nil {
			t.Error("GET session returns a session")
		}
		form := url.Values{"csrfToken": {b.CSRFToken()}, "data": {"{}"}}
		res := send(t, s.URL+"/api/auth/session", cookiesOf(b), form)
		if got := text(t, res); got != "null" || res.StatusCode != http.StatusOK {
			t.Errorf("POST session: %s %s", res.Status, got)
		}
		checkSignInFailed(t, s, visit(t, begun, callback), cardea.CodeAccessDenied)
		checkSignInFailed(t, s, signInWith(t, newBrowser(t, s.URL), "idp"), cardea.CodeAccessDenied)
	})
}

// newApplication returns the handler of an application: the endpoints of auth, /guarded behind
// Require, /typed behind Handle, and /loaded behind Load.
func newApplication(auth *cardea.Auth) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/auth/", auth)
	mux.Handle("/guarded", auth.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, cardea.SessionFrom(r.Context()).UserID)
	})))
	mux.Handle("/typed", cardea.Handle(auth, func(w http.ResponseWriter, _ *http.Request, u *cardea.User) {
		fmt.Fprint(w, u.ID)
	}))
	mux.Handle("/loaded", auth.Load(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := cardea.SessionFrom(r.Context()); s != nil {
			fmt.Fprint(w, s.UserID)
			return
		}
		fmt.Fprint(w, "nobody")
	})))
	return mux
}

// Zitadel CVE-2026-55670, Better Auth GHSA-2vg6-77g8-24mp and OWASP ASVS 5.0 V7: a new user with
// the address of a deleted one gets neither sessions nor accounts of that user.
func TestNewUserInheritsNothingFromADeletedOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c).LinkByVerifiedEmail = true })
	old := cardeatest.SignIn(t, s.URL, "idp", "")
	first := s.emailOwner(t, "ann@example.com")
	if err := s.store.DeleteUser(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if old.Session() != nil {
		t.Error("the deleted user is signed in")
	}

	s.issuer.Next(newPerson("2002", "ann@example.com"))
	b := cardeatest.SignIn(t, s.URL, "other", "")
	next := s.emailOwner(t, "ann@example.com")
	if next == first || b.Session() == nil {
		t.Fatalf("the new user is %s, the old one was %s", next, first)
	}
	if old.Session() != nil {
		t.Error("the deleted user's session is signed in as the new user")
	}
	accounts, err := s.store.Accounts(t.Context(), next)
	if err != nil || len(accounts) != 1 || accounts[0].ProviderAccountID != "2002" {
		t.Errorf("the new user has the accounts %v, %v", accounts, err)
	}
	if got := s.accountOwner(t, "idp", "1001"); got != "" {
		t.Errorf("the deleted user's account belongs to %s", got)
	}
	b = newBrowser(t, s.URL)
	checkSignInFailed(t, s, signInWith(t, b, "idp?login_hint=1001"), cardea.CodeAccountNotLinked)
}

// entityStore is a store whose users have another column, Role.
type entityStore struct {
	*recordingStore
	created *member
}

type member struct{ ID, Name, Role string }

func (s *entityStore) NewUser() any { return &member{Role: "USER"} }

func (s *entityStore) CreateUser(ctx context.Context, u *cardea.User) error {
	s.created = u.Entity.(*member)
	return s.recordingStore.CreateUser(ctx, u)
}

func (s *entityStore) UserByID(ctx context.Context, id string) (*cardea.User, error) {
	u, err := s.recordingStore.UserByID(ctx, id)
	if err == nil {
		u.Entity = &member{ID: u.ID, Name: u.Name, Role: "USER"}
	}
	return u, err
}

// Better Auth #10196: claims of a profile that are not mapped reach neither the user's row nor the
// session.
func TestUnmappedClaimsAreNotStored(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		for _, provider := range []string{"idp", "github"} {
			t.Run(provider, func(t *testing.T) {
				t.Parallel()
				var store *entityStore
				s := newSite(t, func(c *cardea.Config) {
					addGitHub(c)
					store = &entityStore{recordingStore: recordCalls(c)}
					c.Adapter, c.Session.Strategy = store, strategy
				})
				claims := map[string]any{
					"role": "ADMIN", "Role": "ADMIN", "emailVerified": "2020-01-01T00:00:00Z", "EmailVerified": true,
					"ID": "1", "userId": "1", "user_id": "1", "Entity": map[string]string{"Role": "ADMIN"},
				}
				if provider == "idp" {
					claims["id"] = "1"
				}
				s.issuer.Next(cardeatest.Person{
					Subject: "7", Name: "Eve", Email: "eve@example.com", EmailVerified: false, Claims: claims,
				})
				b := newBrowser(t, s.URL)
				signInWith(t, b, provider)

				u, err := s.store.UserByAccount(t.Context(), provider, "7")
				if err != nil {
					t.Fatal(err)
				}
				if u.ID == "1" || !u.EmailVerified.IsZero() || u.Name != "Eve" {
					t.Errorf("user = %+v", u)
				}
				if want := (member{Role: "USER"}); *store.created != want {
					t.Errorf("entity = %+v, want %+v", *store.created, want)
				}
				body := s.sessionBody(t, cookiesOf(b))
				if strings.Contains(body, "ADMIN") || !strings.Contains(body, `"name":"Eve"`) {
					t.Errorf("session = %s", body)
				}
			})
		}
	})
}

// A signed-in user cannot take another user's account, and a flow that began without a session does
// not link the account to a user who signs in meanwhile.
func TestAccountIsNotLinkedToAnotherUser(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) { addSecondProvider(c) })
	cardeatest.SignIn(t, s.URL, "idp", "")
	s.issuer.Next(newPerson("2002", "bob@example.com"))
	bob := newBrowser(t, s.URL)
	signInWith(t, bob, "idp")

	// Bob, signed in, signs in with Ann's account.
	checkSignInFailed(t, s, signInWith(t, bob, "idp?login_hint=1001"), cardea.CodeAccountNotLinked)
	if email := bob.Session()["user"].(map[string]any)["email"]; email != "bob@example.com" {
		t.Errorf("Bob became %v", email)
	}

	// The flow begins without a session, and the browser has Bob's session when it ends.
	s.issuer.Next(newPerson("3003", "eve@example.com"))
	b := newBrowser(t, s.URL)
	callback := callbackURLOf(t, b, "other")
	send(t, callback, cookiesOf(b).with(sessionCookie, cookiesOf(bob)[sessionCookie]), nil)
	if eve := s.accountOwner(t, "other", "3003"); eve == "" || eve == s.accountOwner(t, "idp", "2002") {
		t.Errorf("the account belongs to %q; Bob is %s", eve, s.accountOwner(t, "idp", "2002"))
	}
}
