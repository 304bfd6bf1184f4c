package cardeatest

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"slices"
)

// Registration is how a client must authenticate at the endpoints for tokens and for pushed
// authorization requests, in place of its secret (RFC 7591 § 2).
type Registration struct {
	// Method is client_secret_jwt, private_key_jwt, tls_client_auth or self_signed_tls_client_auth.
	// Empty leaves it at the secret.
	Method string

	// Of assertions.
	Key   crypto.PublicKey // for private_key_jwt
	KeyID string           // the kid that an assertion must name; empty takes any
	// the only one that is accepted; empty accepts RS256, PS256, ES256 and EdDSA, and HS256 for
	// client_secret_jwt
	Algorithm string
	Audience  string // the only one that is accepted; defaults to the issuer's URL

	// Of certificates, which reach the issuer of [NewTLSIssuer] only.
	Certificate *x509.Certificate // for self_signed_tls_client_auth: this one, byte for byte
	Authority   *x509.Certificate // for tls_client_auth: who has issued the certificate
	Subject     string            // for tls_client_auth: the common name in it
	// access tokens are good only with the certificate that was presented for them (RFC 8705 § 3)
	Bound bool

	DPoP      bool // tokens are bound to a key, of which each request must bring a proof by ES256 (RFC 9449)
	DPoPNonce bool // and in the proof the nonce that was given last
}

var (
	byAssertion   = []string{"client_secret_jwt", "private_key_jwt"}
	byCertificate = []string{"tls_client_auth", "self_signed_tls_client_auth"}
)

// Register makes a client that was added authenticate in another way from now on. Discovery lists
// the method. It panics where there is no such client.
func (i *Issuer) Register(clientID string, r Registration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	c, ok := i.clients[clientID]
	if !ok {
		panic("cardeatest: no client " + clientID)
	}
	c.registration = r
	i.clients[clientID] = c
}

// methods are the ways of authentication that discovery tells of. i.mu is held.
func (i *Issuer) methods() []string {
	list := []string{"client_secret_basic", "client_secret_post", "none"}
	for _, c := range i.clients {
		if m := c.registration.Method; m != "" && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// presents reports whether a request came over a connection with the client's certificate.
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

// thumbprint is that of the certificate which a request presents (RFC 8705 § 3.1), "" without one.
func thumbprint(r *http.Request) string {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return ""
	}
	sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
