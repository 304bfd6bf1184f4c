package factor_test

import (
	"context"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// provenSite is a site at which a stranger has a user with Ann's address, and an app.
type provenSite struct {
	*site
	issuer   *cardeatest.Issuer
	squatted *cardea.User
	app      *app
	stranger *visitor
}

// squat makes the site. If hasAccount is true, the stranger has an account at a provider too.
func squat(t *testing.T, adopt, hasAccount bool, change func(*cardea.Config, *factor.Options)) *provenSite {
	t.Helper()
	s := &provenSite{issuer: cardeatest.NewIssuer(t)}
	s.site = newSite(t, func(c *cardea.Config, o *factor.Options) {
		idp := provider.OIDC("idp", "Identity Provider", provider.Client{
			ID: s.issuer.ClientID, Secret: s.issuer.ClientSecret, Issuer: s.issuer.URL,
		})
		idp.LinkByVerifiedEmail = true
		c.Providers = []cardea.Provider{idp, email.New(email.Options{
			From: o.From, Sender: o.Sender,
			Adopt: func(context.Context, *cardea.User) (bool, error) { return adopt, nil },
		})}
		if change != nil {
			change(c, o)
		}
	})
	s.squatted = &cardea.User{Name: "Stranger", Email: annAddress}
	if err := s.store.CreateUser(t.Context(), s.squatted); err != nil {
		t.Fatal(err)
	}
	if hasAccount {
		err := s.store.LinkAccount(t.Context(), &cardea.Account{
			UserID: s.squatted.ID, Type: "oidc", Provider: "idp", ProviderAccountID: "666",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.stranger = s.enter(t, s.squatted, "pwd otp")
	s.app, _ = s.stranger.enrol()
	return s
}

// byMail signs Ann in with a mail, as far as the site lets her.
func (s *provenSite) byMail(t *testing.T) (*visitor, page) {
	t.Helper()
	v := s.visitor(t)
	v.post("/signin/email", "email", annAddress)
	return v, v.get(strings.TrimPrefix(s.linkTo(t, annAddress, "Sign in"), s.URL))
}

// byProvider signs Ann in with an account of hers, as far as the site lets her.
func (s *provenSite) byProvider(t *testing.T) (*visitor, page) {
	t.Helper()
	s.issuer.Next(cardeatest.Person{Subject: "7", Email: annAddress, EmailVerified: true})
	v := s.visitor(t)
	return v, v.post("/signin/idp")
}

// Whatever was set up before the first proof of an address does not hold its owner (pre-hijacking,
// Sudhodanan and Paverd 2022). It is gone, and whoever set it up is out.
func TestAppFromBeforeTheFirstProofOfAnAddress(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		hasAccount bool
		signIn     func(*provenSite, *testing.T) (*visitor, page)
	}{
		"adopted, by mail":                       {true, (*provenSite).byMail},
		"without another credential, by mail":    {false, (*provenSite).byMail},
		"without another credential, a provider": {false, (*provenSite).byProvider},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, required := range []bool{false, true} {
				s := squat(t, true, tc.hasAccount, func(_ *cardea.Config, o *factor.Options) {
					o.RequiredFor = func(context.Context, *cardea.User) bool { return required }
				})
				owner, p := tc.signIn(s, t)
				if required {
					if p.at != "/api/auth/factor/required" || owner.isSignedIn() {
						t.Fatalf("required: ended at %s", p.at)
					}
					if n := len(s.factors(t, s.squatted)); n != 0 {
						t.Errorf("the owner sets up an app beside %d", n)
					}
					own := s.appOf(t, p)
					owner.post("/factor/required", "code", own.code(0))
				}
				if !owner.isSignedIn() {
					t.Fatalf("required %t: ended at %s", required, p.at)
				}
				want := 0
				if required {
					want = 1
				}
				if n := len(s.factors(t, s.squatted)); n != want {
					t.Errorf("required %t: %d apps, want %d", required, n, want)
				}
				if !required && s.countRecoveryCodes(t, s.squatted) != 0 {
					t.Error("the stranger's recovery codes are left")
				}
				if s.stranger.isSignedIn() {
					t.Error("the stranger is still signed in")
				}
			}
		})
	}
}

// If the person does not become the user, nothing of the user ends.
func TestAppOfAUserWhoIsNotAdopted(t *testing.T) {
	t.Parallel()
	s := squat(t, false, true, nil)
	owner, p := s.byMail(t)
	if !owner.isSignedIn() {
		t.Errorf("a new user: ended at %s", p.at)
	}
	if n := len(s.factors(t, s.squatted)); n != 1 || !s.stranger.isSignedIn() {
		t.Errorf("the other user has %d apps, signed in: %t", n, s.stranger.isSignedIn())
	}
}

// A proof of an address by the account of the user is no way past the user's own app. Nor is a
// later proof.
func TestAppOfAUserWhoseAddressIsProvenByTheAccount(t *testing.T) {
	t.Parallel()
	s := squat(t, true, false, nil)
	err := s.store.LinkAccount(t.Context(), &cardea.Account{
		UserID: s.squatted.ID, Type: "oidc", Provider: "idp", ProviderAccountID: "7",
	})
	if err != nil {
		t.Fatal(err)
	}
	v, p := s.byProvider(t)
	if p.at != "/api/auth/factor/challenge" || v.isSignedIn() {
		t.Fatalf("ended at %s", p.at)
	}
	if v.post("/factor/challenge", "code", s.app.next()); !v.isSignedIn() {
		t.Fatal("the app of the user does not count")
	}
	if v, p = s.byMail(t); p.at != "/api/auth/factor/challenge" || v.isSignedIn() {
		t.Errorf("a mail after the first proof: ended at %s", p.at)
	}
}

// An acr or amr of the ID token stands for the second factor where the application says so, and
// nothing else does.
func TestTwoFactorsAtTheProvider(t *testing.T) {
	t.Parallel()
	acr, amr := []string{"urn:example:mfa"}, []string{"mfa", "hwk"}
	for name, tc := range map[string]struct {
		claims   map[string]any
		acr, amr []string // of the provider's configuration
		userinfo bool     // the claims come from there alone
		want     bool
	}{
		"acr":                   {claims: map[string]any{"acr": "urn:example:mfa"}, acr: acr, want: true},
		"amr":                   {claims: map[string]any{"amr": []string{"pwd", "mfa"}}, amr: amr, want: true},
		"nothing is configured": {claims: map[string]any{"acr": "urn:example:mfa", "amr": []string{"mfa"}}},
		"another acr":           {claims: map[string]any{"acr": "urn:example:pwd"}, acr: acr, amr: amr},
		"acr in another case":   {claims: map[string]any{"acr": "URN:EXAMPLE:MFA"}, acr: acr, amr: amr},
		"another amr":           {claims: map[string]any{"amr": []string{"pwd", "otp"}}, acr: acr, amr: amr},
		"an acr in amr":         {claims: map[string]any{"amr": []string{"urn:example:mfa"}}, acr: acr, amr: amr},
		"an amr in acr":         {claims: map[string]any{"acr": "mfa"}, acr: acr, amr: amr},
		"amr is a text":         {claims: map[string]any{"amr": "mfa"}, acr: acr, amr: amr},
		"amr has a list":        {claims: map[string]any{"amr": []any{[]string{"mfa"}}}, acr: acr, amr: amr},
		"acr is a list":         {claims: map[string]any{"acr": []string{"urn:example:mfa"}}, acr: acr, amr: amr},
		"acr is empty":          {claims: map[string]any{"acr": "", "amr": []string{""}}, acr: acr, amr: amr},
		"acr is null":           {claims: map[string]any{"acr": nil}, acr: acr, amr: amr},
		"both are missing":      {acr: acr, amr: amr},
		"acr of the userinfo":   {claims: map[string]any{"acr": "urn:example:mfa"}, acr: acr, userinfo: true},
		"amr of the userinfo":   {claims: map[string]any{"amr": []string{"mfa"}}, amr: amr, userinfo: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := cardeatest.NewIssuer(t)
			s := newSite(t, func(c *cardea.Config, _ *factor.Options) {
				idp := provider.OIDC("idp", "Identity Provider", provider.Client{
					ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL,
				})
				idp.TwoFactorACR, idp.TwoFactorAMR = tc.acr, tc.amr
				if tc.userinfo {
					idp.UseUserinfo = true
					idp.FetchUserinfo = func(context.Context, *oauth.CodeGrant) (oauth.Claims, error) {
						claims := oauth.Claims{"sub": "7"}
						for name, value := range tc.claims {
							claims[name] = value
						}
						return claims, nil
					}
				}
				c.Providers = []cardea.Provider{idp}
			})
			u := s.user(t, annAddress)
			err := s.store.LinkAccount(t.Context(), &cardea.Account{
				UserID: u.ID, Type: "oidc", Provider: "idp", ProviderAccountID: "7",
			})
			if err != nil {
				t.Fatal(err)
			}
			s.enter(t, u, "pwd").enrol()
			p := cardeatest.Person{Subject: "7"}
			if !tc.userinfo {
				p.Claims = tc.claims
			}
			issuer.Next(p)
			v := s.visitor(t)
			// What the browser adds to the request proves nothing.
			at := v.post("/signin/idp?acr_values=urn:example:mfa&acr=urn:example:mfa&amr=mfa").at
			if v.isSignedIn() != tc.want || !tc.want && at != "/api/auth/factor/challenge" {
				t.Fatalf("signed in: %t, at %s", v.isSignedIn(), at)
			}
			if tc.want {
				all, err := s.Sessions(t.Context(), u.ID)
				if err != nil || all[0].Level != 2 || strings.Join(all[0].Methods, " ") != "fed mfa" {
					t.Errorf("the session: level %d, %q, %v", all[0].Level, all[0].Methods, err)
				}
			}
		})
	}
}

// The settings are checked.
func TestTwoFactorsAtTheProviderConfiguration(t *testing.T) {
	t.Parallel()
	for _, values := range [][]string{{""}, {"*"}} {
		_, err := cardea.New(cardea.Config{
			Secret: strings.Repeat("s", 32), Providers: []cardea.Provider{&oauth.Provider{
				ID: "idp", Name: "I", Type: oauth.TypeOIDC, ClientID: "c", ClientSecret: "s",
				Issuer: "https://idp.example", TwoFactorACR: values,
			}},
		})
		if err == nil || !strings.Contains(err.Error(), "TwoFactorACR") {
			t.Errorf("%q: %v", values, err)
		}
	}
	hub := provider.GitHub(provider.Client{ID: "c", Secret: "s"})
	hub.TwoFactorAMR = []string{"mfa"}
	_, err := cardea.New(cardea.Config{Secret: strings.Repeat("s", 32), Providers: []cardea.Provider{hub}})
	if err == nil || !strings.Contains(err.Error(), "TwoFactorAMR") {
		t.Errorf("without ID tokens: %v", err)
	}
}
