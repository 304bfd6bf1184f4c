package cardea_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// signerFor returns a key for an algorithm.
func signerFor(t *testing.T, alg string) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch alg {
	case "RS256", "PS256":
		key, err = rsaKey()
	case "EdDSA", "Ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// rsaKey generates a key once, because that takes long.
var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// usePrivateKeyJWT makes the client authenticate with assertions that key signs.
func usePrivateKeyJWT(p *oauth.Provider, key crypto.Signer, alg string) {
	p.ClientSecret, p.ClientAuth = "", oauth.AuthPrivateKeyJWT
	p.ClientKey = oauth.ClientKey{Signer: key, ID: "key-1", Algorithm: alg}
}

// checkTokenRequestFails checks that a sign-in fails at the token request.
func checkTokenRequestFails(t *testing.T, s *site) {
	t.Helper()
	b := newBrowser(t, s.URL)
	checkSignInFailed(t, s, visit(t, b, beginAs(t, b, "idp", "", "/")), cardea.CodeConfiguration)
}

func TestPrivateKeyJWTSignsInAndRefreshes(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519", ""} {
		t.Run("algorithm "+alg, func(t *testing.T) {
			t.Parallel()
			key, tap := signerFor(t, alg), &httpRecorder{}
			s := newSite(t, func(c *cardea.Config) {
				usePrivateKeyJWT(idp(c), key, alg)
				idp(c).Scopes = []string{"openid", "offline_access"}
				c.HTTPClient = &http.Client{Transport: tap}
			})
			s.issuer.Register(s.issuer.ClientID,
				cardeatest.Registration{Method: "private_key_jwt", Key: key.Public(), KeyID: "key-1", Algorithm: alg})
			cardeatest.SignIn(t, s.URL, "idp", "")
			s.checkRefresh(t)
			requests := tap.requestsTo("/token")
			if len(requests) != 2 {
				t.Fatalf("%d token requests, want 2", len(requests))
			}
			for _, e := range requests {
				if e.form.Has("client_secret") || e.header.Get("Authorization") != "" {
					t.Error("a client secret was sent besides the assertion")
				}
			}
			if requests[0].form.Get("client_assertion") == requests[1].form.Get("client_assertion") {
				t.Error("an assertion was used twice")
			}
		})
	}
}

// checkRefresh checks that Ann's access token can be refreshed.
func (s *site) checkRefresh(t *testing.T) {
	t.Helper()
	ann := s.accountOwner(t, "idp", "1001")
	list, err := s.store.Accounts(t.Context(), ann)
	if err != nil {
		t.Fatal(err)
	}
	a := *list[0]
	a.ExpiresAt = time.Now().Add(-time.Minute)
	if err := s.store.UpdateAccount(t.Context(), &a); err != nil {
		t.Fatal(err)
	}
	token, err := s.auth.AccessToken(t.Context(), ann, "idp")
	if err != nil || token == "" || token == a.AccessToken {
		t.Fatalf("refresh: %v, new token: %t", err, token != a.AccessToken)
	}
}

func TestClientSecretJWTSignsInAndRefreshes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 4)
	s := newSite(t, func(c *cardea.Config) {
		idp(c).ClientSecret, idp(c).ClientAuth = long, oauth.AuthClientSecretJWT
		idp(c).Scopes = []string{"openid", "offline_access"}
	})
	s.issuer.AddClient(s.issuer.ClientID, long)
	s.issuer.Register(s.issuer.ClientID, cardeatest.Registration{Method: "client_secret_jwt"})
	cardeatest.SignIn(t, s.URL, "idp", "")
	s.checkRefresh(t)
	s.issuer.AddClient(s.issuer.ClientID, long+"another")
	s.issuer.Register(s.issuer.ClientID, cardeatest.Registration{Method: "client_secret_jwt"})
	checkTokenRequestFails(t, s)
}

// The issuer refuses each of these, for the reason in the name.
func TestIssuerRefusesBadAssertions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(*oauth.Provider)
		clock  time.Duration
	}{
		{"signed with another key", func(p *oauth.Provider) { p.ClientKey.Signer = signerFor(t, "ES256") }, 0},
		{"with another kid", func(p *oauth.Provider) { p.ClientKey.ID = "key-2" }, 0},
		{"for another server", func(p *oauth.Provider) { p.AssertionAudience = "https://other.example" }, 0},
		{"for the token endpoint", func(p *oauth.Provider) { p.AssertionAudience = p.Issuer + "/token" }, 0},
		{"expired", func(*oauth.Provider) {}, -2 * time.Minute},
		{"valid for too long", func(*oauth.Provider) {}, 10 * time.Minute},
		{"a secret instead of an assertion", func(p *oauth.Provider) {
			p.ClientAuth, p.ClientKey, p.ClientSecret = oauth.AuthClientSecretPost, oauth.ClientKey{}, "guessed"
		}, 0},
		{"nothing", func(p *oauth.Provider) { p.ClientAuth, p.ClientKey = oauth.AuthNone, oauth.ClientKey{} }, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			key := signerFor(t, "ES256")
			s := newSite(t, func(c *cardea.Config) {
				usePrivateKeyJWT(idp(c), key, "")
				tc.change(idp(c))
			})
			s.setClock().advance(tc.clock)
			s.issuer.Register(s.issuer.ClientID,
				cardeatest.Registration{Method: "private_key_jwt", Key: key.Public(), KeyID: "key-1"})
			checkTokenRequestFails(t, s)
			if s.issuer.Requests(cardeatest.JWKS) > 0 {
				t.Error("the issuer issued an ID token")
			}
		})
	}
}

func TestAssertionCannotBeUsedTwice(t *testing.T) {
	t.Parallel()
	key, tap := signerFor(t, "ES256"), &httpRecorder{}
	s := newSite(t, func(c *cardea.Config) {
		usePrivateKeyJWT(idp(c), key, "")
		c.HTTPClient = &http.Client{Transport: tap}
	})
	s.issuer.Register(s.issuer.ClientID, cardeatest.Registration{Method: "private_key_jwt", Key: key.Public()})
	cardeatest.SignIn(t, s.URL, "idp", "")
	client := &http.Client{Transport: ownTransport}
	res, err := client.PostForm(s.issuer.URL+"/token", tap.requestsTo("/token")[0].form)
	if err != nil {
		t.Fatal(err)
	}
	if body := text(t, res); res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "invalid_client") {
		t.Errorf("the same assertion a second time: %s %s", res.Status, body)
	}
}

func TestAssertionAudienceCanBeTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	key := signerFor(t, "ES256")
	s := newSite(t, func(c *cardea.Config) {
		usePrivateKeyJWT(idp(c), key, "")
		idp(c).AssertionAudience = idp(c).Issuer + "/token"
	})
	s.issuer.Register(s.issuer.ClientID, cardeatest.Registration{
		Method: "private_key_jwt", Key: key.Public(), Audience: s.issuer.URL + "/token",
	})
	cardeatest.SignIn(t, s.URL, "idp", "")
}

// authority is a certification authority. The zero value issues self-signed certificates.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// issue returns a certificate for a client or, with isCA, for another authority.
func (a authority) issue(t *testing.T, name string, isCA bool) tls.Certificate {
	t.Helper()
	key := signerFor(t, "ES256")
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter:    time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, IsCA: isCA, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// newTLSSite returns a site and its provider, an issuer with https.
func newTLSSite(t *testing.T, change func(*oauth.Provider)) (*site, *cardeatest.Issuer) {
	t.Helper()
	issuer := cardeatest.NewTLSIssuer(t)
	s := newSite(t, func(c *cardea.Config) {
		p := provider.OIDC("idp", "Identity Provider", provider.Client{ID: issuer.ClientID, Issuer: issuer.URL})
		change(p)
		c.Providers, c.HTTPClient = []cardea.Provider{p}, issuer.HTTPClient()
	})
	return s, issuer
}

// newTLSBrowser returns a browser that trusts the issuer's certificate.
func newTLSBrowser(t *testing.T, s *site, issuer *cardeatest.Issuer) *cardeatest.Browser {
	t.Helper()
	b := cardeatest.NewBrowser(t, s.URL)
	b.Transport = issuer.HTTPClient().Transport
	return b
}

func TestTLSClientAuthNeedsTheRegisteredCertificate(t *testing.T) {
	t.Parallel()
	ca := authority{}.issue(t, "An Authority", true)
	own := authority{}.issue(t, "app.example", false)
	issued := authority{ca.Leaf, ca.PrivateKey.(crypto.Signer)}.issue(t, "app.example", false)
	for _, tc := range []struct {
		name   string
		client tls.Certificate
		server cardeatest.Registration
		ok     bool
	}{
		{"self-signed", own,
			cardeatest.Registration{Method: "self_signed_tls_client_auth", Certificate: own.Leaf}, true},
		{"another certificate than the registered one", issued,
			cardeatest.Registration{Method: "self_signed_tls_client_auth", Certificate: own.Leaf}, false},
		{"issued", issued,
			cardeatest.Registration{Method: "tls_client_auth", Authority: ca.Leaf, Subject: "app.example"}, true},
		{"with the right name, but self-signed", own,
			cardeatest.Registration{Method: "tls_client_auth", Authority: ca.Leaf, Subject: "app.example"}, false},
		{"issued for another name", issued,
			cardeatest.Registration{Method: "tls_client_auth", Authority: ca.Leaf, Subject: "other.example"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, issuer := newTLSSite(t, func(p *oauth.Provider) {
				p.ClientAuth, p.ClientCertificate = oauth.ClientAuth(tc.server.Method), &tc.client
				p.Scopes, p.UseUserinfo = []string{"openid", "offline_access"}, true
			})
			tc.server.Bound = true
			issuer.Register(issuer.ClientID, tc.server)
			b := newTLSBrowser(t, s, issuer)
			if tc.ok {
				b.SignIn("idp", "")
				s.checkRefresh(t)
				return
			}
			b.CheckRedirect = stopAtRedirect
			checkSignInFailed(t, s, visit(t, b, beginAs(t, b, "idp", "", "/")), cardea.CodeConfiguration)
		})
	}
}

// The client certificate is presented to the endpoints that authenticate the client. The metadata
// and the keys are public.
func TestCertificateIsNotPresentedForPublicDocuments(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	presented := map[string]int{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		presented[r.URL.Path] = len(r.TLS.PeerCertificates)
		issuer := "https://" + r.Host
		json.NewEncoder(w).Encode(map[string]string{
			"issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
			"jwks_uri": issuer + "/keys", "pushed_authorization_request_endpoint": issuer + "/par",
			"request_uri": "urn:r",
		})
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	own := authority{}.issue(t, "app.example", false)
	s := newSite(t, func(c *cardea.Config) {
		p := provider.OIDC("idp", "IdP", provider.Client{ID: "app", Issuer: server.URL})
		p.ClientAuth, p.ClientCertificate, p.PushAuthorization = oauth.AuthSelfSignedTLS, &own, true
		c.Providers, c.HTTPClient = []cardea.Provider{p}, server.Client()
	})
	newBrowser(t, s.URL).Post("/signin/idp", nil)
	mu.Lock()
	defer mu.Unlock()
	if want := map[string]int{"/.well-known/openid-configuration": 0, "/par": 1}; !maps.Equal(presented, want) {
		t.Errorf("certificates presented: %v, want %v", presented, want)
	}
}

// An access token that is bound to a certificate is useless without it (RFC 8705 § 3). So the
// userinfo requests of TestTLSClientAuthNeedsTheRegisteredCertificate have presented the
// certificate.
func TestBoundTokenNeedsTheCertificate(t *testing.T) {
	t.Parallel()
	own := authority{}.issue(t, "app.example", false)
	s, issuer := newTLSSite(t, func(p *oauth.Provider) {
		p.ClientAuth, p.ClientCertificate = oauth.AuthSelfSignedTLS, &own
	})
	issuer.Register(issuer.ClientID, cardeatest.Registration{
		Method: "self_signed_tls_client_auth", Certificate: own.Leaf, Bound: true,
	})
	newTLSBrowser(t, s, issuer).SignIn("idp", "")
	list, err := s.store.Accounts(t.Context(), s.accountOwner(t, "idp", "1001"))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, issuer.URL+"/userinfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+list[0].AccessToken)
	res, err := issuer.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("userinfo without the certificate: %s", res.Status)
	}
}

func TestNewReportsUnusableClientAuth(t *testing.T) {
	t.Parallel()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	certificate := authority{}.issue(t, "app.example", false)
	key := signerFor(t, "ES256")
	for _, tc := range []struct {
		name   string
		change func(*oauth.Provider)
		want   string
	}{
		{"no key", func(p *oauth.Provider) { usePrivateKeyJWT(p, nil, "") }, ".ClientKey: there is no Signer"},
		{"a short key", func(p *oauth.Provider) { usePrivateKeyJWT(p, weak, "") },
			".ClientKey: want a key for RSA with 2048 bits"},
		{"an algorithm for another key", func(p *oauth.Provider) { usePrivateKeyJWT(p, key, "RS256") },
			`.ClientKey: want an Algorithm of ["ES256"]`},
		{"a key that is not used", func(p *oauth.Provider) { p.ClientKey.Signer = key }, ".ClientKey: has no effect"},
		{"a key that is not used, of a type that == cannot compare",
			func(p *oauth.Provider) { p.ClientKey.Signer = signerFor(t, "EdDSA") },
			".ClientKey: has no effect"},
		{"a secret that is not used", func(p *oauth.Provider) {
			usePrivateKeyJWT(p, key, "")
			p.ClientSecret = "s"
		}, ".ClientSecret: has no effect"},
		{"a short secret", func(p *oauth.Provider) { p.ClientAuth, p.ClientSecret = oauth.AuthClientSecretJWT, "s" },
			".ClientSecret: want 32 bytes or more to sign"},
		{"an audience that is not used", func(p *oauth.Provider) { p.AssertionAudience = "x" },
			".AssertionAudience: has no effect"},
		{"no audience", func(p *oauth.Provider) {
			usePrivateKeyJWT(p, key, "")
			p.Issuer, p.DiscoveryURL = "https://idp.example/{tid}", "https://idp.example/d"
		}, ".AssertionAudience: is empty"},
		{"no certificate", func(p *oauth.Provider) { p.ClientSecret, p.ClientAuth = "", oauth.AuthTLS },
			".ClientCertificate: is missing"},
		{"an empty certificate", func(p *oauth.Provider) { p.ClientCertificate = &tls.Certificate{} },
			".ClientCertificate: has no certificate"},
		{"a transport of another kind", func(p *oauth.Provider) { p.ClientCertificate = &certificate },
			".ClientCertificate: Config.HTTPClient: a *cardea_test.httpRecorder cannot be given a certificate"},
		{"DPoP with a hook", func(p *oauth.Provider) {
			p.DPoP = true
			p.FetchUserinfo = func(context.Context, *oauth.CodeGrant) (oauth.Claims, error) { return nil, nil }
		}, ".DPoP: cannot be used with the hooks"},
		{"a push without an endpoint", func(p *oauth.Provider) { p.Type, p.PushAuthorization = oauth.TypeOAuth2, true },
			".PushedAuthorizationURL: is empty"},
		{"a push over http", func(p *oauth.Provider) { p.PushedAuthorizationURL = "http://idp.example/par" },
			".PushedAuthorizationURL: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := provider.OIDC("idp", "IdP", provider.Client{ID: "id", Secret: "s", Issuer: "https://idp.example"})
			tc.change(p)
			_, err := cardea.New(cardea.Config{
				Secret: secret, Providers: []cardea.Provider{p}, HTTPClient: &http.Client{Transport: &httpRecorder{}},
			})
			if err == nil || !strings.Contains(err.Error(), "Config.Providers[0] (idp)"+tc.want) {
				t.Errorf("New: %v, want %s", err, tc.want)
			}
		})
	}
}

// startPushedSignIn posts the form of the sign-in page, and returns the authorization URL, which
// may contain only a reference to the request.
func startPushedSignIn(t *testing.T, b *cardeatest.Browser) *url.URL {
	t.Helper()
	res := b.Post("/signin/idp?login_hint=1001", nil)
	to, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing in: %s to %s, %v", res.Status, to, err)
	}
	return to
}

func TestAuthorizationRequestIsPushed(t *testing.T) {
	t.Parallel()
	key := signerFor(t, "ES256")
	for _, tc := range []struct {
		name    string
		require bool
		change  func(*oauth.Provider)
		server  cardeatest.Registration
		ok      bool
	}{
		{"if the server requires it", true, func(*oauth.Provider) {}, cardeatest.Registration{}, true},
		{"if PushAuthorization is set", false, func(p *oauth.Provider) { p.PushAuthorization = true },
			cardeatest.Registration{}, true},
		{"to the configured endpoint", false, func(p *oauth.Provider) { p.PushedAuthorizationURL = p.Issuer + "/par" },
			cardeatest.Registration{}, true},
		{"with an assertion", true, func(p *oauth.Provider) { usePrivateKeyJWT(p, key, "") },
			cardeatest.Registration{Method: "private_key_jwt", Key: key.Public()}, true},
		{"with another secret", true, func(p *oauth.Provider) { p.ClientSecret = "another" },
			cardeatest.Registration{}, false},
		{"with another key", true, func(p *oauth.Provider) { usePrivateKeyJWT(p, signerFor(t, "ES256"), "") },
			cardeatest.Registration{Method: "private_key_jwt", Key: key.Public()}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { tc.change(idp(c)) })
			if tc.require {
				s.issuer.RequirePush()
			}
			s.issuer.Register(s.issuer.ClientID, tc.server)
			if !tc.ok {
				res := newBrowser(t, s.URL).Post("/signin/idp", nil)
				if to := res.Header.Get("Location"); !strings.Contains(to, "error=") ||
					strings.HasPrefix(to, s.issuer.URL) {
					t.Errorf("redirected to %s, want an error page", to)
				}
				return
			}
			b := newBrowser(t, s.URL)
			to := startPushedSignIn(t, b)
			if q := to.Query(); len(q) != 2 || q.Get("client_id") != s.issuer.ClientID ||
				!strings.HasPrefix(q.Get("request_uri"), "urn:") {
				t.Errorf("the authorization URL has the query %v", q)
			}
			openCallback(t, b, consent(t, b, to.String()))
			if b.Session() == nil {
				t.Error("the visitor is not signed in")
			}
		})
	}
}

// An issuer that requires pushed requests refuses parameters from the browser.
func TestIssuerThatRequiresPushRefusesQueryParameters(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	b := newBrowser(t, s.URL)
	to := startSignIn(t, b, "idp", nil)
	s.issuer.RequirePush()
	if res := visit(t, b, to); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the issuer responds with %s", res.Status)
	}
}

// A server that requires pushed requests, but publishes no endpoint, gets no request from the
// browser.
func TestRequiredPushWithoutEndpointFails(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *cardea.Config) {
		c.HTTPClient = &http.Client{
			Transport: memberRemover{"/openid-configuration", "pushed_authorization_request_endpoint"},
		}
	})
	s.issuer.RequirePush()
	res := newBrowser(t, s.URL).Post("/signin/idp", nil)
	if to := res.Header.Get("Location"); !strings.Contains(to, "error=") || strings.HasPrefix(to, s.issuer.URL) {
		t.Errorf("redirected to %s, want an error page", to)
	}
}

func TestFailedPushDoesNotRedirectToTheProvider(t *testing.T) {
	t.Parallel()
	for _, how := range []cardeatest.Failure{
		cardeatest.SendsHTML, cardeatest.SendsNothing, cardeatest.SendsNull, cardeatest.SendsError400,
		cardeatest.SendsError500, cardeatest.SendsElsewhere,
	} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *cardea.Config) { idp(c).PushAuthorization = true })
			s.issuer.Misbehave(cardeatest.Broken(cardeatest.PushedAuthorization, how))
			res := newBrowser(t, s.URL).Post("/signin/idp", nil)
			if to := res.Header.Get("Location"); !strings.Contains(to, "error=") ||
				strings.HasPrefix(to, s.issuer.URL) {
				t.Errorf("redirected to %s, want an error page", to)
			}
		})
	}
}
