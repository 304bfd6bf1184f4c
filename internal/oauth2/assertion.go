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
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
)

// Key signs the assertions of a client (RFC 7523 § 2.2).
type Key struct {
	Signer crypto.Signer
	ID     string // the kid by which the server finds the public key; "" sends none
	// RS256, PS256, ES256 or EdDSA; defaults to RS256 for an RSA key, and else to the only one that
	// fits
	Algorithm string
}

// Check reports what is wrong with a key: that there is none, that its kind or size is not among
// those of Algorithm, or that Algorithm is not for it.
func (k Key) Check() error {
	_, err := k.algorithm()
	return err
}

func (k Key) algorithm() (jose.SignatureAlgorithm, error) {
	if k.Signer == nil {
		return "", errors.New("there is no Signer")
	}
	fitting := algorithms(k.Signer.Public())
	switch {
	case fitting == nil:
		return "", errors.New("want a key for RSA with 2048 bits or more, for ECDSA on P-256, or for Ed25519")
	case k.Algorithm == "":
		return fitting[0], nil
	case !slices.Contains(fitting, jose.SignatureAlgorithm(k.Algorithm)):
		return "", fmt.Errorf("want an Algorithm of %q for this key, have %q", fitting, k.Algorithm)
	}
	return jose.SignatureAlgorithm(k.Algorithm), nil
}

// algorithms are those for a public key; none for one that is too weak (RFC 7518 § 3.3) or of
// another kind.
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
		return []jose.SignatureAlgorithm{jose.EdDSA}
	}
	return nil
}

func (k Key) signing() (jose.SigningKey, error) {
	alg, err := k.algorithm()
	return jose.SigningKey{Algorithm: alg, Key: cryptosigner.Opaque(k.Signer)}, err
}

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	assertionLife = time.Minute // it is used at once
)

// assert adds an assertion of who the client is (RFC 7523 § 2.2). It is for this server alone,
// since its audience is, and for one request.
func (c *Client) assert(form url.Values, key jose.SigningKey, kid string) error {
	if c.Audience == "" {
		return errors.New("client assertion: the server has no issuer that could be its audience")
	}
	now := c.now()
	claims := map[string]any{
		"iss": c.ID, "sub": c.ID, "aud": c.Audience, "jti": rand.Text(), "iat": now.Unix(),
		"exp": now.Add(assertionLife).Unix(),
	}
	// Some servers refuse any other typ, such as the one that the revision of RFC 7523 has in mind.
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	assertion, err := sign(key, options, claims)
	if err != nil {
		// the cause is the signer's, and could say more than a log may hold
		return errors.New("client assertion: the key cannot sign")
	}
	form.Set("client_id", c.ID)
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", assertion)
	return nil
}

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
