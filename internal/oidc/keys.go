package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// KeySet is the set of an issuer's public keys at a JWKS URL (RFC 7517 § 5). Its methods may be
// called concurrently.
//
// The keys are fetched when first needed, and again when they are older than an hour. If no key
// verifies a token, they are fetched once more at once, because the issuer may have rotated them.
// If the new keys do not verify the token either, none are fetched for 30 seconds, so that forged
// tokens cause no flood of fetches. The price: a rotation during these seconds is noticed at their
// end.
type KeySet struct {
	url  string
	keys *document[[]key]
}

// key is one public key. issuer is the member of that name in Microsoft's keys: the only issuer,
// or template of issuers, that the key signs for, so that one tenant's key is not accepted in
// tokens of another; "" if the key has no such member.
type key struct {
	jose.JSONWebKey
	issuer string
}

// NewKeySet returns the key set at a URL. Nothing is fetched yet.
func NewKeySet(url string, client *http.Client, now func() time.Time) *KeySet {
	return &KeySet{url: url, keys: &document[[]key]{
		now:   now,
		fetch: func(ctx context.Context) ([]key, error) { return fetchKeys(ctx, client, url) },
	}}
}

// verifySignature returns the payload of a signed token and the key that verified it.
func (s *KeySet) verifySignature(ctx context.Context, jws *jose.JSONWebSignature) ([]byte, key, error) {
	keys, err := s.keys.get(ctx)
	if err != nil {
		return nil, key{}, fmt.Errorf("keys: %w", err)
	}
	payload, signer, err := verifyWithKeys(jws, keys.value)
	if err == nil {
		return payload, signer, nil
	}
	newer, fetchErr := s.keys.newer(ctx, keys.number)
	if fetchErr != nil {
		return nil, key{}, fmt.Errorf("%w (keys not fetched again: %w)", err, fetchErr)
	}
	if payload, signer, err = verifyWithKeys(jws, newer.value); err != nil {
		return nil, key{}, err
	}
	s.keys.endCooldown()
	return payload, signer, nil
}

// verifyWithKeys tries only the keys it is given, and never those that the token itself refers to
// or contains (jku, x5u, x5c).
func verifyWithKeys(jws *jose.JSONWebSignature, keys []key) ([]byte, key, error) {
	header := jws.Signatures[0].Protected
	tried := false
	for _, k := range keys {
		if header.KeyID != "" && k.KeyID != header.KeyID || !isFor(k.JSONWebKey, header.Algorithm) {
			continue
		}
		tried = true
		if payload, err := jws.Verify(k.Key); err == nil {
			return payload, k, nil
		}
	}
	if !tried {
		return nil, key{}, errors.New("kid: the issuer has no key with this kid for the algorithm")
	}
	return nil, key{}, errors.New("signature: not made with a key of the issuer")
}

func verifyWithSecret(jws *jose.JSONWebSignature, secret string) ([]byte, error) {
	payload, err := jws.Verify([]byte(secret))
	if err != nil {
		return nil, errors.New("signature: not made with the client secret")
	}
	return payload, nil
}

// isFor reports whether a key is for signatures by an algorithm.
func isFor(key jose.JSONWebKey, alg string) bool {
	if key.Algorithm != "" && key.Algorithm != alg { // RFC 7517, Section 4.4
		return false
	}
	switch k := key.Key.(type) {
	case *rsa.PublicKey:
		return alg[:2] == "RS" || alg[:2] == "PS"
	case *ecdsa.PublicKey:
		return alg == curveAlgorithms[k.Curve.Params().BitSize]
	case ed25519.PublicKey:
		return alg == "EdDSA"
	}
	return false
}

var curveAlgorithms = map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}

// fetchKeys returns the usable keys of a key set. It ignores keys of unknown kinds, as RFC 7517,
// Section 5, requires. A set without a usable key is an error, so that it does not replace the
// known keys while the issuer is still publishing its new ones.
func fetchKeys(ctx context.Context, client *http.Client, url string) ([]key, error) {
	body, err := get(ctx, client, url)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, errors.New("answer is not a key set")
	}
	var keys []key
	for _, raw := range set.Keys {
		var k key
		if err := k.UnmarshalJSON(raw); err == nil && usable(k.JSONWebKey) {
			k.issuer = keyIssuer(raw)
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("key set has no usable key")
	}
	return keys[:min(len(keys), maxKeys)], nil
}

func keyIssuer(raw []byte) string {
	var k struct {
		Issuer string `json:"issuer"`
	}
	if json.Unmarshal(raw, &k) != nil {
		return "" // a member of another type is not the one that Microsoft publishes
	}
	return k.Issuer
}

// A token without kid is tried with every key, so the work for one token depends on their number
// and size.
const (
	maxKeys    = 64
	maxRSABits = 8192
)

// usable reports whether a key is public, for signatures, and strong enough. A symmetric key never
// is usable: a published key is not secret.
func usable(key jose.JSONWebKey) bool {
	if key.Use != "" && key.Use != "sig" {
		return false
	}
	switch k := key.Key.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen() >= 2048 && k.N.BitLen() <= maxRSABits // RFC 7518, Section 3.3
	case *ecdsa.PublicKey:
		return curveAlgorithms[k.Curve.Params().BitSize] != ""
	case ed25519.PublicKey:
		return true
	}
	return false
}

// algorithms are the signature algorithms that a token or the metadata may choose: the asymmetric
// ones. HS256 is not among them, because it allows to guess the client secret offline. Only the
// configuration can choose it.
var algorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

// acceptedAlgorithms returns those of the issuer's algorithms that are accepted here.
func acceptedAlgorithms(ofIssuer []string) []string {
	if len(ofIssuer) == 0 {
		return []string{"RS256"} // the default of OpenID Connect Core 1.0, Section 2
	}
	var known []string
	for _, alg := range ofIssuer {
		if slices.Contains(algorithms, alg) {
			known = append(known, alg)
		}
	}
	return known
}
