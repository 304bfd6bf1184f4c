package oidc

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

type members = map[string]any

// jwkOf returns the public JWK of a key with the kid "k", changed by more. A nil value removes a
// member.
func jwkOf(t *testing.T, key crypto.Signer, more members) members {
	t.Helper()
	text, err := public(key, "k").MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var jwk members
	if err := json.Unmarshal(text, &jwk); err != nil {
		t.Fatal(err)
	}
	maps.Copy(jwk, more)
	return jwk
}

// certificate returns a self-signed certificate in the base64 of x5c.
func certificate(t *testing.T, key crypto.Signer) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// negativeSerial changes the serial number of a certificate from 1 to -1.
func negativeSerial(t *testing.T, certificate string) string {
	t.Helper()
	der, err := base64.StdEncoding.DecodeString(certificate)
	if err != nil {
		t.Fatal(err)
	}
	version := []byte{0xa0, 3, 2, 1, 2}
	changed := bytes.Replace(der, append(version, 2, 1, 1), append(version, 2, 1, 0xff), 1)
	if _, err := x509.ParseCertificate(changed); err == nil || !strings.Contains(err.Error(), "negative serial") {
		t.Fatalf("the certificate is read: %v", err)
	}
	return base64.StdEncoding.EncodeToString(changed)
}

// standard spells bytes in base64url with the standard alphabet and padding.
func standard(t *testing.T, spelled any) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(decoded(t, spelled))
}

func decoded(t *testing.T, spelled any) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(spelled.(string))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// verifies reports whether a token by a key is accepted with this key set.
func verifies(t *testing.T, alg jose.SignatureAlgorithm, key crypto.Signer, keys ...any) error {
	t.Helper()
	set := NewKeySet(newKeyServer(t, keys...).url, outbound.Client(true), clock)
	_, err := set.Verify(t.Context(), sign(t, alg, key, "k"), expect())
	return err
}

// RFC 7517 § 4 makes all members optional but kty. The standard alphabet with padding: Battle.net's
// key set of 2024, and WildFly's ELY-2111, which is also about a sign byte. A certificate with a
// negative serial number: Asgardeo's, wso2-open-operations/cs-tools#1465. An x5t#S256 that does not
// match: WorkOS's, MicahParks/jwkset#32. An x5t that is spelled in hexadecimal digits:
// square/go-jose#299.
func TestKeyWithOddMembersCounts(t *testing.T) {
	t.Parallel()
	key, other := rsaKey(t, 2048), rsaKey(t, 2048)
	own := certificate(t, key)
	n := jwkOf(t, key, nil)["n"]
	for name, more := range map[string]members{
		"n in the standard alphabet": {"n": standard(t, n)},
		"n in lines":                 {"n": standard(t, n)[:76] + "\r\n" + standard(t, n)[76:] + "\n"},
		"n with a sign byte":         {"n": base64.RawURLEncoding.EncodeToString(append([]byte{0}, decoded(t, n)...))},
		"e with padding":             {"e": "AQAB===="},
		"e with leading zeros":       {"e": "AAEAAQ"},

		"x5c of the key":                         {"x5c": []any{own}},
		"x5c of the key in a string":             {"x5c": own},
		"x5c of the key, and the issuer's":       {"x5c": []any{own, certificate(t, other)}},
		"x5c with a negative serial number":      {"x5c": []any{negativeSerial(t, own)}},
		"x5c with one, and the issuer's":         {"x5c": []any{negativeSerial(t, own), certificate(t, other)}},
		"x5c that is not base64":                 {"x5c": []any{"!"}},
		"x5c that is not a certificate":          {"x5c": []any{"AAAA"}},
		"x5c of a key that is not a certificate": {"x5c": []any{standard(t, n)}},
		"x5c that is empty":                      {"x5c": []any{}},
		"x5c with null":                          {"x5c": []any{nil}},
		"x5c that is a number":                   {"x5c": 1},
		"x5c that is an object":                  {"x5c": members{"leaf": own}},

		"x5t of another certificate": {
			"x5c": []any{own}, "x5t": base64.RawURLEncoding.EncodeToString(make([]byte, 20)),
		},
		"x5t#S256 of another certificate": {
			"x5c": []any{own}, "x5t#S256": base64.RawURLEncoding.EncodeToString(make([]byte, 32)),
		},
		"x5t#S256 of nothing":       {"x5t#S256": base64.RawURLEncoding.EncodeToString(make([]byte, 32))},
		"x5t in hexadecimal digits": {"x5t": strings.Repeat("ab", 20)},
		"x5t that is too short":     {"x5t": "AAAA"},
		"x5t that is not base64":    {"x5t": "!"},
		"x5t#S256 with padding":     {"x5t#S256": base64.URLEncoding.EncodeToString(make([]byte, 32))},
		"x5t#S256 that is a list":   {"x5t#S256": []any{"AAAA"}},
		"x5u that is not a URL":     {"x5u": "::%"},
		"x5u that is a list":        {"x5u": []any{"https://idp.example/cert"}},

		"use sig in a list":      {"use": []any{"sig"}},
		"use null":               {"use": nil},
		"use empty":              {"use": ""},
		"key_ops that is a text": {"key_ops": "verify"},
		"key_ops null":           {"key_ops": nil},
		"alg in a list":          {"alg": []any{"PS256", "RS256"}},
		"alg null":               {"alg": nil},
		"alg empty":              {"alg": ""},

		"members of other kinds of key": {"x": 1, "y": "!", "crv": []any{}, "k": nil, "d": nil},
		"dates of the key":              {"iat": "never", "exp": 1, "nbf": members{}, "revoked": nil},
	} {
		if err := verifies(t, jose.RS256, key, jwkOf(t, key, more)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// curveKeyWithZero returns a key whose x has leading zeros.
func curveKeyWithZero(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	for {
		key := ecKey(t, elliptic.P256())
		if point, err := key.PublicKey.Bytes(); err != nil || point[1] == 0 {
			return key
		}
	}
}

func TestSpellingOfKeysOnCurves(t *testing.T) {
	t.Parallel()
	key, ed := curveKeyWithZero(t), edKey(t)
	x, y := decoded(t, jwkOf(t, key, nil)["x"]), decoded(t, jwkOf(t, key, nil)["y"])
	encode := base64.RawURLEncoding.EncodeToString
	for name, more := range map[string]members{
		"without leading zeros": {"x": encode(bytes.TrimLeft(x, "\x00"))},
		"with more zeros":       {"x": encode(append([]byte{0}, x...)), "y": encode(append([]byte{0}, y...))},
		"standard alphabet":     {"x": base64.StdEncoding.EncodeToString(x), "y": base64.StdEncoding.EncodeToString(y)},
		"its certificate":       {"x5c": []any{certificate(t, key)}},
		"a broken certificate":  {"x5c": []any{negativeSerial(t, certificate(t, key))}},
	} {
		if err := verifies(t, jose.ES256, key, jwkOf(t, key, more)); err != nil {
			t.Errorf("P-256, %s: %v", name, err)
		}
	}
	for name, more := range map[string]members{
		"standard alphabet": {"x": standard(t, jwkOf(t, ed, nil)["x"])},
		"its certificate":   {"x5c": []any{certificate(t, ed)}},
		"a y":               {"y": "!"},
	} {
		if err := verifies(t, jose.EdDSA, ed, jwkOf(t, ed, more)); err != nil {
			t.Errorf("Ed25519, %s: %v", name, err)
		}
	}
}

// What is clear in a key is obeyed: that it is of another kind, is for something else, or has
// another key's certificate.
func TestKeyWithAnotherMeaningDoesNotCount(t *testing.T) {
	t.Parallel()
	key, curve, ed := rsaKey(t, 2048), ecKey(t, elliptic.P256()), edKey(t)
	rsa, ec, okp := crypto.Signer(key), crypto.Signer(curve), crypto.Signer(ed)
	encode := base64.RawURLEncoding.EncodeToString
	for name, test := range map[string]struct {
		alg  jose.SignatureAlgorithm
		key  crypto.Signer
		more members
	}{
		"RFC 7517 § 4.7: a certificate of another key": {
			jose.RS256, rsa, members{"x5c": []any{certificate(t, rsaKey(t, 2048))}},
		},
		"RFC 7517 § 4.7: a certificate of another kind of key": {
			jose.RS256, rsa, members{"x5c": []any{certificate(t, curve)}},
		},
		"RFC 7517 § 4.7: one of another key in a string": {jose.ES256, ec, members{"x5c": certificate(t, ed)}},
		"RFC 7517 § 4.7: one of another key, in base64url": {
			jose.EdDSA, okp, members{"x5c": []any{encode(decodedStandard(t, certificate(t, curve)))}},
		},
		"RFC 7517 § 4.1: kty in lower case": {jose.RS256, rsa, members{"kty": "rsa"}},
		"RFC 7517 § 4.1: no kty":            {jose.RS256, rsa, members{"kty": nil}},
		"RFC 7517 § 4.1: kty in a list":     {jose.RS256, rsa, members{"kty": []any{"RSA"}}},
		"RFC 7517 § 4.2: use enc":           {jose.RS256, rsa, members{"use": "enc"}},
		"RFC 7517 § 4.2: use enc in a list": {jose.RS256, rsa, members{"use": []any{"enc"}}},
		"RFC 7517 § 4.2: use in upper case": {jose.RS256, rsa, members{"use": "SIG"}},
		"RFC 7517 § 4.4: another alg":       {jose.RS256, rsa, members{"alg": "PS256"}},
		"RFC 7517 § 4.4: other algs in a list": {
			jose.RS256, rsa, members{"alg": []any{"PS256", "RSA-OAEP"}},
		},
		"RFC 7518 § 6.3.1: no n": {jose.RS256, rsa, members{"n": nil}},
		"RFC 7518 § 6.3.1: n in a list": {
			jose.RS256, rsa, members{"n": []any{jwkOf(t, key, nil)["n"]}},
		},
		"RFC 7518 § 6.3.1: n that is not base64": {
			jose.RS256, rsa, members{"n": "!" + jwkOf(t, key, nil)["n"].(string)},
		},
		"RFC 7518 § 6.3.1: e a number":    {jose.RS256, rsa, members{"e": 65537}},
		"RFC 8017 § 3.1: e of 1":          {jose.RS256, rsa, members{"e": "AQ"}},
		"RFC 8017 § 3.1: e even":          {jose.RS256, rsa, members{"e": "AQAA"}},
		"RFC 7518 § 6.3.2: a private key": {jose.RS256, rsa, members{"d": encode(key.D.Bytes())}},
		"RFC 7518 § 6.3.2: a prime": {
			jose.RS256, rsa, members{"p": encode(key.Primes[0].Bytes())},
		},
		"RFC 7518 § 6.2.2: a private key on P-256": {jose.ES256, ec, members{"d": "AQ"}},
		"RFC 8037 § 2: a private key on Ed25519":   {jose.EdDSA, okp, members{"d": "AQ"}},
		"RFC 7518 § 6.2.1: another curve":          {jose.ES256, ec, members{"crv": "P-384"}},
		"RFC 7518 § 6.2.1: crv in a list":          {jose.ES256, ec, members{"crv": []any{"P-256"}}},
		"RFC 7518 § 6.2.1: no y":                   {jose.ES256, ec, members{"y": nil}},
		"RFC 7518 § 6.2.1: not on the curve":       {jose.ES256, ec, members{"y": jwkOf(t, curve, nil)["x"]}},
		"RFC 7518 § 6.2.1: a coordinate that is too long": {
			jose.ES256, ec, members{"x": encode(append([]byte{1}, make([]byte, 32)...))},
		},
		"RFC 8037 § 2: X25519":                   {jose.EdDSA, okp, members{"crv": "X25519"}},
		"RFC 8037 § 2: x too short":              {jose.EdDSA, okp, members{"x": encode(make([]byte, 31))}},
		"RFC 8032 § 5.1.7: a point of low order": {jose.EdDSA, okp, members{"x": encode(make([]byte, 32))}},
		"RFC 8037 § 2: kty EC":                   {jose.EdDSA, okp, members{"kty": "EC"}},
	} {
		other := public(ecKey(t, elliptic.P384()), "other") // so that the set always has a usable key
		if err := verifies(t, test.alg, test.key, jwkOf(t, test.key, test.more), other); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func decodedStandard(t *testing.T, spelled string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(spelled)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A raw control character in a key set is dropped as in any other answer.
func TestControlCharacterInAKeySet(t *testing.T) {
	t.Parallel()
	key := edKey(t)
	text, err := json.Marshal(members{"keys": []any{jwkOf(t, key, members{"comment": "key of Ann"})}})
	if err != nil {
		t.Fatal(err)
	}
	s := newKeyServer(t)
	s.body.Store(strings.Replace(string(text), "key of", "key\x01 of", 1))
	set := NewKeySet(s.url, outbound.Client(true), clock)
	if _, err := set.Verify(t.Context(), sign(t, jose.EdDSA, key, "k"), expect()); err != nil {
		t.Error(err)
	}
}
