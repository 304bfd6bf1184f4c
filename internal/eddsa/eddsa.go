// Package eddsa signs and verifies with Ed25519 under both names that JOSE has for it: EdDSA (RFC
// 8037) and Ed25519 (RFC 9864), which replaces the former. The JOSE library knows only EdDSA.
package eddsa

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"

	"github.com/go-jose/go-jose/v4"
)

// The names of the algorithm, as the value of alg. EdDSA may also stand for Ed448, which this
// package does not have: a signature counts only if it is one by Ed25519.
const (
	EdDSA   = jose.EdDSA
	Ed25519 = jose.SignatureAlgorithm("Ed25519")
)

// Is reports whether a name is one of the two.
func Is(alg string) bool { return alg == string(EdDSA) || alg == string(Ed25519) }

// Same reports whether two names of algorithms, of any kind, mean the same algorithm.
func Same(one, other string) bool { return one == other || Is(one) && Is(other) }

// Verifier returns a key that verifies signatures under both names.
func Verifier(public ed25519.PublicKey) jose.OpaqueVerifier { return verifier{public} }

type verifier struct{ public ed25519.PublicKey }

// VerifyPayload implements [jose.OpaqueVerifier].
func (v verifier) VerifyPayload(payload, signature []byte, alg jose.SignatureAlgorithm) error {
	if !Is(string(alg)) {
		return jose.ErrUnsupportedAlgorithm
	}
	if len(v.public) != ed25519.PublicKeySize || !ed25519.Verify(v.public, payload, signature) {
		return errors.New("signature does not match")
	}
	return nil
}

// Signer returns a key that signs under both names. The private key must be one for Ed25519.
func Signer(private crypto.Signer) jose.OpaqueSigner { return signer{private} }

type signer struct{ private crypto.Signer }

// Public implements [jose.OpaqueSigner].
func (s signer) Public() *jose.JSONWebKey { return &jose.JSONWebKey{Key: s.private.Public()} }

// Algs implements [jose.OpaqueSigner].
func (signer) Algs() []jose.SignatureAlgorithm { return []jose.SignatureAlgorithm{EdDSA, Ed25519} }

// SignPayload implements [jose.OpaqueSigner].
func (s signer) SignPayload(payload []byte, _ jose.SignatureAlgorithm) ([]byte, error) {
	return s.private.Sign(rand.Reader, payload, crypto.Hash(0))
}
