package relyingparty

import (
	"net/http"
	"slices"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/oauth"
)

// clientAuths are the methods that are accepted. The first one, "", means the default.
var clientAuths = []oauth.ClientAuth{
	"", oauth.AuthClientSecretBasic, oauth.AuthClientSecretPost, oauth.AuthClientSecretJWT,
	oauth.AuthPrivateKeyJWT, oauth.AuthTLS, oauth.AuthSelfSignedTLS, oauth.AuthNone,
}

func (v *validation) validateClientAuth() {
	if !slices.Contains(clientAuths, v.ClientAuth) {
		v.add("ClientAuth", "want one of %q, have %q", clientAuths[1:], v.ClientAuth)
	}
	v.validateClientSecret()
	v.validateClientKey()
	v.validateAssertionAudience()
	byTLS := v.ClientAuth == oauth.AuthTLS || v.ClientAuth == oauth.AuthSelfSignedTLS
	if byTLS && v.ClientCertificate == nil {
		v.add("ClientCertificate", "is missing, and ClientAuth is %s", v.ClientAuth)
	}
	if c := v.ClientCertificate; c != nil && (len(c.Certificate) == 0 || c.PrivateKey == nil) {
		v.add("ClientCertificate", "has no certificate or no private key; tls.LoadX509KeyPair reads both")
	}
}

func (v *validation) validateClientSecret() {
	hasFunc := v.ClientSecretFunc != nil
	hasSecret := v.ClientSecret != "" || hasFunc
	switch v.ClientAuth {
	case oauth.AuthClientSecretBasic, oauth.AuthClientSecretPost:
		if !hasSecret {
			v.add("ClientSecret", "is empty, and ClientAuth is %s", v.ClientAuth)
		}
	case oauth.AuthClientSecretJWT:
		if n := len(v.ClientSecret); n < 32 { // RFC 7518 § 3.2
			v.add("ClientSecret", "want 32 bytes or more to sign assertions with, have %d", n)
		}
	case oauth.AuthPrivateKeyJWT, oauth.AuthTLS, oauth.AuthSelfSignedTLS:
		if hasFunc || v.ClientSecret != "" && !v.IDTokenHS256 {
			v.add("ClientSecret", "has no effect with ClientAuth %s", v.ClientAuth)
		}
	}
	if hasFunc && v.ClientSecret != "" {
		v.add("ClientSecretFunc", "has no effect if ClientSecret is set; set only one of the two")
	}
	switch {
	case !v.IDTokenHS256:
	case v.Type != oauth.TypeOIDC:
		v.add("IDTokenHS256", "needs type %s", oauth.TypeOIDC)
	case len(v.ClientSecret) < 32: // RFC 7518 § 3.2
		v.add("ClientSecret", "want 32 bytes or more to verify ID tokens with, have %d", len(v.ClientSecret))
	}
}

func (v *validation) validateClientKey() {
	if v.ClientAuth != oauth.AuthPrivateKeyJWT {
		if v.ClientKey != (oauth.ClientKey{}) {
			v.add("ClientKey", "has no effect; ClientAuth %s needs it", oauth.AuthPrivateKeyJWT)
		}
		return
	}
	if err := oauth2.Key(v.ClientKey).Check(); err != nil {
		v.add("ClientKey", "%v", err)
	}
}

func (v *validation) validateAssertionAudience() {
	asserts := v.ClientAuth == oauth.AuthPrivateKeyJWT || v.ClientAuth == oauth.AuthClientSecretJWT
	switch {
	case !asserts && v.AssertionAudience != "":
		v.add("AssertionAudience", "has no effect; it is for ClientAuth %s and %s", oauth.AuthPrivateKeyJWT,
			oauth.AuthClientSecretJWT)
	case asserts && v.AssertionAudience == "" && (v.Issuer == "" || oidc.HasPlaceholders(v.Issuer)):
		v.add("AssertionAudience", "is empty, and there is no single Issuer that could be the audience")
	}
}

// validateCertificate reports a Config.HTTPClient that cannot present the certificate.
func (v *validation) validateClientCertificate(client *http.Client) {
	if v.ClientCertificate == nil || client == nil {
		return
	}
	if _, err := oauth2.WithCertificate(client, *v.ClientCertificate); err != nil {
		v.add("ClientCertificate", "Config.HTTPClient: %v", err)
	}
}
