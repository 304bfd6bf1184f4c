package cardea_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/authjs"
)

// Differences from the original in docs/compatibility.md that the test of no endpoint shows.

// The original fires createUser when an account joins a user, too, and next-auth 4 calls that user
// new.
func TestAccountThatJoinsAUserCreatesNone(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]cardea.Protocol{"v5": cardea.ProtocolV5, "v4": cardea.ProtocolV4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d diary
			s := newSite(t, func(c *cardea.Config) {
				c.Protocol, c.Events = protocol, d.events(c.Adapter)
				second(c).LinkByVerifiedEmail = true
				c.Pages.NewUser = "/welcome"
			})
			if got := pass(t, stepper(t, s.URL), "idp", "1001"); got != s.URL+"/welcome?callbackUrl="+
				escaped(s.URL+"/") {
				t.Errorf("a new user is sent to %s", got)
			}
			d.take()
			if got := pass(t, stepper(t, s.URL), "other", "1001"); got != s.URL+"/" {
				t.Errorf("a user who is not new is sent to %s", got)
			}
			d.check(t, "an account that joins", "linkAccount ann@example.com other:1001 1001",
				"signIn ann@example.com other known")
		})
	}
}

// As in the original: the address is the user's own, and no account.
func TestMailMakesNoAccount(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := stepper(t, s.URL)
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	if got := s.accounts(t, "ann@example.com"); whoIs(b) != "ann@example.com" || len(got) > 0 {
		t.Errorf("signed in as %q with the accounts %q", whoIs(b), got)
	}
}

// The original links to whoever an expired session was of.
func TestExpiredSessionLinksNothing(t *testing.T) {
	t.Parallel()
	strategies(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy, c.Session.MaxAge = strategy, time.Minute
			second(c)
		})
		s.issuer.Next(bob)
		now := s.setClock()
		b := stepper(t, s.URL)
		pass(t, b, "idp", "1001")
		had := session(b)
		back := leave(t, b, "other", bob.Subject, "/")
		now.advance(80 * time.Second)  // for tokens have 15 seconds of tolerance
		keep(t, b, sessionCookie, had) // which the browser has dropped by itself
		comeBack(t, b, back)
		if got := s.accounts(t, "ann@example.com"); !slices.Equal(got, []string{"idp:1001"}) || whoIs(b) != bob.Email {
			t.Errorf("signed in as %q, and Ann has the accounts %q", whoIs(b), got)
		}
	})
}

// next-auth 4 gives a token 30 days at sign-in, whatever the session's age is.
func TestAgeOfATokenIsThatOfTheSession(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]cardea.Protocol{"v5": cardea.ProtocolV5, "v4": cardea.ProtocolV4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				c.Protocol, c.Session.Strategy, c.Session.MaxAge = protocol, cardea.StrategyJWT, time.Hour
			})
			b := stepper(t, s.URL)
			pass(t, b, "idp", "")
			version := map[cardea.Protocol]authjs.Version{
				cardea.ProtocolV5: authjs.VersionV5, cardea.ProtocolV4: authjs.VersionV4,
			}[protocol]
			reader, err := authjs.New(authjs.Config{Secret: secret, Version: version, InsecureCookies: true})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, s.URL, nil)
			r.Header.Set("Cookie", cookiesOf(b).String())
			claims, err := reader.Read(r)
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(claims.Expires()); left <= 0 || left > time.Hour {
				t.Errorf("the token is good for %v", left)
			}
		})
	}
}
