package relyingparty_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// result is how a scenario ended at a relying party.
type result struct {
	accepted bool
	reason   string // why it was refused
	token    tokenValues
}

// tokenValues are what a relying party has read in answers that it accepted.
type tokenValues struct {
	subject, email, access, refresh, kind string
	expires                               string // minutes from now; "" if the provider did not say
}

func (r result) String() string {
	if r.accepted {
		return "accepts"
	}
	return "refuses: " + r.reason
}

// beside returns the values of v and other by name.
func (v tokenValues) beside(other tokenValues) map[string][2]string {
	return map[string][2]string{
		"subject": {v.subject, other.subject}, "email": {v.email, other.email},
		"access token":  {v.access, other.access},
		"refresh token": {v.refresh, other.refresh}, "token type": {v.kind, other.kind},
		"expires": {v.expires, other.expires},
	}
}

// site serves applications with Cardea, one for each scenario, at different paths.
type site struct {
	*httptest.Server
	mux *http.ServeMux
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{mux: http.NewServeMux()}
	s.Server = httptest.NewServer(s.mux)
	t.Cleanup(s.Close)
	return s
}

// basePath returns the path at which the application of a scenario is mounted.
func basePath(s *scenario) string {
	return "/of" + s.issuer[strings.LastIndexByte(s.issuer, '/'):] + "/auth"
}

// signIn starts an application with Cardea for a scenario and signs in there with a browser.
func (site *site) signIn(t *testing.T, s *scenario) result {
	t.Helper()
	var got result
	var log bytes.Buffer
	auth, err := cardea.New(cardea.Config{
		Secret: secret, BaseURL: site.URL, BasePath: basePath(s), Providers: []cardea.Provider{newProvider(s)},
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Callbacks: cardea.Callbacks{SignIn: func(_ context.Context, in *cardea.SignIn) (string, error) {
			a := in.Account
			got.token = tokenValues{
				a.ProviderAccountID, in.Profile.Email, a.AccessToken, a.RefreshToken, a.TokenType,
				minutes(s, a.ExpiresAt),
			}
			return "", nil
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	site.mux.Handle(basePath(s)+"/", auth)
	b := cardeatest.NewBrowser(t, site.URL)
	b.BasePath = basePath(s)
	b.Post("/signin/op", url.Values{"callbackUrl": {site.URL + basePath(s) + "/csrf"}})
	got.accepted = b.Session() != nil
	if got.reason = log.String(); got.accepted {
		got.reason = ""
	}
	if got.accepted != (got.token.subject != "") {
		t.Errorf("session %v after the callback SignIn saw %+v", got.accepted, got.token)
	}
	return got
}

// newProvider configures Cardea for a scenario.
func newProvider(s *scenario) *oauth.Provider {
	p := provider.OIDC("op", "OpenID provider", provider.Client{ID: s.clientID, Secret: s.secret, Issuer: s.issuer})
	if s.post {
		p.ClientAuth = oauth.AuthClientSecretPost
	}
	p.UseUserinfo, p.Userinfo.Signed = s.userinfo.members != nil, s.signedUserinfo
	return p
}

// newApplication starts an application with Cardea. p returns the provider for the application's
// origin.
func newApplication(
	t *testing.T, p func(origin string) cardea.Provider, change func(*cardea.Config),
) (auth *cardea.Auth, origin string) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	origin = "http://" + server.Listener.Addr().String()
	c := cardea.Config{
		Secret: secret, BaseURL: origin, Providers: []cardea.Provider{p(origin)},
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	change(&c)
	auth, err := cardea.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = auth
	server.Start()
	t.Cleanup(server.Close)
	return auth, origin
}
