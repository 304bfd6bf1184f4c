package cardea_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/oauth"
)

// victimAddress belongs to the victim. The attacker was here first, and has told the application,
// or a provider, that it is the attacker's.
const victimAddress = "victim@example.com"

// kindsOfProviders are the ways in which a provider may prove who a person is.
var kindsOfProviders = []string{"oidc", "oauth2", "post", "custom"}

// prehijackedSite is a site with a provider of each kind that the application trusts with
// addresses, "good-oidc" and so on, and one of each kind that it does not trust, "weak-oidc" and so
// on. All of them say that they have verified the address of everybody.
type prehijackedSite struct {
	mailSite
	now       *clock
	passwords map[string]string // of users, by password; the application stores them
}

func newPrehijackedSite(t *testing.T, change func(*prehijackedSite, *cardea.Config, *email.Options)) *prehijackedSite {
	t.Helper()
	s := &prehijackedSite{passwords: map[string]string{}}
	s.mailSite = newMailSite(t, func(c *cardea.Config, o *email.Options) {
		addProvidersOfAllKinds(c, "weak-", false)
		addProvidersOfAllKinds(c, "good-", true)
		c.Callbacks.Session = func(_ context.Context, v *cardea.SessionView) error {
			v.User["id"] = v.Session.UserID
			return nil
		}
		if change != nil {
			change(s, c, o)
		}
	})
	s.now = s.setClock()
	return s
}

// addProvidersOfAllKinds adds one provider of each kind, all of them at the same server.
func addProvidersOfAllKinds(c *cardea.Config, prefix string, trusted bool) {
	base := idp(c)
	oidc, post, custom := *base, *base, *customProvider()
	oidc.ID, post.ID, custom.ID = prefix+"oidc", prefix+"post", prefix+"custom"
	post.FormPost = true
	custom.Identify = func(_ context.Context, r *oauth.Redirection) (oauth.Claims, error) {
		if !r.Once(r.Answer.Get("proof"), r.Now.Add(time.Minute)) {
			return nil, errors.New("used already")
		}
		return oauth.Claims{"id": r.Answer.Get("who"), "email": r.Answer.Get("email")}, nil
	}
	custom.Profile = func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
		return oauth.Profile{ID: raw.String("id"), Email: raw.String("email"), EmailVerified: true}, nil
	}
	oauth2 := addGitHub(c)
	oauth2.ID = prefix + "oauth2"
	for _, p := range []*oauth.Provider{&oidc, oauth2, &post, &custom} {
		p.LinkByVerifiedEmail = trusted
		if p != oauth2 {
			c.Providers = append(c.Providers, p)
		}
	}
}

// addPasswords adds a provider that checks the passwords of the site.
func addPasswords(s *prehijackedSite, c *cardea.Config) {
	c.Providers = append(c.Providers, &cardea.CredentialsProvider{
		ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "password"}},
		Authorize: func(_ context.Context, v map[string]string, _ *http.Request) (*cardea.User, error) {
			if id := s.passwords[v["password"]]; id != "" {
				return &cardea.User{ID: id}, nil
			}
			return nil, nil
		},
	})
}

// reportPasswords says which users have a password, for an application that checks it itself.
func reportPasswords(s *prehijackedSite, c *cardea.Config) {
	c.Callbacks.HasOtherCredential = func(_ context.Context, u *cardea.User) (bool, error) {
		return slices.Contains(slices.Collect(maps.Values(s.passwords)), u.ID), nil
	}
}

// begin begins a sign-in at a provider of any kind, and returns a function that finishes it.
func (s *prehijackedSite) begin(t *testing.T, b *cardeatest.Browser, provider string, p cardeatest.Person) func() {
	t.Helper()
	s.issuer.Next(p)
	path := provider + "?login_hint=" + url.QueryEscape(p.Subject)
	switch _, kind, _ := strings.Cut(provider, "-"); kind {
	case "custom":
		back := beginAtProvider(t, b, provider) + "&" +
			url.Values{"who": {p.Subject}, "email": {p.Email}, "proof": {s.now.now().String() + p.Subject}}.Encode()
		return func() { linkIfAsked(t, b, visit(t, b, back)) }
	case "post":
		form := providerForm(t, b, startSignIn(t, b, path, nil))
		return func() {
			res, err := b.PostForm(s.URL+"/api/auth/callback/"+provider, form)
			if err != nil {
				t.Fatal(err)
			}
			linkIfAsked(t, b, visit(t, b, buffered(t, res).Header.Get("Location")))
		}
	}
	callback := callbackURLOf(t, b, path)
	return func() { linkIfAsked(t, b, visit(t, b, callback)) }
}

// enter makes a whole sign-in at a provider of any kind.
func (s *prehijackedSite) enter(t *testing.T, b *cardeatest.Browser, provider string, p cardeatest.Person) {
	t.Helper()
	s.now.advance(time.Second)
	s.begin(t, b, provider, p)()
}

// victimsWays are all ways in which the owner of the address can prove it.
func victimsWays() map[string]func(*testing.T, *prehijackedSite, *cardeatest.Browser) {
	ways := map[string]func(*testing.T, *prehijackedSite, *cardeatest.Browser){
		"the link of a mail": func(t *testing.T, s *prehijackedSite, b *cardeatest.Browser) {
			visit(t, b, s.ask(t, b, victimAddress, "/").Link)
		},
		"the link of a mail, in another browser": func(t *testing.T, s *prehijackedSite, b *cardeatest.Browser) {
			confirm(t, b, s.ask(t, newBrowser(t, s.URL), victimAddress, "/").Link)
		},
		"the code of a mail": func(t *testing.T, s *prehijackedSite, b *cardeatest.Browser) {
			postCode(b, s.ask(t, b, victimAddress, "/").Code)
		},
	}
	for _, kind := range kindsOfProviders {
		ways["good-"+kind] = func(t *testing.T, s *prehijackedSite, b *cardeatest.Browser) {
			s.enter(t, b, "good-"+kind, newPerson("victim", victimAddress))
		}
	}
	return ways
}

// prehijack is what an attacker has done before the victim comes.
type prehijack struct {
	browsers []*cardeatest.Browser // in which the attacker is signed in
	again    []func()              // what the attacker does afterwards, to get in again
}

// anAttack is a kind of attack, and what the site must have for it.
type anAttack struct {
	change func(*prehijackedSite, *cardea.Config, *email.Options)
	run    func(*testing.T, *prehijackedSite) prehijack
}

// registerAt is an attacker who signs in at a provider as the owner of the victim's address.
func registerAt(t *testing.T, s *prehijackedSite, provider string) prehijack {
	t.Helper()
	attacker := newPerson("attacker", victimAddress)
	b, later := newBrowser(t, s.URL), newBrowser(t, s.URL)
	s.enter(t, b, provider, attacker)
	if s.accountOwner(t, provider, "attacker") == "" {
		t.Fatal("the attacker could not sign in")
	}
	return prehijack{[]*cardeatest.Browser{b, later}, []func(){func() { s.enter(t, later, provider, attacker) }}}
}

// attacks are the five variants of Sudhodanan and Paverd, in several ways each.
func attacks() map[string]anAttack {
	all := map[string]anAttack{
		"classic-federated merge: a password": {
			change: func(s *prehijackedSite, c *cardea.Config, _ *email.Options) { addPasswords(s, c) },
			run:    registerWithPassword,
		},
		"classic-federated merge: a password, and the application adopts users": {
			change: func(s *prehijackedSite, c *cardea.Config, o *email.Options) {
				addPasswords(s, c)
				o.Adopt = func(context.Context, *cardea.User) (bool, error) {
					clear(s.passwords)
					return true, nil
				}
			},
			run: registerWithPassword,
		},
		"classic-federated merge: a password that the application checks itself": {
			change: func(s *prehijackedSite, c *cardea.Config, _ *email.Options) { reportPasswords(s, c) },
			run: func(t *testing.T, s *prehijackedSite) prehijack {
				u := &cardea.User{Email: victimAddress}
				must(t, s.store.CreateUser(t.Context(), u))
				s.passwords["secret"] = u.ID
				b, later := newBrowser(t, s.URL), newBrowser(t, s.URL)
				signInDirectly(t, s.site, b, u)
				return prehijack{[]*cardeatest.Browser{b, later}, []func(){func() {
					if row, err := s.store.UserByID(t.Context(), s.passwords["secret"]); err == nil {
						signInDirectly(t, s.site, later, row)
					}
				}}}
			},
		},
		"classic-federated merge: an account, and the application adopts users": {
			change: func(_ *prehijackedSite, _ *cardea.Config, o *email.Options) {
				o.Adopt = func(context.Context, *cardea.User) (bool, error) { return true, nil }
			},
			run: func(t *testing.T, s *prehijackedSite) prehijack { return registerAt(t, s, "weak-oidc") },
		},
		"unexpired session: the credential is gone, the session is not": {run: keepOnlySession},
		"trojan identifier: more accounts and a passkey":                {run: addTrojans},
		"trojan identifier: a flow that ends later":                     {run: keepPendingLink},
		"unexpired email change: of a user with an account": {
			run: func(t *testing.T, s *prehijackedSite) prehijack {
				own := newPerson("attacker", "attacker@example.com")
				b, later := newBrowser(t, s.URL), newBrowser(t, s.URL)
				s.enter(t, b, "good-oidc", own)
				s.changeAddress(t, "attacker@example.com")
				return prehijack{[]*cardeatest.Browser{b, later},
					[]func(){func() { s.enter(t, later, "good-oidc", own) }}}
			},
		},
		"unexpired email change: of a user without a credential": {run: changeProvenAddress},
		"non-verifying IdP: a trusted one does not say so": {
			run: func(t *testing.T, s *prehijackedSite) prehijack {
				attacker := cardeatest.Person{Subject: "attacker", Email: victimAddress}
				b, later := newBrowser(t, s.URL), newBrowser(t, s.URL)
				s.enter(t, b, "good-oidc", attacker)
				return prehijack{[]*cardeatest.Browser{b, later},
					[]func(){func() { s.enter(t, later, "good-oidc", attacker) }}}
			},
		},
		"non-verifying IdP: every address counts as verified": {
			change: func(_ *prehijackedSite, c *cardea.Config, _ *email.Options) {
				for _, p := range c.Providers {
					if p, ok := p.(*oauth.Provider); ok && p.ID == "weak-post" {
						p.EmailVerification = oauth.EmailAlwaysVerified
					}
				}
			},
			run: func(t *testing.T, s *prehijackedSite) prehijack { return registerAt(t, s, "weak-post") },
		},
	}
	for _, kind := range kindsOfProviders {
		all["non-verifying IdP: weak-"+kind] = anAttack{run: func(t *testing.T, s *prehijackedSite) prehijack {
			return registerAt(t, s, "weak-"+kind)
		}}
	}
	return all
}

// registerWithPassword is an attacker who registers the victim's address with a password.
func registerWithPassword(t *testing.T, s *prehijackedSite) prehijack {
	u := &cardea.User{Email: victimAddress}
	must(t, s.store.CreateUser(t.Context(), u))
	s.passwords["secret"] = u.ID
	b, later := newBrowser(t, s.URL), newBrowser(t, s.URL)
	enter := func(b *cardeatest.Browser) { b.Post("/callback/password", url.Values{"password": {"secret"}}) }
	enter(b)
	return prehijack{[]*cardeatest.Browser{b, later}, []func(){func() { enter(later) }}}
}

// keepOnlySession is an attacker who has two sessions of a user without any credential.
func keepOnlySession(t *testing.T, s *prehijackedSite) prehijack {
	p := registerAt(t, s, "weak-oidc")
	p.again[0]()
	must(t, s.store.UnlinkAccount(t.Context(), "weak-oidc", "attacker"))
	return p
}

// addTrojans is an attacker who adds other accounts, and a passkey, to the user with the victim's
// address. One of the accounts is at a trusted provider, with an address that is the attacker's.
func addTrojans(t *testing.T, s *prehijackedSite) prehijack {
	p := registerAt(t, s, "weak-oidc")
	own, user := newPerson("trojan", "attacker@example.com"), s.accountOwner(t, "weak-oidc", "attacker")
	for _, provider := range []string{"weak-oauth2", "good-oidc", "good-custom"} {
		s.enter(t, p.browsers[0], provider, own)
		if got := s.accountOwner(t, provider, "trojan"); got != user {
			t.Fatalf("%s: the account is linked to %q", provider, got)
		}
		p.again = append(p.again, func() { s.enter(t, p.browsers[1], provider, own) })
	}
	must(t, s.store.CreateAuthenticator(t.Context(), &cardea.Authenticator{CredentialID: "a2V5", UserID: user}))
	return p
}

// keepPendingLink is an attacker who begins to link accounts, and finishes after the victim has
// come. Nobody can sign in as the user any more, so the user becomes the victim's.
func keepPendingLink(t *testing.T, s *prehijackedSite) prehijack {
	p := keepOnlySession(t, s)
	for _, provider := range []string{"weak-oauth2", "good-post", "weak-custom"} {
		p.again = append(p.again, s.begin(t, p.browsers[0], provider, newPerson("late", "attacker@example.com")))
	}
	return p
}

// changeProvenAddress is an attacker who has signed in by mail, asks for another mail and lets the
// application change the address to the victim's. Nobody has proven that one.
func changeProvenAddress(t *testing.T, s *prehijackedSite) prehijack {
	const own = "attacker@example.com"
	b, later := newBrowser(t, s.URL), newBrowser(t, s.URL)
	linkIfAsked(t, b, visit(t, b, s.ask(t, b, own, "/").Link))
	link := s.ask(t, later, own, "/").Link
	finish := s.begin(t, b, "weak-oidc", newPerson("late", own))
	s.changeAddress(t, own)
	return prehijack{[]*cardeatest.Browser{b, later}, []func(){func() { visit(t, later, link) }, finish}}
}

// changeAddress does what an application does if a user types a new address.
func (s *prehijackedSite) changeAddress(t *testing.T, from string) {
	t.Helper()
	u, err := s.store.UserByEmail(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	u.Email, u.EmailVerified = victimAddress, time.Time{}
	must(t, s.store.UpdateUser(t.Context(), u))
}

// userIDOf returns the id of the user who is signed in, or "" for nobody.
func userIDOf(b *cardeatest.Browser) string {
	user, _ := b.Session()["user"].(map[string]any)
	id, _ := user["id"].(string)
	return id
}

// Sudhodanan and Paverd, "Pre-hijacked accounts" (USENIX Security 2022): whatever an attacker does
// with the address of a victim before the victim comes, the victim's user has no account, passkey
// or session of the attacker, and the attacker does not get in afterwards.
func TestPrehijackedAddress(t *testing.T) {
	t.Parallel()
	for attack, a := range attacks() {
		for way, enter := range victimsWays() {
			t.Run(attack+"/"+way, func(t *testing.T) {
				t.Parallel()
				forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
					s := newPrehijackedSite(t, func(s *prehijackedSite, c *cardea.Config, o *email.Options) {
						c.Session.Strategy = strategy
						if strategy == cardea.StrategyJWT {
							c.Protocol = cardea.ProtocolV4
						}
						if a.change != nil {
							a.change(s, c, o)
						}
					})
					p := a.run(t, s)
					if got := s.emailOwner(t, victimAddress); got == "" || userIDOf(p.browsers[0]) != got {
						t.Fatalf("the attacker is signed in as %q; %q has the address", userIDOf(p.browsers[0]), got)
					}
					victim := newBrowser(t, s.URL)
					enter(t, s, victim)
					id := userIDOf(victim)
					if id == "" || signedInEmail(victim) != victimAddress || s.emailOwner(t, victimAddress) != id {
						t.Fatalf("the victim is signed in as %q, and %q has the address", id,
							s.emailOwner(t, victimAddress))
					}
					s.checkNotShared(t, p, id, "")
					for _, again := range p.again {

						again()
						s.checkNotShared(t, p, id, " afterwards")
					}
					if got := userIDOf(victim); got != id {
						t.Errorf("the victim is signed in as %q afterwards, want %q", got, id)
					}
				})
			})
		}
	}
}

// checkNotShared fails the test if the attacker has anything of the victim's user.
func (s *prehijackedSite) checkNotShared(t *testing.T, p prehijack, victim, when string) {
	t.Helper()
	for i, b := range p.browsers {
		if userIDOf(b) == victim {
			t.Errorf("the attacker's browser %d is signed in as the victim%s", i, when)
		}
	}
	accounts, err := s.store.Accounts(t.Context(), victim)
	others := func(a *cardea.Account) bool { return a.ProviderAccountID != "victim" }
	if err != nil || slices.ContainsFunc(accounts, others) {
		t.Errorf("the victim's user has the accounts %+v, %v%s", accounts, err, when)
	}
	keys, err := s.store.Authenticators(t.Context(), victim)
	if err != nil || len(keys) > 0 {
		t.Errorf("the victim's user has %d passkeys, %v%s", len(keys), err, when)
	}
}
