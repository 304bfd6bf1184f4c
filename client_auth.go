package cardea

import (
	"cmp"
	"crypto"
	"net/http"
	"slices"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// ClientAuth is how a client authenticates at the token endpoint, and where it pushes authorization
// requests (OpenID Connect Core 1.0 § 9, RFC 8705 § 2).
type ClientAuth string

// The client authentication methods. The zero value is AuthClientSecretBasic when there is a secret,
// and AuthNone otherwise.
const (
	AuthClientSecretBasic ClientAuth = "client_secret_basic"
	AuthClientSecretPost  ClientAuth = "client_secret_post"
	// an assertion signed with ClientSecret, by HS256
	AuthClientSecretJWT ClientAuth = "client_secret_jwt"
	AuthPrivateKeyJWT   ClientAuth = "private_key_jwt" // an assertion signed with ClientKey
	// ClientCertificate, which an authority has issued
	AuthTLS ClientAuth = "tls_client_auth"
	// ClientCertificate, which the server was told of
	AuthSelfSignedTLS ClientAuth = "self_signed_tls_client_auth"
	AuthNone          ClientAuth = "none"
)

// ClientKey is the key with which a client signs assertions of who it is (RFC 7523 § 2.2). Signer
// may keep the key elsewhere, as in a hardware module; it may be called concurrently, and what it
// takes to sign delays a sign-in. The private key is never asked for.
type ClientKey struct {
	Signer crypto.Signer // RSA with 2048 bits or more, ECDSA on P-256, or Ed25519
	ID     string        // the kid under which the server has the public key; empty sends none
	// RS256, PS256, ES256 or EdDSA; defaults to RS256 for RSA, and else to the only one that fits
	Algorithm string
}

// clientAuths are the methods that New accepts; none given is one of them.
var clientAuths = []ClientAuth{
	"", AuthClientSecretBasic, AuthClientSecretPost, AuthClientSecretJWT, AuthPrivateKeyJWT, AuthTLS, AuthSelfSignedTLS,
	AuthNone,
}

func (p *OAuthProvider) validateClientAuth(field string, f *faults) {
	if !slices.Contains(clientAuths, p.ClientAuth) {
		f.add(field+".ClientAuth", "want one of %q, have %q", clientAuths[1:], p.ClientAuth)
	}
	p.validateSecret(field, f)
	p.validateKey(field, f)
	p.validateAudience(field, f)
	if byTLS := p.ClientAuth == AuthTLS || p.ClientAuth == AuthSelfSignedTLS; byTLS &&
		p.ClientCertificate == nil {
		f.add(field+".ClientCertificate", "is missing, and ClientAuth is %s", p.ClientAuth)
	}
	if c := p.ClientCertificate; c != nil && (len(c.Certificate) == 0 || c.PrivateKey == nil) {
		f.add(field+".ClientCertificate", "has no certificate or no private key; tls.LoadX509KeyPair reads both")
	}
	if p.DPoP && (p.Exchange != nil || p.FetchUserinfo != nil) {
		f.add(field+".DPoP", "is not for the hooks Exchange and FetchUserinfo, which have not the key")
	}
	if p.PushAuthorization && p.Type == TypeOAuth && p.PushedAuthorizationURL == "" {
		f.add(field+".PushedAuthorizationURL", "is empty, and PushAuthorization needs it where nothing is discovered")
	}
}

func (p *OAuthProvider) validateSecret(field string, f *faults) {
	minted := p.ClientSecretFunc != nil
	hasSecret := p.ClientSecret != "" || minted
	switch p.ClientAuth {
	case AuthClientSecretBasic, AuthClientSecretPost:
		if !hasSecret {
			f.add(field+".ClientSecret", "is empty, and ClientAuth is %s", p.ClientAuth)
		}
	case AuthClientSecretJWT:
		if n := len(p.ClientSecret); n < 32 { // RFC 7518 § 3.2
			f.add(field+".ClientSecret", "want 32 bytes or more to sign assertions with, have %d", n)
		}
	case AuthPrivateKeyJWT, AuthTLS, AuthSelfSignedTLS:
		if minted || p.ClientSecret != "" && !p.IDTokenHS256 {
			f.add(field+".ClientSecret", "has no effect beside ClientAuth %s", p.ClientAuth)
		}
	}
	if minted && p.ClientSecret != "" {
		f.add(field+".ClientSecretFunc", "has no effect beside ClientSecret; set one of the two")
	}
	switch {
	case !p.IDTokenHS256:
	case p.Type != TypeOIDC:
		f.add(field+".IDTokenHS256", "is for type %s", TypeOIDC)
	case len(p.ClientSecret) < 32: // RFC 7518 § 3.2
		f.add(field+".ClientSecret", "want 32 bytes or more to verify ID tokens with, have %d", len(p.ClientSecret))
	}
}

func (p *OAuthProvider) validateKey(field string, f *faults) {
	if p.ClientAuth != AuthPrivateKeyJWT {
		if p.ClientKey != (ClientKey{}) {
			f.add(field+".ClientKey", "has no effect; ClientAuth %s needs it", AuthPrivateKeyJWT)
		}
		return
	}
	if err := oauth2.Key(p.ClientKey).Check(); err != nil {
		f.add(field+".ClientKey", "%v", err)
	}
}

func (p *OAuthProvider) validateAudience(field string, f *faults) {
	asserts := p.ClientAuth == AuthPrivateKeyJWT || p.ClientAuth == AuthClientSecretJWT
	switch {
	case !asserts && p.AssertionAudience != "":
		f.add(field+".AssertionAudience", "has no effect; it is for ClientAuth %s and %s", AuthPrivateKeyJWT,
			AuthClientSecretJWT)
	case asserts && p.AssertionAudience == "" && (p.Issuer == "" || oidc.HasPlaceholders(p.Issuer)):
		f.add(field+".AssertionAudience", "is empty, and there is no one Issuer that could be the audience")
	}
}

// validateCertificate reports a Config.HTTPClient that cannot present the certificate.
func (p *OAuthProvider) validateCertificate(field string, client *http.Client, f *faults) {
	if p.ClientCertificate == nil || client == nil {
		return
	}
	if _, err := oauth2.WithCertificate(client, *p.ClientCertificate); err != nil {
		f.add(field+".ClientCertificate", "Config.HTTPClient: %v", err)
	}
}

// presenting is the client for the endpoints to which the provider's certificate is shown.
func (p *OAuthProvider) presenting(client *http.Client) *http.Client {
	if p.ClientCertificate == nil {
		return client
	}
	with, err := oauth2.WithCertificate(client, *p.ClientCertificate)
	if err != nil { // New has tried it
		return nil
	}
	return with
}

// audience is for whom assertions are.
func (c *oauthClient) audience(m *oidc.Metadata) string { return cmp.Or(c.AssertionAudience, m.Issuer) }

// pushURL is where the authorization request goes, "" for the browser.
func (c *oauthClient) pushURL(m *oidc.Metadata) (string, error) {
	if !m.RequirePush && !c.PushAuthorization && c.PushedAuthorizationURL == "" {
		return "", nil
	}
	if err := outbound.CheckEndpoint(m.PushURL); err != nil {
		return "", fail(
			codeOAuthSignIn, "the authorization request is to be pushed, but the provider's endpoint for that: %w", err,
		)
	}
	return m.PushURL, nil
}
