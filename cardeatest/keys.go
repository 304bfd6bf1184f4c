package cardeatest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"

	"github.com/cardea-auth/cardea/internal/eddsa"
	"github.com/go-jose/go-jose/v4"
)

// signingKey is a key pair and its algorithm. Its methods are safe for concurrent use.
type signingKey struct {
	id      string
	alg     jose.SignatureAlgorithm
	private crypto.Signer
}

// SignWith makes the issuer sign ID tokens with algorithm alg and a new key from now on. alg is
// RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA or Ed25519, which is another
// name for EdDSA (RFC 9864); SignWith panics for any other. A new issuer uses ES256, because RSA
// keys take long to generate.
func (i *Issuer) SignWith(alg string) {
	key := newKey(jose.SignatureAlgorithm(alg))
	i.mu.Lock()
	defer i.mu.Unlock()
	i.key = key
}

// RotateKeys replaces the issuer's signing key. The old key is no longer in the key set.
func (i *Issuer) RotateKeys() {
	i.mu.Lock()
	alg := i.key.alg
	i.mu.Unlock()
	i.SignWith(string(alg))
}

func newKey(alg jose.SignatureAlgorithm) signingKey {
	k := signingKey{id: rand.Text(), alg: alg}
	var err error
	switch alg {
	case jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512:
		k.private, err = rsa.GenerateKey(rand.Reader, 2048)
	case jose.ES256:
		k.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.ES384:
		k.private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case jose.ES512:
		k.private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case eddsa.EdDSA, eddsa.Ed25519:
		_, k.private, err = ed25519.GenerateKey(rand.Reader)
	default:
		panic("cardeatest: unknown signature algorithm " + string(alg))
	}
	if err != nil {
		panic("cardeatest: generate key: " + err.Error())
	}
	return k
}

func (k signingKey) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.private.Public(), KeyID: k.id, Algorithm: string(k.alg), Use: "sig"}
}

// header holds members of a token's header. A member with a nil value is left out.
type header map[string]any

// sign returns the compact form. more is added to the header, or replaces members of it.
func (k signingKey) sign(claims map[string]any, more header) string {
	return k.compact(k.alg, k.signer(), claims, more)
}

// signer returns the private key as the JOSE library wants it.
func (k signingKey) signer() any {
	if eddsa.Is(string(k.alg)) {
		return eddsa.Signer(k.private)
	}
	return k.private
}

func (k signingKey) signHS256(secret []byte, claims map[string]any) string {
	return k.compact(jose.HS256, secret, claims, nil)
}

func (k signingKey) compact(alg jose.SignatureAlgorithm, key any, claims map[string]any, more header) string {
	options := (&jose.SignerOptions{}).WithType("JWT")
	for name, value := range merge(header{"kid": k.id}, more) {
		options = options.WithHeader(jose.HeaderKey(name), value)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		panic("cardeatest: encode claims as JSON: " + err.Error())
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		panic("cardeatest: sign: " + err.Error())
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic("cardeatest: sign: " + err.Error())
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		panic("cardeatest: sign: " + err.Error())
	}
	return compact
}

// publicPEM returns the public key in PEM, which a verifier that confuses algorithms takes as the
// secret of HS256.
func (k signingKey) publicPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(k.private.Public())
	if err != nil {
		panic("cardeatest: public key: " + err.Error())
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// symmetricKey is the key that JWKSSymmetric publishes and signs with.
const symmetricKey = "a secret that everybody can read in the key set"

// serveJWKS serves the key set (RFC 7517 § 5).
func (e endpoints) serveJWKS(w http.ResponseWriter, _ *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	keys := []any{e.key.public()}
	if e.faults[JWKSSymmetric] {
		keys = append(keys, map[string]string{
			"kty": "oct", "kid": e.key.id, "k": base64.RawURLEncoding.EncodeToString([]byte(symmetricKey)),
		})
	}
	if e.faults[JWKSNoKeys] {
		keys = []any{}
	}
	answer(w, http.StatusOK, map[string]any{"keys": keys})
}
