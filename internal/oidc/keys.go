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
// The keys are fetched when first needed and again when older than an hour. A token that none of
// them verifies costs one fetch more, at once, because the issuer may have changed its keys; if
// that did not help there is none for 30 seconds, so that forged tokens cause no flood of fetches.
// The price is that a change of keys within these seconds is noticed at their end.
type KeySet struct {
	url  string
	keys *document[[]key]
}

// key is one of them. Microsoft's say for which issuer each is, so that the key of one tenant
// cannot speak for another; "" where it is not said.
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

// payload verifies the signature and returns what is signed, and by which key.
func (s *KeySet) payload(ctx context.Context, jws *jose.JSONWebSignature) ([]byte, key, error) {
	keys, err := s.keys.get(ctx)
	if err != nil {
		return nil, key{}, fmt.Errorf("keys: %w", err)
	}
	payload, by, err := verify(jws, keys.value)
	if err == nil {
		return payload, by, nil
	}
	newer, renewal := s.keys.newer(ctx, keys.number)
	if renewal != nil {
		return nil, key{}, fmt.Errorf("%w (keys not fetched again: %w)", err, renewal)
	}
	if payload, by, err = verify(jws, newer.value); err != nil {
		return nil, key{}, err
	}
	s.keys.helped()
	return payload, by, nil
}

// verify looks only at the keys given, and never at those that the token itself names or brings
// (jku, x5u, x5c).
func verify(jws *jose.JSONWebSignature, keys []key) ([]byte, key, error) {
	header := jws.Signatures[0].Protected
	known := false
	for _, k := range keys {
		if header.KeyID != "" && k.KeyID != header.KeyID || !suits(k.JSONWebKey, header.Algorithm) {
			continue
		}
		known = true
		if payload, err := jws.Verify(k.Key); err == nil {
			return payload, k, nil
		}
	}
	if !known {
		return nil, key{}, errors.New("kid: the issuer has no such key for the algorithm")
	}
	return nil, key{}, errors.New("signature: not by the issuer's key")
}

func verifySecret(jws *jose.JSONWebSignature, secret string) ([]byte, error) {
	payload, err := jws.Verify([]byte(secret))
	if err != nil {
		return nil, errors.New("signature: not with the client's secret")
	}
	return payload, nil
}

func suits(key jose.JSONWebKey, alg string) bool {
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

// fetchKeys leaves out keys of unknown kinds, which an issuer may publish beside the others (RFC
// 7517, Section 5). No key at all is an error, so that a half-finished change of keys does not
// replace the ones known.
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
		return "" // a member of another kind, which is not Microsoft's
	}
	return k.Issuer
}

// A token without kid is tried with each key, so their number and size bound the work.
const (
	maxKeys    = 64
	maxRSABits = 8192
)

// usable reports whether a key is public, for signatures, and strong. Symmetric keys never are:
// what is published is no secret.
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

// algorithms are the asymmetric ones. HS256 is not among them: with it the client secret has to
// stand up to guessing offline, so it counts only where the configuration says so, and never
// because of what a token or the metadata says.
var algorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

// acceptedFrom are the algorithms that we know of those that the issuer says it uses.
func acceptedFrom(issuer []string) []string {
	if len(issuer) == 0 {
		return []string{"RS256"} // OpenID Connect Core 1.0, Section 2: the default
	}
	var known []string
	for _, alg := range issuer {
		if slices.Contains(algorithms, alg) {
			known = append(known, alg)
		}
	}
	return known
}
