package cardea_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
)

// newDPoPSite returns a site whose provider uses DPoP and issues refresh tokens.
func newDPoPSite(t *testing.T, tap *httpRecorder, change func(*oauth.Provider)) *site {
	t.Helper()
	s, _ := newDPoPSites(t, tap, change)
	return s
}

// newDPoPSites is newDPoPSite with a second process of the site.
func newDPoPSites(t *testing.T, tap *httpRecorder, change func(*oauth.Provider)) (*site, *cardea.Auth) {
	t.Helper()
	var config cardea.Config
	s := newSite(t, func(c *cardea.Config) {
		p := idp(c)
		p.DPoP, p.UseUserinfo, p.Scopes = true, true, []string{"openid", "email", "offline_access"}
		change(p)
		c.HTTPClient = &http.Client{Transport: tap}
		config = *c
	})
	second, err := cardea.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s, second
}

// unchanged leaves the provider as it is.
func unchanged(*oauth.Provider) {}

// publicClient makes the client public.
func publicClient(p *oauth.Provider) { p.ClientSecret = "" }

// withoutDPoP does not set DPoP, so that proofs are sent only if the server demands them.
func withoutDPoP(p *oauth.Provider) { p.DPoP = false }

func TestDPoPBindsTokens(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*oauth.Provider)
		server cardeatest.Registration
	}{
		{"confidential", unchanged, cardeatest.Registration{DPoP: true}},
		{"public", publicClient, cardeatest.Registration{DPoP: true}},
		{"with a nonce", unchanged, cardeatest.Registration{DPoP: true, DPoPNonce: true}},
		{"with a pushed request", func(p *oauth.Provider) { p.PushAuthorization = true },
			cardeatest.Registration{DPoP: true}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tap := &httpRecorder{}
			s := newDPoPSite(t, tap, tc.change)
			if tc.name == "public" {
				s.issuer.AddClient(s.issuer.ClientID, "")
			}
			s.issuer.Register(s.issuer.ClientID, tc.server)
			cardeatest.SignIn(t, s.URL, "idp", "")
			ann := s.accountOwner(t, "idp", "1001")
			if _, err := s.auth.AccessToken(t.Context(), ann, "idp"); !errors.Is(err, cardea.ErrTokenBound) {
				t.Errorf("AccessToken: %v", err)
			}
			s.issuer.RotateNonce()
			cardeatest.SignIn(t, s.URL, "idp", "")
			seen := map[string]bool{}
			for _, e := range append(tap.requestsTo("/token"), tap.requestsTo("/userinfo")...) {
				proof := e.header.Get("DPoP")
				if proof == "" || seen[proof] {
					t.Errorf("a proof is missing, or was used twice, at %s", e.url.Path)
				}
				seen[proof] = true
			}
		})
	}
}

// A server that demands proofs gets them without the setting. It refuses the first token request,
// which does not use up the code.
func TestDPoPIsUsedIfTheServerDemandsIt(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]cardeatest.Registration{
		"": {DPoP: true}, "with a nonce": {DPoP: true, DPoPNonce: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tap := &httpRecorder{}
			s := newDPoPSite(t, tap, withoutDPoP)
			s.issuer.Register(s.issuer.ClientID, server)
			cardeatest.SignIn(t, s.URL, "idp", "")
			_, err := s.auth.AccessToken(t.Context(), s.accountOwner(t, "idp", "1001"), "idp")
			if !errors.Is(err, cardea.ErrTokenBound) {
				t.Errorf("AccessToken: %v, want ErrTokenBound", err)
			}
			asked := tap.requestsTo("/token")
			if asked[0].header.Get("DPoP") != "" || asked[0].status != http.StatusBadRequest {
				t.Errorf("the first token request had a proof, or the response %d, want 400", asked[0].status)
			}
			for _, e := range append(asked[1:], tap.requestsTo("/userinfo")...) {
				if e.header.Get("DPoP") == "" {
					t.Errorf("a proof is missing at %s", e.url.Path)
				}
			}
		})
	}
}

// A server that does not demand a proof gets none: the proof would reveal the key, which links all
// requests of the site.
func TestNoDPoPUnlessItIsDemanded(t *testing.T) {
	t.Parallel()
	tap := &httpRecorder{}
	s := newDPoPSite(t, tap, withoutDPoP)
	cardeatest.SignIn(t, s.URL, "idp", "")
	token, err := s.auth.AccessToken(t.Context(), s.accountOwner(t, "idp", "1001"), "idp")
	if err != nil || token == "" {
		t.Errorf("AccessToken: %v", err)
	}
	for _, e := range append(tap.requestsTo("/token"), tap.requestsTo("/userinfo")...) {
		if e.header.Get("DPoP") != "" {
			t.Errorf("a proof was sent to %s", e.url.Path)
		}
	}
}

func TestDPoPNeedsAnAlgorithmThatTheServerSupports(t *testing.T) {
	t.Parallel()
	for algorithm, target := range map[string]string{
		"ES256": "/authorize?", "RS256": "/api/auth/error?error=Configuration",
	} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			var issuer string
			discovery := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				json.NewEncoder(w).Encode(map[string]any{
					"issuer": issuer, "authorization_endpoint": issuer + "/authorize",
					"token_endpoint": issuer + "/token", "jwks_uri": issuer + "/jwks",
					"dpop_signing_alg_values_supported": []string{algorithm},
				})
			}))
			defer discovery.Close()
			s := newDPoPSite(t, &httpRecorder{}, func(p *oauth.Provider) {
				issuer = p.Issuer
				p.DiscoveryURL, p.UserinfoURL = discovery.URL, issuer+"/userinfo"
			})
			to := newBrowser(t, s.URL).Post("/signin/idp", nil).Header.Get("Location")
			if !strings.Contains(to, target) {
				t.Errorf("redirected to %s, want %s", to, target)
			}
		})
	}
}

// A refresh also returns a bound token. AccessToken stores it, but does not return it. The refresh
// token of a public client is bound to the key, so another process must have the same key.
func TestAccessTokenReturnsNoBoundTokenOfARefresh(t *testing.T) {
	t.Parallel()
	for name, confidential := range map[string]bool{"confidential": true, "public": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := unchanged
			if !confidential {
				change = publicClient
			}
			s, second := newDPoPSites(t, &httpRecorder{}, change)
			if !confidential {
				s.issuer.AddClient(s.issuer.ClientID, "")
			}
			s.issuer.Register(s.issuer.ClientID, cardeatest.Registration{DPoP: true})
			cardeatest.SignIn(t, s.URL, "idp", "")
			ann := s.accountOwner(t, "idp", "1001")
			list, err := s.store.Accounts(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			old := *list[0]
			old.TokenType, old.ExpiresAt = "bearer", time.Now().Add(-time.Minute) // from before DPoP was used
			if err := s.store.UpdateAccount(t.Context(), &old); err != nil {
				t.Fatal(err)
			}
			if token, err := second.AccessToken(t.Context(), ann, "idp"); token != "" ||
				!errors.Is(err, cardea.ErrTokenBound) {
				t.Errorf("AccessToken: %v", err)
			}
			list, err = s.store.Accounts(t.Context(), ann)
			if err != nil || list[0].AccessToken == old.AccessToken || list[0].TokenType != "dpop" {
				t.Errorf("nothing was refreshed: type %q, %v", list[0].TokenType, err)
			}
		})
	}
}

// The key is the same in every process, because tokens outlive a process. It differs between
// clients, because a shared key would reveal that two clients belong to one site.
func TestDPoPKeyDependsOnTheClient(t *testing.T) {
	t.Parallel()
	keyOf := func(secret, provider, client string) string {
		s := newSite(t, func(c *cardea.Config) {
			c.Secret, idp(c).ID, idp(c).ClientID, idp(c).DPoP = secret, provider, client, true
		})
		to, err := url.Parse(startSignIn(t, newBrowser(t, s.URL), provider, nil))
		if err != nil {
			t.Fatal(err)
		}
		return to.Query().Get("dpop_jkt")
	}
	key := keyOf(secret, "idp", "app")
	if again := keyOf(secret, "idp", "app"); key == "" || again != key {
		t.Errorf("a second process has the key %q, want %q", again, key)
	}
	for what, other := range map[string]string{
		"secret": keyOf(oldSecret, "idp", "app"), "provider": keyOf(secret, "other", "app"),
		"client": keyOf(secret, "idp", "another"),
	} {
		if other == key {
			t.Errorf("with another %s the key is the same", what)
		}
	}
}

func TestSignInFailsWithoutBoundToken(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*oauth.Provider)
		server cardeatest.Registration
		clock  time.Duration
	}{
		{"a bearer token although proofs were sent", unchanged, cardeatest.Registration{}, 0},
		{"an expired proof that was demanded", withoutDPoP, cardeatest.Registration{DPoP: true}, -90 * time.Second},
		{"an expired proof", unchanged, cardeatest.Registration{DPoP: true}, -90 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newDPoPSite(t, &httpRecorder{}, tc.change)
			s.setClock().advance(tc.clock)
			s.issuer.Register(s.issuer.ClientID, tc.server)
			checkTokenRequestFails(t, s)
			if s.issuer.Requests(cardeatest.Userinfo) > 0 {
				t.Error("the token was used")
			}
		})
	}
}

// An attacker who has seen a request of the site can use neither its token nor its proof.
func TestAttackerCannotUseStolenDPoPToken(t *testing.T) {
	t.Parallel()
	tap := &httpRecorder{}
	s := newDPoPSite(t, tap, unchanged)
	s.issuer.Register(s.issuer.ClientID, cardeatest.Registration{DPoP: true})
	cardeatest.SignIn(t, s.URL, "idp", "")
	sent := tap.requestsTo("/userinfo")[0]
	token := strings.TrimPrefix(sent.header.Get("Authorization"), "DPoP ")
	for name, header := range map[string]http.Header{
		"as a bearer token":   {"Authorization": {"Bearer " + token}},
		"without a proof":     {"Authorization": {"DPoP " + token}},
		"with the same proof": {"Authorization": {"DPoP " + token}, "Dpop": sent.header["Dpop"]},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.issuer.URL+"/userinfo", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = header
		res, err := ownTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", name, res.Status)
		}
	}
}
