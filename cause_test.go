package cardea_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
)

// The cause of a failure names the setting that is wrong and what to do, because it is all that
// somebody has at the first try of a new provider.
func TestCauseNamesTheCure(t *testing.T) {
	t.Parallel()
	const clock = "; if every sign-in fails so, the clock of this machine or of the issuer is wrong"
	misbehave := func(how cardeatest.Misbehaviour) func(*site, *cardea.Config) {
		return func(s *site, _ *cardea.Config) { s.issuer.Misbehave(how) }
	}
	for _, tc := range []struct {
		name   string
		change func(*site, *cardea.Config)
		want   string
	}{
		{"a wrong client secret", func(_ *site, c *cardea.Config) { idp(c).ClientSecret = "guess" },
			"invalid_client; compare ClientID and ClientSecret with the application that is registered there"},
		{"no client secret", func(_ *site, c *cardea.Config) { idp(c).ClientSecret = "" },
			"a ClientSecret that is empty is not sent, which is right for public clients alone"},
		{"a clock that is ahead", misbehave(cardeatest.ExpPast), "exp: in the past" + clock},
		{"a clock that is behind", misbehave(cardeatest.IatFuture), "iat: in the future" + clock},
		{"a clock that is behind, by nbf", misbehave(cardeatest.NbfFuture), "nbf: in the future; if every"},
		{"another issuer", misbehave(cardeatest.IssForeign), "iss: not the configured issuer; set Issuer to exactly"},
		{"another client", misbehave(cardeatest.AudForeign), "aud: not for this client; compare ClientID with"},
		{"no time at all", misbehave(cardeatest.ExpMissing), "exp: missing, or not a number"},
		{"a token endpoint on this machine", func(s *site, c *cardea.Config) {
			p := idp(c)
			p.DiscoveryURL, p.TokenURL = "", s.issuer.URL+"/token"
			p.Issuer, p.AuthorizationURL = "https://idp.example", s.issuer.URL+"/authorize"
			p.JWKSURL, p.UserinfoURL = s.issuer.URL+"/jwks", s.issuer.URL+"/userinfo"
		}, "calls to 127.0.0.1 are not allowed, since only this machine or network should reach it; if a server of " +
			"yours is there, give its URL that address, or localhost, or set an HTTPClient of your own"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			var config *cardea.Config
			s := newSite(t, func(c *cardea.Config) { c.Logger, config = log.logger(), c })
			tc.change(s, config)
			auth, err := cardea.New(*config)
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(auth)
			t.Cleanup(server.Close)
			b := newBrowser(t, server.URL)
			if idp(config).Issuer == "https://idp.example" {
				visit(t, b, server.URL+"/api/auth/callback/idp?code=c&iss=https://idp.example&state="+stateOf(t, b, "idp"))
			} else {
				signInWith(t, b, "idp")
			}
			log.checkFailure(t, "CallbackRouteError", tc.want)
		})
	}
}

// Whoever opens the site as 127.0.0.1 gets the cookie of the flow for that name, and comes back to
// localhost without it.
func TestCauseNamesTheOtherHost(t *testing.T) {
	t.Parallel()
	var log logRecorder
	s := newSite(t, func(c *cardea.Config) { c.Logger = log.logger() })
	state := stateOf(t, newBrowser(t, s.URL), "idp")
	visit(t, newBrowser(t, s.URL), s.URL+"/api/auth/callback/idp?code=c&state="+state)
	log.checkFailure(t, "InvalidCheck", "it began at another host name than that of "+s.URL)
}

// stateOf begins a sign-in and returns its state.
func stateOf(t *testing.T, b *cardeatest.Browser, provider string) string {
	t.Helper()
	to, err := b.Post("/signin/"+provider, nil).Location()
	if err != nil {
		t.Fatal(err)
	}
	return to.Query().Get("state")
}

// A company's own identity provider has a certificate of the company, which a container does not
// know.
func TestCauseNamesTheAuthorityOfACertificate(t *testing.T) {
	t.Parallel()
	var log logRecorder
	own := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(own.Close)
	s := newSite(t, func(c *cardea.Config) {
		c.Logger = log.logger()
		c.Providers = []cardea.Provider{
			provider.OIDC("sso", "SSO", provider.Client{ID: "id", Secret: "secret", Issuer: own.URL}),
		}
	})
	newBrowser(t, s.URL).Post("/signin/sso", nil)
	log.checkFailure(t, "OAuthSignInError", "if the authority is your own, set an HTTPClient that has it in RootCAs")
}

// The issuer that is typed is the first thing that goes wrong: with a slash too many, of another
// realm, or of a page.
func TestCauseNamesTheIssuer(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"/":      "discovered issuer is not the configured one; set Issuer to exactly what the provider says, ISSUER",
		"/realm": "status 404; Issuer must be the URL below which the provider has /.well-known/openid-configuration",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logRecorder
			var issuer string
			s := newSite(t, func(c *cardea.Config) {
				c.Logger, issuer = log.logger(), idp(c).Issuer
				idp(c).Issuer += name
			})
			newBrowser(t, s.URL).Post("/signin/idp", nil)
			log.checkFailure(t, "OAuthSignInError", strings.ReplaceAll(want, "ISSUER", issuer))
		})
	}
}
