package password_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/password"
	"github.com/cardea-auth/cardea/provider"
)

// prehijackedSite is a site with passwords, the account page, sign-in by mail, and two providers:
// the application trusts "good" with addresses, and "weak" not. Both say that they have verified
// the address of everybody.
type prehijackedSite struct {
	*site
	issuer *cardeatest.Issuer
}

const mallorysPassword = "the sentence of somebody else"

func newPrehijackedSite(t *testing.T) *prehijackedSite {
	t.Helper()
	s := &prehijackedSite{issuer: cardeatest.NewIssuer(t,
		cardeatest.Person{Subject: "mallory", Email: ann, EmailVerified: true, Name: "Mallory"},
		cardeatest.Person{Subject: "ann", Email: ann, EmailVerified: true, Name: "Ann"},
	)}
	s.site = newSite(t, func(c *cardea.Config, o *password.Options) {
		withAccount(c, o)
		for _, id := range []string{"good", "weak"} {
			p := provider.OIDC(id, id, provider.Client{
				ID: s.issuer.ClientID, Secret: s.issuer.ClientSecret, Issuer: s.issuer.URL,
			})
			p.LinkByVerifiedEmail = id == "good"
			c.Providers = append(c.Providers, p)
		}
		c.Callbacks.Session = func(_ context.Context, v *cardea.SessionView) error {
			v.User["id"] = v.Session.UserID
			return nil
		}
	})
	return s
}

// who returns the id of the user who is signed in, and "" for nobody.
func who(b *cardeatest.Browser) string {
	user, _ := b.Session()["user"].(map[string]any)
	id, _ := user["id"].(string)
	return id
}

// register adds a user with the address of the victim, which nobody has proven, and the attacker's
// password, as an application does that lets people in before the proof. It returns a browser in
// which the attacker is signed in.
func (s *prehijackedSite) register(t *testing.T) *cardeatest.Browser {
	t.Helper()
	u := &cardea.User{Name: "Mallory", Email: ann}
	if err := s.store.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := s.passwords.Set(t.Context(), u.ID, mallorysPassword); err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	wantEnd(t, signIn(t, b, ann, mallorysPassword), "/")
	return b
}

// prehijacks are the five variants of Sudhodanan and Paverd, "Pre-hijacked accounts" (USENIX
// Security 2022). Each returns the browser of the attacker, and what the attacker does after the
// victim has come.
var prehijacks = map[string]func(t *testing.T, s *prehijackedSite) (mallory *cardeatest.Browser, after func()){
	"classic-federated merge: the password of the attacker": func(t *testing.T, s *prehijackedSite) (
		*cardeatest.Browser, func(),
	) {
		s.register(t)
		b := s.browser(t)
		return b, func() { signIn(t, b, ann, mallorysPassword) }
	},
	"unexpired session": func(t *testing.T, s *prehijackedSite) (*cardeatest.Browser, func()) {
		return s.register(t), func() {}
	},
	"trojan identifier: an account of the attacker at a provider": func(t *testing.T, s *prehijackedSite) (
		*cardeatest.Browser, func(),
	) {
		s.register(t).SignIn("weak", "mallory") // links it
		b := s.browser(t)
		return b, func() { b.Post("/signin/weak?login_hint=mallory", nil) }
	},
	"unexpired change of the address": func(t *testing.T, s *prehijackedSite) (*cardeatest.Browser, func()) {
		u := s.user(t, "mallory@example.com", mallorysPassword)
		b := s.browser(t)
		wantEnd(t, signIn(t, b, u.Email, mallorysPassword), "/")
		wantEnd(t, post(t, b, "/account/address", url.Values{"email": {ann}}), sentPage+"address_mailed")
		open(t, b, s.mail(t, ann, "Confirm"))
		return b, func() {
			post(t, b, "/account/address/confirm", nil)
			again := s.browser(t)
			signIn(t, again, ann, mallorysPassword)
			if id := who(again); id != "" {
				t.Error("the password of the attacker is that of the address")
			}
		}
	},
	"a provider that verifies nothing": func(t *testing.T, s *prehijackedSite) (*cardeatest.Browser, func()) {
		b := s.browser(t)
		b.SignIn("weak", "mallory")
		return b, func() { b.Post("/signin/weak?login_hint=mallory", nil) }
	},
}

// comings are the ways in which the owner of an address comes to the site.
var comings = map[string]func(t *testing.T, s *prehijackedSite, b *cardeatest.Browser){
	"signs up": func(t *testing.T, s *prehijackedSite, b *cardeatest.Browser) {
		post(t, b, "/password/signup", url.Values{"email": {ann}})
		open(t, b, s.mail(t, ann, "Sign up"))
		wantEnd(t, post(t, b, "/password/choose", url.Values{"password": {first}}), "/")
	},
	"has forgotten the password": func(t *testing.T, s *prehijackedSite, b *cardeatest.Browser) {
		post(t, b, "/password/forgot", url.Values{"email": {ann}})
		if u, _ := s.store.UserByEmail(t.Context(), ann); u == nil { // nobody has the address yet
			post(t, b, "/password/signup", url.Values{"email": {ann}})
		}
		open(t, b, s.mail(t, ann, "Sign up"))
		wantEnd(t, post(t, b, "/password/choose", url.Values{"password": {first}}), "/")
	},
	"comes through a provider": func(_ *testing.T, _ *prehijackedSite, b *cardeatest.Browser) {
		b.SignIn("good", "ann")
	},
}

// Class 15: whatever an attacker does with the address of a victim before the victim comes, the
// victim's user has no password, account or session of the attacker, who does not get in
// afterwards.
func TestPrehijackedAddress(t *testing.T) {
	t.Parallel()
	for attack, prepare := range prehijacks {
		for coming, come := range comings {
			t.Run(attack+", the owner "+coming, func(t *testing.T) {
				t.Parallel()
				s := newPrehijackedSite(t)
				mallory, after := prepare(t, s)
				victim := s.browser(t)
				come(t, s, victim)
				owner, err := s.store.UserByEmail(t.Context(), ann)
				if err != nil || who(victim) != owner.ID || owner.EmailVerified.IsZero() || owner.Name == "Mallory" {
					t.Fatalf("the owner is %s, the address belongs to %+v, %v", who(victim), owner, err)
				}
				after()
				if id := who(mallory); id == owner.ID {
					t.Error("the attacker is signed in as the owner")
				}
				if again := s.browser(t); signIn(t, again, ann, mallorysPassword) == "/" || who(again) != "" {
					t.Error("the password of the attacker signs in")
				}
				if u, err := s.store.UserByAccount(t.Context(), "weak", "mallory"); err == nil && u.ID == owner.ID {
					t.Error("the owner has the account of the attacker")
				}
				now, err := s.store.UserByEmail(t.Context(), ann)
				if err != nil || now.ID != owner.ID || who(victim) != owner.ID {
					t.Errorf("afterwards, the address belongs to %+v, %v", now, err)
				}
			})
		}
	}
}
