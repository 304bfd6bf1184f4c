package cardeatest

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"slices"
)

// Registration says how a client must authenticate at the token endpoint and for pushed
// authorization requests (RFC 7591 § 2), and to what its tokens are bound. The zero value is a
// client that authenticates with its secret and gets bearer tokens.
type Registration struct {
	// Method is client_secret_jwt, private_key_jwt, tls_client_auth or self_signed_tls_client_auth.
	// If it is empty, the client authenticates with its secret.
	Method string

	// Key verifies the assertions of private_key_jwt.
	Key crypto.PublicKey

	// KeyID is the kid that an assertion must have. Any is accepted if it is empty.
	KeyID string

	// Algorithm is the only signature algorithm that an assertion may have. If it is empty, RS256,
	// PS256, ES256, EdDSA and Ed25519 are accepted for private_key_jwt, and HS256 for
	// client_secret_jwt.
	Algorithm string

	// Audience is the aud claim that an assertion must have. Defaults to the issuer's URL.
	Audience string

	// Certificate is the client's certificate for self_signed_tls_client_auth. Certificates reach
	// an issuer of [NewTLSIssuer] only.
	Certificate *x509.Certificate

	// Authority issues the client's certificate for tls_client_auth.
	Authority *x509.Certificate

	// Subject is the common name in the client's certificate for tls_client_auth.
	Subject string

	// Bound binds access tokens to the certificate of the token request (RFC 8705 § 3).
	Bound bool

	// DPoP binds tokens to a key. Each request must have a DPoP proof, signed with ES256 (RFC
	// 9449).
	DPoP bool

	// DPoPNonce requires DPoP proofs to contain the nonce that the issuer sent last.
	DPoPNonce bool
}

var (
	byAssertion   = []string{"client_secret_jwt", "private_key_jwt"}
	byCertificate = []string{"tls_client_auth", "self_signed_tls_client_auth"}
)

// Register makes a client authenticate as r says from now on. Discovery lists the method. Register
// panics if there is no such client.
func (i *Issuer) Register(clientID string, r Registration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	c, ok := i.clients[clientID]
	if !ok {
		panic("cardeatest: unknown client " + clientID)
	}
	c.registration = r
	i.clients[clientID] = c
}

// methods returns the authentication methods that discovery lists. mu is held.
func (i *Issuer) methods() []string {
	list := []string{"client_secret_basic", "client_secret_post", "none"}
	for _, c := range i.clients {
		if m := c.registration.Method; m != "" && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// presents reports whether a request came over a connection with a valid certificate of the client.
func (r Registration) presents(req *http.Request) bool {
	if req.TLS == nil || len(req.TLS.PeerCertificates) == 0 {
		return false
	}
	shown := req.TLS.PeerCertificates[0]
	if r.Method == "self_signed_tls_client_auth" {
		return r.Certificate != nil && shown.Equal(r.Certificate)
	}
	if r.Authority == nil || shown.Subject.CommonName != r.Subject {
		return false
	}
	roots := x509.NewCertPool()
	roots.AddCert(r.Authority)
	_, err := shown.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err == nil
}

// thumbprint returns the thumbprint of a request's client certificate (RFC 8705 § 3.1), or "".
func thumbprint(r *http.Request) string {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return ""
	}
	sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
