package oidc

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/eddsa"
	"github.com/cardea-auth/cardea/internal/jsonvalue"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

// key is one public key of an issuer.
type key struct {
	public crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	id     string           // kid; "" if the key has none
	algs   []string         // alg: the algorithms that the key is for; none if the key does not say

	// issuer is the member of that name in Microsoft's keys: the only issuer, or template of
	// issuers, that the key signs for, so that one tenant's key is not accepted in tokens of
	// another; "" if the key has no such member.
	issuer string
}

// parseKey returns the public key that a JWK describes, if it is one for signatures.
//
// The members of the key itself must be clear: kty, and those that RFC 7518 § 6 and RFC 8037 § 2
// require with it. How their bytes are spelled does not matter. The other members are optional (RFC
// 7517 § 4): one that cannot be read says nothing, and one that can is obeyed.
func parseKey(raw []byte) (key, error) {
	members, err := outbound.Object(raw)
	if err != nil {
		return key{}, err
	}
	public := publicKey(members)
	use := texts(members["use"])
	switch {
	case public == nil:
		return key{}, errors.New("no key of a known kind")
	case isPrivate(members):
		return key{}, errors.New("a private key, with which anybody could sign")
	case use != nil && !slices.Contains(use, "sig"): // RFC 7517, Section 4.2: case-sensitive
		return key{}, errors.New("not for signatures")
	case !mayCertify(members["x5c"], public):
		return key{}, errors.New("the certificate is of another key")
	}
	return key{
		public: public, id: jsonvalue.StringOrNumber(members["kid"]), algs: texts(members["alg"]),
		issuer: jsonvalue.String(members["issuer"]),
	}, nil
}

// isPrivate reports whether a JWK has a member that only private keys have (RFC 7518 § 6.2.2, §
// 6.3.2).
func isPrivate(members map[string]any) bool {
	return slices.ContainsFunc([]string{"d", "p", "q", "dp", "dq", "qi"}, func(name string) bool {
		return members[name] != nil
	})
}

// texts returns the strings that a member has, which is either one string or a list. It returns nil
// for "" and for anything that is not a string.
func texts(v any) []string {
	if _, isList := v.([]any); !isList {
		v = []any{v}
	}
	return stringsOf(v)
}

// publicKey returns the public key, or nil if it is of an unknown kind or its members are not
// clear. A symmetric key is of an unknown kind: a published key is not secret.
func publicKey(members map[string]any) crypto.PublicKey {
	switch members["kty"] { // RFC 7517, Section 4.1: case-sensitive
	case "RSA":
		return rsaPublic(octets(members["n"]), octets(members["e"]))
	case "EC":
		return curvePublic(members["crv"], octets(members["x"]), octets(members["y"]))
	case "OKP":
		return edwardsPublic(members["crv"], octets(members["x"]))
	}
	return nil
}

// octets returns the bytes of a member, nil if it is not a text in base64. RFC 7515 § 2 requires
// base64url without padding and white space. Some servers use the standard alphabet, padding or
// lines: Battle.net in 2024, and those that WildFly's issue ELY-2111 is about.
func octets(v any) []byte {
	text := strings.TrimRight(spelling.Replace(jsonvalue.String(v)), "=")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

var spelling = strings.NewReplacer("+", "-", "/", "_", " ", "", "\t", "", "\r", "", "\n", "")

// maxRSABits bounds the work that one signature makes.
const maxRSABits = 8192

// rsaPublic returns the key with a modulus of a strength that is accepted (RFC 7518 § 3.3), and an
// exponent that crypto/rsa accepts.
func rsaPublic(modulus, exponent []byte) crypto.PublicKey {
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	if n.BitLen() < 2048 || n.BitLen() > maxRSABits || e.BitLen() < 2 || e.BitLen() > 31 || e.Bit(0) == 0 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

var curves = map[string]elliptic.Curve{
	"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521(),
}

// curvePublic returns the key with these coordinates, if they are a point on the curve. RFC 7518 §
// 6.2.1.2 requires as many bytes as the curve has. Encoders of numbers leave leading zeros out, or
// add one.
func curvePublic(name any, x, y []byte) crypto.PublicKey {
	curve := curves[jsonvalue.String(name)]
	x, y = bytes.TrimLeft(x, "\x00"), bytes.TrimLeft(y, "\x00")
	if curve == nil {
		return nil
	}
	size := (curve.Params().BitSize + 7) / 8
	if len(x) > size || len(y) > size {
		return nil
	}
	point := make([]byte, 1+2*size)
	point[0] = 4 // SEC 1, Section 2.3.3: both coordinates follow
	copy(point[1+size-len(x):], x)
	copy(point[1+2*size-len(y):], y)
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil
	}
	return public
}

// edwardsPublic returns the key on Ed25519 (RFC 8037 § 2). It refuses points of low order, for
// which one signature would fit many messages.
func edwardsPublic(curve any, x []byte) crypto.PublicKey {
	public := ed25519.PublicKey(x)
	if _, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256); curve != "Ed25519" || err != nil {
		return nil
	}
	return public
}

// mayCertify reports whether x5c may belong to a key. Its first certificate must be the key's (RFC
// 7517 § 4.7). One that cannot be read is not of another key, such as Asgardeo's, whose serial
// number is negative. Thumbprints (§ 4.8, § 4.9) are of certificates, which are renewed for the
// same key, so one that does not match says nothing about it. Nor does x5u, which is never fetched.
func mayCertify(x5c any, public crypto.PublicKey) bool {
	chain := texts(x5c)
	if chain == nil {
		return true
	}
	certificate, err := x509.ParseCertificate(octets(chain[0]))
	if err != nil || certificate.PublicKey == nil {
		return true
	}
	return public.(interface{ Equal(crypto.PublicKey) bool }).Equal(certificate.PublicKey)
}

// mayBe reports whether the key may be the one with this ID. Either of the two may have none, and
// is then not told from others by it (RFC 7517 § 4.5; OpenID Connect Core 1.0 § 10.1 requires a kid
// only in tokens, and if there are several keys).
func (k key) mayBe(id string) bool { return id == "" || k.id == "" || id == k.id }

var curveAlgorithms = map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}

// isFor reports whether the key is for signatures by an algorithm.
func (k key) isFor(alg string) bool {
	same := func(other string) bool { return eddsa.Same(alg, other) }
	if k.algs != nil && !slices.ContainsFunc(k.algs, same) { // RFC 7517, Section 4.4
		return false
	}
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		return alg[:2] == "RS" || alg[:2] == "PS"
	case *ecdsa.PublicKey:
		return alg == curveAlgorithms[public.Curve.Params().BitSize]
	case ed25519.PublicKey:
		return eddsa.Is(alg)
	}
	return false
}

// verifier returns the key as the JOSE library wants it.
func (k key) verifier() any {
	if public, ok := k.public.(ed25519.PublicKey); ok {
		return eddsa.Verifier(public)
	}
	return k.public
}
