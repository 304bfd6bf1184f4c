package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
)

const (
	verifier    = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	redirectURI = "https://app.example/callback"
)

// party is a relying party of a fake issuer.
type party struct {
	op     *cardeatest.Issuer
	issuer *oidc.Issuer
}

func newParty(t *testing.T, persons ...cardeatest.Person) party {
	t.Helper()
	op := cardeatest.NewIssuer(t, persons...)
	return party{op, oidc.NewIssuer(oidc.Metadata{Issuer: op.URL}, outbound.Client(true), time.Now)}
}

// client returns the OAuth client with the endpoints of the metadata.
func (p party) client(m *oidc.Metadata) *oauth2.Client {
	return &oauth2.Client{
		ID: p.op.ClientID, Secret: p.op.ClientSecret, AuthorizationURL: m.AuthorizationURL, TokenURL: m.TokenURL,
		RedirectURI: redirectURI, Scopes: []string{"openid"}, HTTP: outbound.Client(true), Now: time.Now,
	}
}

// code does the browser's part of a sign-in and returns the authorization code. It may be called
// from any goroutine.
func (p party) code(t *testing.T, client *oauth2.Client, nonce string) string {
	t.Helper()
	start, err := client.AuthorizationRequest("state", verifier, nonce)
	if err != nil {
		t.Error(err)
		return ""
	}
	browser := &http.Client{
		// Not the default transport: servers of other tests close its connections when they end.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := browser.Get(start)
	if err != nil {
		t.Error(err)
		return ""
	}
	resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || back.Query().Get("code") == "" {
		t.Errorf("redirected to %v, %v", back, err)
		return ""
	}
	return back.Query().Get("code")
}

// signIn does a whole sign-in and returns the verified claims.
func (p party) signIn(t *testing.T) (map[string]any, error) {
	t.Helper()
	m, err := p.issuer.Metadata(t.Context())
	if err != nil {
		return nil, err
	}
	client := p.client(m)
	return p.finish(t, client, p.code(t, client, "nonce"))
}

// finish exchanges the code and returns the verified claims.
func (p party) finish(t *testing.T, client *oauth2.Client, code string) (map[string]any, error) {
	t.Helper()
	token, err := client.Exchange(t.Context(), code, verifier)
	if err != nil {
		return nil, err
	}
	return p.issuer.Verify(t.Context(), token.IDToken,
		oidc.Expect{ClientID: p.op.ClientID, Nonce: "nonce", AccessToken: token.Access})
}

func TestSignInWithEachAlgorithm(t *testing.T) {
	t.Parallel()
	for _, alg := range []string{"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"} {
		p := newParty(t, cardeatest.Person{Subject: "7", Email: "bob@example.com"})
		p.op.SignWith(alg)
		claims, err := p.signIn(t)
		if err != nil || claims["sub"] != "7" || claims["email"] != "bob@example.com" {
			t.Errorf("%s: got %v, %v", alg, claims, err)
		}
	}
}

// Zitadel CVE-2026-55669, GO-2026-5732; Casdoor CVE-2026-9093, -9096, -9097, -9098; omniauth-auth0
// CVE-2020-15240; jwt-go CVE-2020-26160; Supabase Auth CVE-2026-31813: each misbehaviour of an
// issuer is refused by the named check.
func TestMisbehavingIssuers(t *testing.T) {
	t.Parallel()
	for way, want := range map[cardeatest.Misbehaviour]string{
		cardeatest.IssForeign:             "id token: iss",
		cardeatest.IssMissing:             "id token: iss",
		cardeatest.IssWithSlash:           "id token: iss",
		cardeatest.AudForeign:             "id token: aud",
		cardeatest.AudForeignList:         "id token: aud",
		cardeatest.AudEmptyList:           "id token: aud",
		cardeatest.AudMissing:             "id token: aud",
		cardeatest.AudSeveralNoAzp:        "id token: azp",
		cardeatest.AzpForeign:             "id token: azp",
		cardeatest.AzpForeignSeveral:      "id token: azp",
		cardeatest.ExpPast:                "id token: exp",
		cardeatest.ExpMissing:             "id token: exp",
		cardeatest.IatFuture:              "id token: iat",
		cardeatest.IatMissing:             "id token: iat",
		cardeatest.NbfFuture:              "id token: nbf",
		cardeatest.NonceMissing:           "id token: nonce",
		cardeatest.NonceForeign:           "id token: nonce",
		cardeatest.SubMissing:             "id token: sub",
		cardeatest.SubEmpty:               "id token: sub",
		cardeatest.SubNull:                "id token: sub",
		cardeatest.SubNumber:              "id token: sub",
		cardeatest.AtHashForeign:          "id token: at_hash",
		cardeatest.AlgNone:                "id token: format", // because it has no signature
		cardeatest.AlgHS256:               "id token: alg",
		cardeatest.JWKSSymmetric:          "id token: alg",
		cardeatest.KidUnknown:             "id token: kid",
		cardeatest.HeaderJKU:              "id token: signature",
		cardeatest.HeaderX5U:              "id token: signature",
		cardeatest.HeaderJWK:              "id token: header",
		cardeatest.SignatureOfStranger:    "id token: signature",
		cardeatest.SignatureBroken:        "id token: signature",
		cardeatest.TokenOfStranger:        "id token: kid",
		cardeatest.JWKSNoKeys:             "id token: keys",
		cardeatest.NoIDToken:              "id token: format",
		cardeatest.DiscoveryForeignIssuer: "discover issuer: discovered issuer",
		cardeatest.DiscoveryNoIssuer:      "discover issuer: discovered issuer",
		cardeatest.DiscoveryPlainHTTP:     "discover issuer: authorization_endpoint",
		cardeatest.DiscoveryNoEndpoints:   "discover issuer: authorization_endpoint",
		cardeatest.ErrorWithOK:            "exchange code: refused with status 200: bad_verification_code",
		cardeatest.AccessTokenNull:        "exchange code: answer has no access_token",
		cardeatest.NoAccessToken:          "exchange code: answer has no access_token",
		cardeatest.ForeignTokenType:       "exchange code: token_type",
	} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			p := newParty(t)
			p.op.Misbehave(way)
			claims, err := p.signIn(t)
			if err == nil || claims != nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got %v, %v, want an error that begins with %q", claims, err, want)
			}
			if n := p.op.Stranger().Requests(cardeatest.JWKS); n != 0 {
				t.Errorf("the stranger was asked for its keys %d times", n)
			}
			p.op.Misbehave()
			fresh := party{p.op, oidc.NewIssuer(oidc.Metadata{Issuer: p.op.URL}, outbound.Client(true), time.Now)}
			if _, err := fresh.signIn(t); err != nil {
				t.Errorf("without misbehaviour: %v", err)
			}
		})
	}
}

func TestSignInWithoutKid(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	p.op.Misbehave(cardeatest.KidMissing)
	if _, err := p.signIn(t); err != nil {
		t.Error(err)
	}
}

// authentik CVE-2024-23647: a provider that ignores PKCE, with swapped codes, fails by nonce.
func TestSwappedCodeFailsByNonce(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	p.op.Misbehave(cardeatest.SwapsCodes)
	m, err := p.issuer.Metadata(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := p.client(m)
	mine := p.code(t, client, "nonce")
	p.code(t, client, "somebody else's nonce")
	if claims, err := p.finish(t, client, mine); err == nil || !strings.HasPrefix(err.Error(), "id token: nonce") {
		t.Errorf("got %v, %v", claims, err)
	}
}

func TestBrokenEndpointsFailCleanly(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []cardeatest.Endpoint{cardeatest.Discovery, cardeatest.JWKS, cardeatest.Token} {
		for _, how := range []cardeatest.Failure{
			cardeatest.SendsNothing, cardeatest.SendsNull, cardeatest.SendsHTML, cardeatest.SendsHuge,
			cardeatest.SendsError400, cardeatest.SendsError500, cardeatest.SendsElsewhere,
		} {
			t.Run(string(endpoint)+" "+string(how), func(t *testing.T) {
				t.Parallel()
				p := newParty(t)
				p.op.Misbehave(cardeatest.Broken(endpoint, how))
				if claims, err := p.signIn(t); err == nil || claims != nil {
					t.Errorf("got %v, %v", claims, err)
				}
				if n := p.op.Stranger().Requests(endpoint); n != 0 {
					t.Errorf("a redirect to the stranger was followed %d times", n)
				}
			})
		}
	}
}

func TestWaitingForAHangingIssuerEndsWithTheContext(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	p.op.Misbehave(cardeatest.Broken(cardeatest.Discovery, cardeatest.Hangs))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.issuer.Metadata(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
}

// Each rotation of the keys causes one fetch.
func TestRotationBetweenSignIns(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	for round := 1; round <= 3; round++ {
		if _, err := p.signIn(t); err != nil {
			t.Fatal(err)
		}
		if n := p.op.Requests(cardeatest.JWKS); n != round {
			t.Errorf("%d requests for keys, want %d", n, round)
		}
		p.op.RotateKeys()
	}
	if n := p.op.Requests(cardeatest.Discovery); n != 1 {
		t.Errorf("%d discoveries, want 1", n)
	}
}

func TestConcurrentSignInsShareWhatIsFetched(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := p.signIn(t); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, endpoint := range []cardeatest.Endpoint{cardeatest.Discovery, cardeatest.JWKS} {
		if n := p.op.Requests(endpoint); n != 1 {
			t.Errorf("%d requests to %s, want 1", n, endpoint)
		}
	}
}

func TestConfiguredEndpointsReplaceDiscoveredOnes(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	base := p.op.URL
	static := oidc.NewIssuer(oidc.Metadata{
		Issuer: base, AuthorizationURL: base + "/authorize", TokenURL: base + "/token", JWKSURL: base + "/jwks",
	}, outbound.Client(true), time.Now)
	if _, err := (party{p.op, static}).signIn(t); err != nil {
		t.Errorf("all configured: %v", err)
	}
	if n := p.op.Requests(cardeatest.Discovery); n != 0 {
		t.Errorf("all configured: %d discoveries", n)
	}
	partly := oidc.NewIssuer(oidc.Metadata{
		Issuer: base, UserinfoURL: base + "/user", Algorithms: []string{"RS256"}, TokenAuthMethods: []string{"none"},
		RequireIss: true,
	}, outbound.Client(true), time.Now)
	m, err := partly.Metadata(t.Context())
	if err != nil || m.UserinfoURL != base+"/user" || m.TokenURL != base+"/token" || m.Algorithms[0] != "RS256" ||
		m.TokenAuthMethods[0] != "none" {
		t.Errorf("partly configured: got %+v, %v", m, err)
	}
	if claims, err := (party{p.op, partly}).signIn(t); err == nil || !strings.HasPrefix(err.Error(), "id token: alg") {
		t.Errorf("configured for RS256: got %v, %v", claims, err)
	}
}

func TestMetadataHasWhatWasDiscovered(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	m, err := p.issuer.Metadata(t.Context())
	base := p.op.URL
	if err != nil || m.Issuer != base || m.AuthorizationURL != base+"/authorize" || m.TokenURL != base+"/token" ||
		m.UserinfoURL != base+"/userinfo" || m.JWKSURL != base+"/jwks" || !m.RequireIss || len(m.Algorithms) != 1 ||
		len(m.TokenAuthMethods) != 3 {
		t.Errorf("got %+v, %v", m, err)
	}
}

// Better Auth GHSA-5rr4-8452-hf4v: no URL that is not allowed is requested, neither the issuer's
// nor one that was discovered.
func TestDiscoveryRefusesUnsafeURLs(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	for _, issuer := range []string{
		"http://idp.example", "https://user@idp.example", "https://idp.example#f", p.op.URL + "?q", p.op.URL + "?",
		"", "::", "https://169.254.169.254", "https://[::ffff:127.0.0.1]:1",
	} {
		i := oidc.NewIssuer(oidc.Metadata{Issuer: issuer}, outbound.Client(false), time.Now)
		if m, err := i.Metadata(t.Context()); err == nil || m != nil {
			t.Errorf("%q: got %+v, %v", issuer, m, err)
		}
	}
	onLoopback := oidc.NewIssuer(oidc.Metadata{Issuer: p.op.URL}, outbound.Client(false), time.Now)
	if m, err := onLoopback.Metadata(t.Context()); err == nil {
		t.Errorf("loopback, which is not allowed: got %+v", m)
	}
	if n := p.op.Requests(cardeatest.Discovery); n != 0 {
		t.Errorf("%d discoveries", n)
	}
}

// The discovery document of an issuer with a path is below that path (OpenID Connect Discovery 1.0,
// Section 4.1).
func TestIssuerWithAPath(t *testing.T) {
	t.Parallel()
	p := newParty(t)
	stranger := p.op.Stranger()
	i := oidc.NewIssuer(oidc.Metadata{Issuer: stranger.URL}, outbound.Client(true), time.Now)
	if m, err := i.Metadata(t.Context()); err != nil || m.Issuer != stranger.URL {
		t.Errorf("got %+v, %v", m, err)
	}
	slash := oidc.NewIssuer(oidc.Metadata{Issuer: stranger.URL + "/"}, outbound.Client(true), time.Now)
	if m, err := slash.Metadata(t.Context()); err == nil {
		t.Errorf("with an additional slash: got %+v", m)
	}
}

// Userinfo with another sub than the ID token is not used.
func TestUserinfoOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, way := range []cardeatest.Misbehaviour{cardeatest.UserinfoForeignSub, cardeatest.UserinfoNoSub} {
		p := newParty(t)
		m, err := p.issuer.Metadata(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		client := p.client(m)
		token, err := client.Exchange(t.Context(), p.code(t, client, "nonce"), verifier)
		if err != nil {
			t.Fatal(err)
		}
		claims, err := p.issuer.Verify(t.Context(), token.IDToken, oidc.Expect{ClientID: p.op.ClientID, Nonce: "nonce"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := oidc.Merge(claims, userinfo(t, client, m, token)); err != nil {
			t.Error(err)
		}
		p.op.Misbehave(way)
		if merged, err := oidc.Merge(claims, userinfo(t, client, m, token)); err == nil {
			t.Errorf("%s: got %v", way, merged)
		}
	}
}

func userinfo(t *testing.T, client *oauth2.Client, m *oidc.Metadata, token *oauth2.Token) map[string]any {
	t.Helper()
	body, err := client.Fetch(t.Context(), oauth2.Resource{URL: m.UserinfoURL}, token)
	if err != nil {
		t.Fatal(err)
	}
	info, err := outbound.Object(body)
	if err != nil {
		t.Fatal(err)
	}
	return info
}
