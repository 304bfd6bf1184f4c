package relyingparty_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/conformance/internal/node"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// registration is how a client is registered at oidc-provider, and how Cardea is configured for
// that.
type registration struct {
	name          string
	client        object // client metadata (RFC 7591 § 2), beside that which all clients have
	configuration object // of the provider, beside that in provider.mjs
	demandNonce   bool   // the provider demands a nonce of its own in proofs (RFC 9449 § 8)
	change        func(*oauth.Provider)
}

var registrations = []registration{
	{name: "client_secret_basic"},
	{name: "client_secret_post", client: object{"token_endpoint_auth_method": "client_secret_post"},
		change: func(p *oauth.Provider) { p.ClientAuth = oauth.AuthClientSecretPost }},
	{name: "client_secret_jwt", client: object{"token_endpoint_auth_method": "client_secret_jwt"},
		change: func(p *oauth.Provider) { p.ClientAuth = oauth.AuthClientSecretJWT }},
	{name: "private_key_jwt by RS256", client: withKey("RS256", rsaKey), change: withSigner(rsaKey, "RS256")},
	{name: "private_key_jwt by PS256", client: withKey("PS256", rsaKey), change: withSigner(rsaKey, "PS256")},
	{name: "private_key_jwt by ES256", client: withKey("ES256", es256Key), change: withSigner(es256Key, "ES256")},
	{name: "private_key_jwt by EdDSA", client: withKey("EdDSA", edKey), change: withSigner(edKey, "EdDSA")},
	{name: "a public client", client: object{"token_endpoint_auth_method": "none"},
		change: func(p *oauth.Provider) { p.ClientSecret = "" }},
	{name: "an ID token by RS256", client: object{"id_token_signed_response_alg": "RS256"}},
	{name: "an ID token by PS256", client: object{"id_token_signed_response_alg": "PS256"}},
	{name: "an ID token by ES256", client: object{"id_token_signed_response_alg": "ES256"}},
	{name: "an ID token by EdDSA", client: object{"id_token_signed_response_alg": "EdDSA"}},
	{name: "an ID token by HS256", client: object{"id_token_signed_response_alg": "HS256"},
		configuration: object{"enabledJWA": object{"idTokenSigningAlgValues": []any{"HS256", "RS256"}}},
		change:        func(p *oauth.Provider) { p.IDTokenHS256 = true }},
	{name: "claims in the ID token alone", configuration: object{"conformIdTokenClaims": false},
		change: func(p *oauth.Provider) { p.UseUserinfo = false }},
	{name: "signed userinfo", client: object{"userinfo_signed_response_alg": "ES256"},
		change: func(p *oauth.Provider) { p.Userinfo.Signed = true }},
	{name: "a pushed authorization request", client: object{"require_pushed_authorization_requests": true},
		change: func(p *oauth.Provider) { p.PushAuthorization = true }},
	{name: "a callback as a form", change: func(p *oauth.Provider) { p.FormPost = true }},
	{name: "tokens bound to a key", client: object{"dpop_bound_access_tokens": true},
		change: func(p *oauth.Provider) { p.DPoP = true }},
	{name: "tokens bound to a key, with a nonce in each proof", client: object{"dpop_bound_access_tokens": true},
		demandNonce: true, change: func(p *oauth.Provider) { p.DPoP = true }},
	{name: "all of that together", client: merged(withKey("ES256", es256Key), object{
		"require_pushed_authorization_requests": true, "dpop_bound_access_tokens": true,
		"id_token_signed_response_alg": "EdDSA", "userinfo_signed_response_alg": "PS256",
	}), change: func(p *oauth.Provider) {
		withSigner(es256Key, "ES256")(p)
		p.PushAuthorization, p.DPoP, p.FormPost, p.Userinfo.Signed = true, true, true, true
	}},
}

// withKey registers a client by its public key.
func withKey(algorithm string, key crypto.Signer) object {
	public := jwk(key, "client-key")
	public["alg"], public["use"] = algorithm, "sig"
	return object{
		"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": algorithm,
		"jwks": object{"keys": []any{public}},
	}
}

// withSigner has Cardea sign its assertions with a key.
func withSigner(key crypto.Signer, algorithm string) func(*oauth.Provider) {
	return func(p *oauth.Provider) {
		p.ClientAuth, p.ClientSecret = oauth.AuthPrivateKeyJWT, ""
		p.ClientKey = oauth.ClientKey{Signer: key, ID: "client-key", Algorithm: algorithm}
	}
}

// TestOIDCProvider signs in at the OpenID provider of the npm package oidc-provider, with the pages
// of that package, and refreshes the access tokens.
func TestOIDCProvider(t *testing.T) {
	t.Parallel()
	process := node.Start(t, "node", "provider.mjs")
	for _, r := range registrations {
		t.Run(r.name, func(t *testing.T) {
			a := newApplicationAt(t, process, r)
			a.visitor.signIn(t, "ann")
			a.checkProfile(t)
			a.checkAlgorithm(t, r)
			a.checkTokens(t)
		})
	}
	t.Run("a visitor who cancels", func(t *testing.T) {
		a := newApplicationAt(t, process, registration{})
		a.visitor.cancel(t)
		if a.visitor.Session() != nil {
			t.Error("there is a session")
		}
	})
	t.Run("a wrong client secret", func(t *testing.T) {
		a := newApplicationAt(t, process, registration{change: func(p *oauth.Provider) { p.ClientSecret += "x" }})
		a.visitor.signIn(t, "ann")
		if a.visitor.Session() != nil {
			t.Error("there is a session")
		}
	})
}

// application has Cardea as a client of oidc-provider.
type application struct {
	auth    *cardea.Auth
	visitor *visitor
	issuer  string
	dpop    bool

	signedIn cardea.SignIn // of the last event SignIn
}

// newApplicationAt starts a provider that knows one client, and an application that is this client.
func newApplicationAt(t *testing.T, process *node.Process, r registration) *application {
	t.Helper()
	a := &application{}
	var p *oauth.Provider
	var origin string
	a.auth, origin = newApplication(t, func(origin string) cardea.Provider {
		process.Call(t, &a.issuer, "start", merged(object{
			"client_id": clientID, "client_secret": secret, "redirect_uris": []any{origin + "/api/auth/callback/op"},
			"grant_types": []any{"authorization_code", "refresh_token"},
		}, r.client), object{
			"configuration": r.configuration, "demandNonce": r.demandNonce, "jwks": object{"keys": privateKeys()},
		})
		p = provider.OIDC("op", "OpenID provider", provider.Client{ID: clientID, Secret: secret, Issuer: a.issuer})
		p.UseUserinfo = true // the provider has name and e-mail address in userinfo only
		p.Scopes = []string{"openid", "profile", "email", "offline_access"}
		p.AuthorizationParams = url.Values{"prompt": {"consent"}} // OpenID Connect Core 1.0, Section 11
		if r.change != nil {
			r.change(p)
		}
		return p
	}, func(c *cardea.Config) {
		c.Adapter = memadapter.New()
		c.Events.SignIn = func(_ context.Context, in *cardea.SignIn) { a.signedIn = *in }
	})
	a.dpop, a.visitor = p.DPoP, &visitor{cardeatest.NewBrowser(t, origin)}
	return a
}

// checkProfile checks that the visitor is signed in as Ann, with the claims of userinfo and with
// the tokens of the provider.
func (a *application) checkProfile(t *testing.T) {
	t.Helper()
	session := a.visitor.Session()
	user, _ := session["user"].(map[string]any)
	if user["name"] != "Ann Example" || user["email"] != "ann@example.com" {
		t.Fatalf("session %v", session)
	}
	account, profile := a.signedIn.Account, a.signedIn.Profile
	if account.ProviderAccountID != "ann" || !profile.EmailVerified || account.IDToken == "" ||
		account.RefreshToken == "" {
		t.Errorf("account of %q, verified %v, ID token of %d bytes, refresh token of %d bytes",
			account.ProviderAccountID, profile.EmailVerified, len(account.IDToken), len(account.RefreshToken))
	}
}

// checkAlgorithm checks that the ID token is signed by the algorithm of the registration. The
// default is RS256 (OpenID Connect Dynamic Client Registration 1.0 § 2).
func (a *application) checkAlgorithm(t *testing.T, r registration) {
	t.Helper()
	first, _, _ := strings.Cut(a.signedIn.Account.IDToken, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		t.Fatal(err)
	}
	var header struct{ Alg string }
	want, ok := r.client["id_token_signed_response_alg"]
	if !ok {
		want = "RS256"
	}
	if err := json.Unmarshal(text, &header); err != nil || header.Alg != want {
		t.Errorf("ID token by %q, want %q (%v)", header.Alg, want, err)
	}
}

// checkTokens gets access tokens and uses them at the provider. They expire so soon that each call
// refreshes. Tokens that are bound to a key are not given out.
func (a *application) checkTokens(t *testing.T) {
	t.Helper()
	if a.dpop {
		_, err := a.auth.AccessToken(t.Context(), a.signedIn.User.ID, "op")
		if !errors.Is(err, cardea.ErrTokenBound) || a.signedIn.Account.TokenType != "dpop" {
			t.Errorf("token type %s, %v", a.signedIn.Account.TokenType, err)
		}
		return
	}
	last := a.signedIn.Account.AccessToken
	for range 3 { // the provider replaces the refresh token each time
		token, err := a.auth.AccessToken(t.Context(), a.signedIn.User.ID, "op")
		if err != nil || token == last {
			t.Fatalf("another access token than before: %v, %v", token != last, err)
		}
		a.checkToken(t, token)
		last = token
	}
}

// checkToken checks that the provider accepts an access token as Ann's.
func (a *application) checkToken(t *testing.T, token string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.issuer+"/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := ownTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if kind := res.Header.Get("Content-Type"); strings.HasPrefix(kind, "application/jwt") {
		_, rest, _ := strings.Cut(string(body), ".")
		payload, _, _ := strings.Cut(rest, ".")
		if body, err = base64.RawURLEncoding.DecodeString(payload); err != nil {
			t.Fatal(err)
		}
	}
	var claims struct{ Sub string }
	if err := json.Unmarshal(body, &claims); err != nil || claims.Sub != "ann" {
		t.Errorf("userinfo: %s, %v", res.Status, err)
	}
}

// privateKeys returns the keys with which oidc-provider signs.
func privateKeys() []any {
	var keys []any
	for i, key := range []crypto.Signer{rsaKey, es256Key, edKey} {
		private := jwk(key, fmt.Sprint("provider-key-", i))
		switch k := key.(type) {
		case *rsa.PrivateKey:
			k.Precompute()
			private["d"], private["p"], private["q"] = encode(k.D.Bytes()), encode(k.Primes[0].Bytes()), encode(
				k.Primes[1].Bytes(),
			)
			private["dp"], private["dq"] = encode(k.Precomputed.Dp.Bytes()), encode(k.Precomputed.Dq.Bytes())
			private["qi"] = encode(k.Precomputed.Qinv.Bytes())
		case *ecdsa.PrivateKey:
			d, err := k.Bytes()
			if err != nil {
				panic(err)
			}
			private["d"] = encode(d)
		case ed25519.PrivateKey:
			private["d"] = encode(k.Seed())
		}
		keys = append(keys, private)
	}
	return keys
}

func merged(objects ...object) object {
	all := object{}
	for _, o := range objects {
		maps.Copy(all, o)
	}
	return all
}
