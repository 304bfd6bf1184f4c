package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/eddsa"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

// KeySet is the set of an issuer's public keys at a JWKS URL (RFC 7517 § 5). Its methods may be
// called concurrently.
//
// The keys are fetched when first needed, and again when they are older than an hour. If no key
// verifies a token, they are fetched once more at once, because the issuer may have rotated them.
// So that forged tokens cause no flood of fetches, those that did not help are limited: to one in
// five seconds for the same kid, and for all together to two at once and then one in five seconds.
// A rotation is noticed after five seconds at most, however many forged tokens there are: they
// cause the fetch that brings the new keys.
type KeySet struct {
	url  string
	keys *document[[]key]
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
	newer, fetchErr := s.keys.newer(ctx, keys.number, jws.Signatures[0].Protected.KeyID)
	if fetchErr != nil {
		return nil, key{}, fmt.Errorf("%w (keys not fetched again: %w)", err, fetchErr)
	}
	if payload, signer, err = verifyWithKeys(jws, newer.value); err != nil {
		return nil, key{}, err
	}
	s.keys.refund()
	return payload, signer, nil
}

// verifyWithKeys tries only the keys it is given, and never those that the token itself refers to
// or contains (jku, x5u, x5c).
func verifyWithKeys(jws *jose.JSONWebSignature, keys []key) ([]byte, key, error) {
	header := jws.Signatures[0].Protected
	tried := false
	for _, k := range keys {
		if !k.mayBe(header.KeyID) || !k.isFor(header.Algorithm) {
			continue
		}
		tried = true
		if payload, err := jws.Verify(k.verifier()); err == nil {
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

// fetchKeys returns the usable keys of a key set. It ignores the others, as RFC 7517, Section 5,
// requires for those of unknown kinds. A set without a usable key is an error, so that it does not
// replace the known keys while the issuer is still publishing its new ones.
func fetchKeys(ctx context.Context, client *http.Client, url string) ([]key, error) {
	body, err := get(ctx, client, url)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := outbound.Decode(body, &set); err != nil {
		return nil, errors.New("answer is not a key set")
	}
	var keys []key
	for _, raw := range set.Keys {
		if k, err := parseKey(raw); err == nil {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("key set has no usable key")
	}
	return keys[:min(len(keys), maxKeys)], nil
}

// maxKeys bounds the work for one token: one without kid is tried with every key.
const maxKeys = 64

// algorithms are the signature algorithms that a token or the metadata may choose: the asymmetric
// ones. HS256 is not among them, because it allows to guess the client secret offline. Only the
// configuration can choose it.
var algorithms = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
}

// acceptedAlgorithms returns those of the issuer's algorithms that are accepted here, under all of
// their names.
func acceptedAlgorithms(ofIssuer []string) []string {
	if len(ofIssuer) == 0 {
		return []string{"RS256"} // the default of OpenID Connect Core 1.0, Section 2
	}
	var known []string
	for _, alg := range algorithms {
		if slices.ContainsFunc(ofIssuer, func(other string) bool { return eddsa.Same(alg, other) }) {
			known = append(known, alg)
		}
	}
	return known
}
