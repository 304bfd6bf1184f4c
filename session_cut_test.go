package cardea_test

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/email"
	"github.com/cardea-auth/cardea/provider"
)

const cutAddress = "victim@example.com"

// newCutSite is a site with JWT sessions on which an attacker has registered the victim's address,
// and the user belongs to the victim when the address is proven. It returns the attacker's browser.
func newCutSite(t *testing.T, change func(*cardea.Config, *email.Options)) (mailSite, *cardeatest.Browser) {
	t.Helper()
	s := newMailSite(t, func(c *cardea.Config, o *email.Options) {
		c.Session.Strategy = cardea.StrategyJWT
		o.Adopt = func(context.Context, *cardea.User) (bool, error) { return true, nil }
		if change != nil {
			change(c, o)
		}
	})
	s.issuer.Next(cardeatest.Person{Subject: "666", Email: cutAddress})
	return s, s.signedIn(t, "666")
}

// prove signs the victim in with the mail, in a new browser.
func (s mailSite) prove(t *testing.T) *cardeatest.Browser {
	t.Helper()
	b := newBrowser(t, s.URL)
	visit(t, b, s.ask(t, b, cutAddress, "/").Link)
	return b
}

// Sudhodanan and Paverd 2022, the unexpired session: when the owner of an address proves it, the
// sessions from before end. A JWT session that is used all the time gets new tokens all the time,
// also in the second of the proof.
func TestSessionThatPollsEndsWhenTheAddressIsProven(t *testing.T) {
	t.Parallel()
	for range 10 {
		s, attacker := newCutSite(t, nil)
		stop, polled := make(chan struct{}), make(chan struct{})
		var once sync.Once
		var polling sync.WaitGroup
		polling.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					if attacker.Session() == nil {
						return
					}
					once.Do(func() { close(polled) })
				}
			}
		})
		<-polled
		victim := s.prove(t)
		close(stop)
		polling.Wait()
		if got := signedInEmail(attacker); got != "" {
			t.Fatal("the attacker's session lives on")
		}
		if signedInEmail(victim) != cutAddress {
			t.Fatal("the victim is not signed in")
		}
		if again := s.prove(t); signedInEmail(again) != cutAddress || signedInEmail(victim) != cutAddress {
			t.Fatal("a later sign-in is not accepted, or ends the one before")
		}
	}
}

// What counts is the order of the sign-ins, whatever the clock says.
func TestSessionsBeforeTheProofEndWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]time.Duration{
		"it stands still": 0, "a millisecond": time.Millisecond, "a second": time.Second, "an hour": time.Hour,
		"it goes back a millisecond": -time.Millisecond, "it goes back a second": -time.Second,
		"it goes back half an hour": -30 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var now *clock
			s, before := newCutSite(t, nil)
			now = s.setClock()
			s.issuer.SetClock(now.now)
			attacker := s.signedIn(t, "666") // with this clock
			now.advance(step)
			copied := cookiesOf(attacker)
			attacker.Session() // renews the token
			victim := s.prove(t)
			for what, got := range map[string]string{
				"renewed": s.sessionBody(t, cookiesOf(attacker)), "copied": s.sessionBody(t, copied),
				"older": s.sessionBody(t, cookiesOf(before)),
			} {
				if got != "null" {
					t.Errorf("the %s session is accepted: %s", what, got)
				}
			}
			for range 2 {
				again := s.prove(t)
				if signedInEmail(victim) != cutAddress || signedInEmail(again) != cutAddress {
					t.Errorf("the victim's sessions: %q, %q", signedInEmail(victim), signedInEmail(again))
				}
			}
		})
	}
}

// A session of another process, whose clock is ahead, ends too if this process has seen it.
func TestSessionOfAnotherProcessEndsWhenTheAddressIsProven(t *testing.T) {
	t.Parallel()
	s, _ := newCutSite(t, nil)
	other := newSite(t, func(c *cardea.Config) {
		c.Session.Strategy, c.Adapter = cardea.StrategyJWT, s.store
		c.Providers = append(c.Providers, email.New(email.Options{From: "a@example.com", Sender: s.mails}))
		c.Providers[0] = provider.OIDC("idp", "Identity Provider",
			provider.Client{ID: s.issuer.ClientID, Secret: s.issuer.ClientSecret, Issuer: s.issuer.URL})
	})
	now := s.setClock()
	ahead := &clock{t: now.now().Add(20 * time.Second)}
	other.auth.SetClock(ahead.now)
	s.issuer.SetClock(now.now)
	attacker := other.signedIn(t, "666")
	attacker.Site = s.URL
	if attacker.Session() == nil {
		t.Fatal("the session of the other process is not accepted")
	}
	victim := s.prove(t)
	if attacker.Session() != nil || signedInEmail(victim) != cutAddress {
		t.Errorf("the attacker is signed in as %q, the victim as %q", signedInEmail(attacker), signedInEmail(victim))
	}
}

// A sign-in whose proof is older than the victim's, and whose session is made later, ends as well:
// here the attacker's password was checked before Adopt deleted it.
func TestSignInThatWasProvenBeforeEnds(t *testing.T) {
	t.Parallel()
	var s mailSite
	var user string
	during := func() {}
	s, _ = newCutSite(t, func(c *cardea.Config, _ *email.Options) {
		c.Providers = append(c.Providers, &cardea.CredentialsProvider{
			ID: "password", Name: "Password", Fields: []cardea.Field{{Name: "name"}},
			Authorize: func(context.Context, map[string]string, *http.Request) (*cardea.User, error) {
				during()
				return &cardea.User{ID: user}, nil
			},
		})
	})
	user = s.accountOwner(t, "idp", "666")
	var victim *cardeatest.Browser
	during = func() { during = func() {}; victim = s.prove(t) }
	attacker := newBrowser(t, s.URL)
	attacker.Post("/callback/password", url.Values{"name": {"x"}})
	if signedInEmail(attacker) != "" || signedInEmail(victim) != cutAddress {
		t.Errorf("the attacker is signed in as %q, the victim as %q", signedInEmail(attacker), signedInEmail(victim))
	}
	attacker.Post("/callback/password", url.Values{"name": {"x"}})
	if signedInEmail(attacker) != cutAddress {
		t.Error("a later sign-in with a password is not accepted")
	}
}

// The sessions of a deleted user end in the same order, in this process.
func TestJWTSessionsOfADeletedUserEndWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{0, time.Millisecond, time.Second, -time.Millisecond, -time.Hour} {
		s := newSite(t, func(c *cardea.Config) { c.Session.Strategy = cardea.StrategyJWT })
		now := s.setClock()
		s.issuer.SetClock(now.now)
		b := s.signedIn(t, "1001")
		now.advance(step)
		b.Session() // renews the token
		must(t, s.auth.DeleteUser(t.Context(), s.accountOwner(t, "idp", "1001")))
		if got := s.sessionBody(t, cookiesOf(b)); got != "null" {
			t.Errorf("after %v: %s", step, got)
		}
		if again := s.signedIn(t, "1001"); again.Session() == nil {
			t.Errorf("after %v: a new sign-in is not accepted", step)
		}
	}
}
