package oauth2

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/eddsa"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
)

// Key is the private key that signs the assertions of a client (RFC 7523 § 2.2).
type Key struct {
	// Signer is the private key: RSA with 2048 bits or more, ECDSA on P-256, or Ed25519. Required.
	Signer crypto.Signer

	// ID is the kid by which the server finds the public key. "" sends none.
	ID string

	// Algorithm is RS256, PS256, ES256, EdDSA or Ed25519 (RFC 9864), which is another name for
	// EdDSA with this key. Defaults to the first of them that fits the key and is among
	// Client.AssertionAlgorithms, or else to the first that fits the key.
	Algorithm string
}

// Check returns an error if there is no Signer, if its kind or size is not one of those accepted,
// or if Algorithm does not fit it.
func (k Key) Check() error {
	_, err := k.algorithm(nil)
	return err
}

// algorithm returns Algorithm or its default at a server that accepts these, or what is wrong with
// the key.
func (k Key) algorithm(accepted []string) (jose.SignatureAlgorithm, error) {
	if k.Signer == nil {
		return "", errors.New("there is no Signer")
	}
	fitting := algorithms(k.Signer.Public())
	switch {
	case fitting == nil:
		return "", errors.New("want a key for RSA with 2048 bits or more, for ECDSA on P-256, or for Ed25519")
	case k.Algorithm == "":
		return preferred(fitting, accepted), nil
	case !slices.Contains(fitting, jose.SignatureAlgorithm(k.Algorithm)):
		return "", fmt.Errorf("want an Algorithm of %q for this key, have %q", fitting, k.Algorithm)
	}
	return jose.SignatureAlgorithm(k.Algorithm), nil
}

// preferred returns the first of the fitting algorithms that a server accepts, or else the first.
func preferred(fitting []jose.SignatureAlgorithm, accepted []string) jose.SignatureAlgorithm {
	for _, alg := range fitting {
		if slices.Contains(accepted, string(alg)) {
			return alg
		}
	}
	return fitting[0]
}

// algorithms returns the algorithms for a public key, the default first. It returns none for a key
// that is too weak (RFC 7518 § 3.3) or of another kind.
func algorithms(public crypto.PublicKey) []jose.SignatureAlgorithm {
	switch public := public.(type) {
	case *rsa.PublicKey:
		if public.N.BitLen() >= 2048 {
			return []jose.SignatureAlgorithm{jose.RS256, jose.PS256}
		}
	case *ecdsa.PublicKey:
		if public.Curve == elliptic.P256() {
			return []jose.SignatureAlgorithm{jose.ES256}
		}
	case ed25519.PublicKey:
		return []jose.SignatureAlgorithm{eddsa.EdDSA, eddsa.Ed25519}
	}
	return nil
}

// signing returns the key as the JOSE library wants it, for a server that accepts these algorithms.
func (k Key) signing(accepted []string) (jose.SigningKey, error) {
	alg, err := k.algorithm(accepted)
	if eddsa.Is(string(alg)) {
		return jose.SigningKey{Algorithm: alg, Key: eddsa.Signer(k.Signer)}, err
	}
	return jose.SigningKey{Algorithm: alg, Key: cryptosigner.Opaque(hashLongSalt{k.Signer})}, err
}

// hashLongSalt signs by PSS with a salt as long as the hash (RFC 7518 § 3.5). The JOSE library
// leaves the length open, and crypto/rsa would then use the longest salt that fits.
type hashLongSalt struct{ crypto.Signer }

func (s hashLongSalt) Sign(random io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	if pss, ok := options.(*rsa.PSSOptions); ok {
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: pss.Hash}
	}
	return s.Signer.Sign(random, digest, options)
}

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife = time.Minute // enough, because an assertion is sent at once
)

// addAssertion adds a JWT that authenticates the client (RFC 7523 § 2.2). Its audience is this
// server alone, and it is for one request.
func (c *Client) addAssertion(form url.Values, key jose.SigningKey, kid string) error {
	if c.Audience == "" {
		return errors.New("client assertion: there is no audience, because the server has no issuer")
	}
	now := c.now()
	claims := map[string]any{
		"iss": c.ID, "sub": c.ID, "aud": c.Audience, "jti": rand.Text(), "iat": now.Unix(),
		"exp": now.Add(assertionLife).Unix(),
	}
	// Some servers refuse any other typ, such as the one that the draft revising RFC 7523 proposes.
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	assertion, err := sign(key, options, claims)
	if err != nil {
		// The signer's own error is left out: it may contain what must not be logged.
		return errors.New("client assertion: the key cannot sign")
	}
	form.Set("client_id", c.ID)
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", assertion)
	return nil
}

// sign returns a JWT with these claims in the compact serialization.
func sign(key jose.SigningKey, options *jose.SignerOptions, claims map[string]any) (string, error) {
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return jws.CompactSerialize()
}
