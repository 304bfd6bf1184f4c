package factor_test

import (
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/factor"
	"github.com/cardea-auth/cardea/provider"
)

// strongSite has a provider whose word about two factors counts, and Ann with an app. Somebody else
// has an account there, with two factors and an address.
func strongSite(t *testing.T, address string) (*site, *cardea.User) {
	t.Helper()
	issuer := cardeatest.NewIssuer(t)
	s := newSite(t, func(c *cardea.Config, _ *factor.Options) {
		idp := provider.OIDC("idp", "Identity Provider", provider.Client{
			ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL,
		})
		idp.LinkByVerifiedEmail, idp.TwoFactorAMR = true, []string{"mfa"}
		c.Providers = []cardea.Provider{idp}
	})
	u := s.user(t, annAddress)
	s.enter(t, u, "pwd").enrol()
	issuer.Next(cardeatest.Person{
		Subject: "666", Email: address, EmailVerified: true, Claims: map[string]any{"amr": []string{"pwd", "mfa"}},
	})
	return s, u
}

// Whoever has a session of Ann without her app, such as that of a remembered browser, links an
// account of their own.
func TestTwoFactorsOfAnAccountThatIsLinkedToTheSession(t *testing.T) {
	t.Parallel()
	s, u := strongSite(t, "thief@evil.example")
	thief := s.enterWithoutFactor(t, u)
	question := thief.post("/signin/idp?max_age=0").find(`name="question" value="([^"]*)"`)
	thief.post("/link", "question", question, "answer", "link")
	if got := thief.get("/level").body; got == "2" {
		t.Errorf("the session has level %s without Ann's app", got)
	}
	thief.post("/factor/remove", "id", s.factors(t, u)[0].ID)
	if n := len(s.factors(t, u)); n != 1 {
		t.Errorf("Ann has %d apps, want hers", n)
	}
}

// Whoever has Ann's mailbox alone makes an account with her address at the provider.
func TestTwoFactorsOfAnAccountThatIsLinkedByItsAddress(t *testing.T) {
	t.Parallel()
	s, u := strongSite(t, annAddress)
	thief := s.visitor(t)
	thief.post("/signin/idp")
	if thief.isSignedIn() {
		t.Error("signed in past Ann's app")
	}
	if n := len(s.factors(t, u)); n != 1 {
		t.Errorf("Ann has %d apps, want hers", n)
	}
}
