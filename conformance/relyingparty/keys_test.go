package relyingparty_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
)

// The keys of the test's provider. A scenario publishes some of them.
var (
	rsaKey     = newRSAKey(2048)
	otherRSA   = newRSAKey(2048)
	smallRSA   = newRSAKey(1024)
	es256Key   = newECKey(elliptic.P256())
	otherES256 = newECKey(elliptic.P256())
	es384Key   = newECKey(elliptic.P384())
	es512Key   = newECKey(elliptic.P521())
	edKey      = newEdKey()
)

func newRSAKey(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func newECKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func newEdKey() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// jwk returns the public key of a key pair (RFC 7518 § 6, RFC 8037 § 2), with a kid unless it is
// empty.
func jwk(key crypto.Signer, kid string) object {
	members := object{}
	switch k := key.Public().(type) {
	case *rsa.PublicKey:
		members = object{"kty": "RSA", "n": encode(k.N.Bytes()), "e": encode(big.NewInt(int64(k.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			panic(err)
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
		members = object{"kty": "EC", "crv": k.Params().Name, "x": encode(x), "y": encode(y)}
	case ed25519.PublicKey:
		members = object{"kty": "OKP", "crv": "Ed25519", "x": encode(k)}
	}
	if kid != "" {
		members["kid"] = kid
	}
	return members
}

// sign returns the signature of a JWS by an algorithm (RFC 7518 § 3, RFC 8037 § 3.1). For HS256 the
// key is a []byte. For none, and algorithms that do not exist, the signature is empty.
func sign(algorithm string, key any, input []byte) []byte {
	switch algorithm {
	case "RS256", "RS384", "RS512":
		hash, digest := digestOf(algorithm, input)
		signature, err := rsa.SignPKCS1v15(nil, key.(*rsa.PrivateKey), hash, digest)
		return mustSign(signature, err)
	case "PS256", "PS384", "PS512":
		hash, digest := digestOf(algorithm, input)
		options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
		signature, err := rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), hash, digest, options)
		return mustSign(signature, err)
	case "ES256", "ES384", "ES512":
		return signECDSA(algorithm, key.(*ecdsa.PrivateKey), input)
	case "EdDSA", "Ed25519":
		return ed25519.Sign(key.(ed25519.PrivateKey), input)
	case "HS256":
		mac := hmac.New(sha256.New, key.([]byte))
		mac.Write(input)
		return mac.Sum(nil)
	}
	return nil
}

func signECDSA(algorithm string, key *ecdsa.PrivateKey, input []byte) []byte {
	_, digest := digestOf(algorithm, input)
	r, s, err := ecdsa.Sign(rand.Reader, key, digest)
	size := (key.Params().BitSize + 7) / 8
	signature := make([]byte, 2*size)
	if err == nil {
		r.FillBytes(signature[:size])
		s.FillBytes(signature[size:])
	}
	return mustSign(signature, err)
}

func mustSign(signature []byte, err error) []byte {
	if err != nil {
		panic(fmt.Sprintf("sign: %v", err))
	}
	return signature
}

// digestOf hashes with the hash function of an algorithm.
func digestOf(algorithm string, input []byte) (crypto.Hash, []byte) {
	hash := crypto.SHA256
	switch algorithm[len(algorithm)-3:] {
	case "384":
		hash = crypto.SHA384
	case "512", "DSA", "519": // EdDSA and Ed25519: the hash of Ed25519 is SHA-512
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write(input)
	return hash, h.Sum(nil)
}

// accessTokenHash returns the at_hash of an access token (OpenID Connect Core 1.0 § 3.1.3.6).
func accessTokenHash(algorithm, token string) string {
	_, digest := digestOf(algorithm, []byte(token))
	return encode(digest[:len(digest)/2])
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
