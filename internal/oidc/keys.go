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

// KeySet is the set of an issuer's public keys at a JWKS URL (RFC 7517 § 5). Its methods may be called concurrently.
//
// The keys are fetched when first needed and again when older than an hour. A token that none of them verifies costs one fetch more, at
// once, because the issuer may have changed its keys; if that did not help there is none for 30 seconds, so that forged tokens cause no flood
// of fetches. The price is that a change of keys within these seconds is noticed at their end.
type KeySet struct {
	url  string
	keys *document[[]jose.JSONWebKey]
}

// NewKeySet returns the key set at a URL. Nothing is fetched yet.
func NewKeySet(url string, client *http.Client, now func() time.Time) *KeySet {
	return &KeySet{url: url, keys: &document[[]jose.JSONWebKey]{
		now:   now,
		fetch: func(ctx context.Context) ([]jose.JSONWebKey, error) { return fetchKeys(ctx, client, url) },
	}}
}

// payload verifies the signature and returns what is signed.
func (s *KeySet) payload(ctx context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	keys, err := s.keys.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	payload, err := verify(jws, keys.value)
	if err == nil {
		return payload, nil
	}
	newer, renewal := s.keys.newer(ctx, keys.number)
	if renewal != nil {
		return nil, fmt.Errorf("%w (keys not fetched again: %w)", err, renewal)
	}
	if payload, err = verify(jws, newer.value); err != nil {
		return nil, err
	}
	s.keys.helped()
	return payload, nil
}

// verify looks only at the keys given, and never at those that the token itself names or brings (jku, x5u, x5c).
func verify(jws *jose.JSONWebSignature, keys []jose.JSONWebKey) ([]byte, error) {
	header := jws.Signatures[0].Protected
	known := false
	for _, key := range keys {
		if header.KeyID != "" && key.KeyID != header.KeyID || !suits(key, header.Algorithm) {
			continue
		}
		known = true
		if payload, err := jws.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	if !known {
		return nil, errors.New("kid: the issuer has no such key for the algorithm")
	}
	return nil, errors.New("signature: not by the issuer's key")
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

// fetchKeys leaves out keys of unknown kinds, which an issuer may publish beside the others (RFC 7517, Section 5). No key at all is an error,
// so that a half-finished change of keys does not replace the ones known.
func fetchKeys(ctx context.Context, client *http.Client, url string) ([]jose.JSONWebKey, error) {
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
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if err := key.UnmarshalJSON(raw); err == nil && usable(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("key set has no usable key")
	}
	return keys[:min(len(keys), maxKeys)], nil
}

// A token without kid is tried with each key, so their number and size bound the work.
const (
	maxKeys    = 64
	maxRSABits = 8192
)

// usable reports whether a key is public, for signatures, and strong. Symmetric keys never are: what is published is no secret.
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

// algorithms are the asymmetric ones. HS256 is not among them: with it the client secret would have to stand up to guessing offline.
var algorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

// accepts reports whether an algorithm is one that we know and the issuer says it uses.
func accepts(alg string, issuer []string) bool {
	if len(issuer) == 0 {
		return alg == "RS256" // OpenID Connect Core 1.0, Section 2: the default
	}
	return slices.Contains(algorithms, alg) && slices.Contains(issuer, alg)
}
