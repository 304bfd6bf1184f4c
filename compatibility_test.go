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

// Differences from Auth.js in docs/compatibility.md that no test of an endpoint shows.

// Auth.js also fires createUser when an account is linked to an existing user, and next-auth 4
// reports that user as new.
func TestLinkingAnAccountIsNoNewUser(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]cardea.Protocol{"v5": cardea.ProtocolV5, "v4": cardea.ProtocolV4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d eventRecorder
			s := newSite(t, func(c *cardea.Config) {
				c.Protocol, c.Events = protocol, d.events(c.Adapter)
				idp(c).LinkByVerifiedEmail = true
				addSecondProvider(c)
				c.Pages.NewUser = "/welcome"
			})
			if got := signInAt(t, newBrowser(t, s.URL), "idp", "1001"); got != s.URL+"/welcome?callbackUrl="+
				cookieEscape(s.URL+"/") {
				t.Errorf("a new user is redirected to %s", got)
			}
			d.take()
			if got := signInAt(t, newBrowser(t, s.URL), "other", "1001"); got != s.URL+"/" {
				t.Errorf("an existing user is redirected to %s", got)
			}
			d.check(t, "linking an account", "linkAccount ann@example.com other:1001 1001",
				"signIn ann@example.com other known")
		})
	}
}

// As in Auth.js, an address is part of the user, and sign-in by mail stores no account.
func TestSignInByMailStoresNoAccount(t *testing.T) {
	t.Parallel()
	s := newMailSite(t, nil)
	b := newBrowser(t, s.URL)
	visit(t, b, s.ask(t, b, "ann@example.com", "/").Link)
	if got := s.accounts(t, "ann@example.com"); signedInEmail(b) != "ann@example.com" || len(got) > 0 {
		t.Errorf("signed in as %q with the accounts %q", signedInEmail(b), got)
	}
}

// Auth.js links an account to the user of an expired session.
func TestExpiredSessionDoesNotLink(t *testing.T) {
	t.Parallel()
	forEachStrategy(t, func(t *testing.T, strategy cardea.Strategy) {
		s := newSite(t, func(c *cardea.Config) {
			c.Session.Strategy, c.Session.MaxAge = strategy, time.Minute
			addSecondProvider(c)
		})
		s.issuer.Next(bob)
		now := s.setClock()
		b := newBrowser(t, s.URL)
		signInAt(t, b, "idp", "1001")
		had := sessionToken(b)
		back := beginAs(t, b, "other", bob.Subject, "/")
		now.advance(80 * time.Second)         // JWTs are accepted for 15 seconds more
		storeCookie(t, b, sessionCookie, had) // the browser has deleted the expired cookie
		openCallback(t, b, back)
		got := s.accounts(t, "ann@example.com")
		if !slices.Equal(got, []string{"idp:1001"}) || signedInEmail(b) != bob.Email {
			t.Errorf("signed in as %q, and Ann has the accounts %q", signedInEmail(b), got)
		}
	})
}

// next-auth 4 issues JWTs for 30 days at sign-in, whatever the maximum age of sessions is.
func TestJWTExpiresWithTheSession(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]cardea.Protocol{"v5": cardea.ProtocolV5, "v4": cardea.ProtocolV4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) {
				c.Protocol, c.Session.Strategy, c.Session.MaxAge = protocol, cardea.StrategyJWT, time.Hour
			})
			b := newBrowser(t, s.URL)
			signInAt(t, b, "idp", "")
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
				t.Errorf("the token expires in %v, want an hour", left)
			}
		})
	}
}
