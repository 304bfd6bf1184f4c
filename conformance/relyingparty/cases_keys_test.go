package relyingparty_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"strings"
)

// keyCases are about the members of the one key that the provider publishes (RFC 7517 § 4).
func keyCases() []testCase {
	var cases []testCase
	for _, name := range []string{
		"kid", "use", "key_ops", "alg", "kty", "n", "e", "x5c", "x5t", "x5t#S256", "x5u", "issuer", "x",
	} {
		cases = append(cases, eachValue("key", name, func(s *scenario) object {
			return s.keys.members["keys"].([]any)[0].(object)
		})...)
	}
	key := func(member, is string, value any) {
		cases = append(cases, testCase{fmt.Sprintf("key %s is %s", member, is), func(s *scenario) {
			changed := jwk(rsaKey, keyID)
			set(changed, member, value)
			s.publish(changed)
		}})
	}
	n, e := jwk(rsaKey, "")["n"].(string), jwk(rsaKey, "")["e"].(string)
	key("use", "sig", "sig")
	key("use", "enc", "enc")
	key("use", "SIG", "SIG")
	key("key_ops", "verify", []any{"verify"})
	key("key_ops", "sign", []any{"sign"})
	key("key_ops", "verify and sign", []any{"verify", "sign"})
	key("key_ops", "encrypt", []any{"encrypt"})
	key("alg", "RS256", "RS256")
	key("alg", "rs256", "rs256")
	key("alg", "RS512", "RS512")
	key("alg", "PS256", "PS256")
	key("alg", "RSA-OAEP", "RSA-OAEP")
	key("alg", "ES256", "ES256")
	key("alg", "ES256K", "ES256K")
	key("kty", "EC", "EC")
	key("kty", "oct", "oct")
	key("kty", "rsa", "rsa")
	key("n", "padded", n+"==")
	key("n", "of the standard alphabet", strings.NewReplacer("-", "+", "_", "/").Replace(n))
	key("n", "with a leading zero byte", "AA"+n[:len(n)-1]+"A")
	key("n", "of another key", jwk(otherRSA, "")["n"])
	key("n", "short", n[:100])
	key("e", "padded", e+"=")
	key("e", "1", encode([]byte{1}))
	key("e", "even", encode([]byte{1, 0, 0}))
	key("e", "with leading zero bytes", encode([]byte{0, 1, 0, 1}))
	key("e", "of 9 bytes", encode([]byte{1, 0, 0, 0, 0, 0, 0, 0, 1}))
	key("x5t", "the thumbprint of nothing", encode(make([]byte, 20)))
	key("x5t#S256", "the thumbprint of nothing", encode(make([]byte, 32)))
	key("use", "a list of sig", []any{"sig"})
	key("use", "a list of enc", []any{"enc"})
	key("alg", "a list of RS256", []any{"RS256"})
	key("kid", "a number", 1)
	key("n", "in lines", n[:76]+"\n"+n[76:])
	key("x5c", "the key's certificate", []any{certificate(rsaKey)})
	key("x5c", "the key's certificate as a string", certificate(rsaKey))
	key("x5c", "another key's certificate", []any{certificate(otherRSA)})
	cases = append(cases, testCase{"key x5c and x5t#S256 do not match", func(s *scenario) {
		changed := broken(jwk(rsaKey, keyID), "x5c", []any{certificate(rsaKey)})
		s.publish(broken(changed, "x5t#S256", encode(make([]byte, 32))))
	}})
	key("d", "there: a private key", encode(rsaKey.D.Bytes()))
	return append(cases, curveCases()...)
}

// curveCases are about keys on curves.
func curveCases() []testCase {
	var cases []testCase
	add := func(name string, change func(*scenario)) { cases = append(cases, testCase{name, change}) }
	for _, c := range []struct {
		is    string
		value object
	}{
		{"has no y", object{"y": absent}},
		{"has a crv of another size", object{"crv": "P-384"}},
		{"has a crv that nobody knows", object{"crv": "secp256k1"}},
		{"has a short x", object{"x": "AA"}},
		{"is not on the curve", object{"x": encode(make([]byte, 32))}},
		{"has a y of another key", object{"y": jwk(otherES256, "")["y"]}},
		{"has padding", object{"x": jwk(es256Key, "")["x"].(string) + "="}},
		{"has use enc", object{"use": "enc"}},
		{"has alg ES256", object{"alg": "ES256"}},
		{"has alg ES384", object{"alg": "ES384"}},
		{"has kty OKP", object{"kty": "OKP"}},
	} {
		add("key on P-256 "+c.is, func(s *scenario) {
			s.signedBy("ES256", es256Key)
			changed := jwk(es256Key, keyID)
			for member, value := range c.value {
				set(changed, member, value)
			}
			s.publish(changed)
		})
	}
	for _, c := range []struct {
		is    string
		value object
	}{
		{"has crv X25519", object{"crv": "X25519"}},
		{"has crv Ed448", object{"crv": "Ed448"}},
		{"has a short x", object{"x": "AA"}},
		{"has alg EdDSA", object{"alg": "EdDSA"}},
		{"has alg Ed25519", object{"alg": "Ed25519"}},
		{"has kty EC", object{"kty": "EC"}},
	} {
		add("key on Ed25519 "+c.is, func(s *scenario) {
			s.signedBy("EdDSA", edKey)
			changed := jwk(edKey, keyID)
			for member, value := range c.value {
				set(changed, member, value)
			}
			s.publish(changed)
		})
	}
	add("key on P-384, token by ES256", func(s *scenario) {
		s.signedBy("ES256", es256Key)
		s.publish(jwk(es384Key, keyID))
	})
	return cases
}

// keySetCases are about several keys, and about the document that has them.
func keySetCases() []testCase {
	good, other := jwk(rsaKey, keyID), jwk(otherRSA, "key-2")
	without, otherWithout := jwk(rsaKey, ""), jwk(otherRSA, "")
	set := func(name string, keys ...any) testCase {
		return testCase{"keys: " + name, func(s *scenario) { s.publish(keys...) }}
	}
	noKid := func(name string, keys ...any) testCase {
		return testCase{"keys: " + name + ", and the token has no kid", func(s *scenario) {
			s.publish(keys...)
			delete(s.header, "kid")
		}}
	}
	document := func(name, raw string) testCase {
		return testCase{"key set " + name, func(s *scenario) { s.keys.raw = raw }}
	}
	text := jsonText(object{"keys": []any{good}})
	cases := []testCase{
		set("two", good, other),
		set("two, the right one last", other, good),
		set("another only", other),
		set("the right one under another kid", jwk(rsaKey, "key-2")),
		set("two with the same kid", good, jwk(otherRSA, keyID)),
		set("two with the same kid, the right one last", jwk(otherRSA, keyID), good),
		set("the same twice", good, good),
		set("one without a kid", without),
		set("two without a kid", otherWithout, without),
		set("two, ours without a kid", other, without),
		set("one without a kid, of another", otherWithout),
		set("one of each kind", jwk(es256Key, "2"), jwk(es384Key, "3"), jwk(edKey, "4"), good),
		set("one of each kind, all with the same kid", jwk(es256Key, keyID), jwk(edKey, keyID), good),
		set("none"),
		noKid("one", good),
		noKid("one without a kid", without),
		noKid("two", good, other),
		noKid("two, the right one last", other, good),
		noKid("two without a kid", otherWithout, without),
		noKid("one of each kind", jwk(es256Key, "2"), jwk(es384Key, "3"), jwk(edKey, "4"), good),
		noKid("one, of another", other),
		set("one, and a secret", object{"kty": "oct", "k": "AAAA", "kid": "s"}, good),
		set("one, and one of an unknown kty", object{"kty": "LWE", "kid": "q"}, good),
		set("one, and one of an unknown alg", object{"kty": "RSA", "alg": "ML-DSA-44", "kid": "q"}, good),
		set("one, and one of an unknown curve", object{"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}, good),
		set("one, and Ed448", object{"kty": "OKP", "crv": "Ed448", "x": "AA", "kid": "q"}, good),
		set("one, and an empty object", object{}, good),
		set("one, and an object without kty", object{"kid": "x"}, good),
		set("one, and a broken one", object{"kty": "RSA", "n": "!", "e": "!", "kid": "x"}, good),
		set("one, and a broken one behind it", good, object{"kty": "RSA", "n": "!", "e": "!", "kid": "x"}),
		set("one, and one whose kid is a number", object{"kty": "RSA", "n": without["n"], "e": "AQAB", "kid": 1}, good),
		set("one, and one with a broken certificate", broken(other, "x5c", []any{"!"}), good),
		set("one, and null", nil, good),
		set("one, and a string", "x", good),
		set("one, and a list", []any{good}, good),
		set("one, and one of 1024 bits", jwk(smallRSA, "small"), good),
		set("one, and one on another curve", jwk(newECKey(elliptic.P224()), "p224"), good),
		document("is null", "null"),
		document("is a list", "["+jsonText(good)+"]"),
		document("is a single key", jsonText(good)),
		document("is not JSON", "x"),
		document("is cut", text[:len(text)-1]),
		document("has text after it", text+"x"),
		document("has white space around it", " \n"+text+"\n "),
		document("has a byte order mark", "\ufeff"+text),
		document("has other members", strings.TrimSuffix(text, "}")+`,"x":1}`),
		document("has Keys instead of keys", strings.Replace(text, `"keys"`, `"Keys"`, 1)),
		document("has keys twice, the second empty", strings.TrimSuffix(text, "}")+`,"keys":[]}`),
		document("has keys twice, the first empty", `{"keys":[],`+strings.TrimPrefix(text, "{")),
		document("has keys that are null", `{"keys":null}`),
		document("has keys that are an object", `{"keys":`+jsonText(good)+`}`),
		document("has a control character in a text", strings.TrimSuffix(text, "}")+",\"x\":\"a\x14b\"}"),
		document("has 200 kB", strings.TrimSuffix(text, "}")+`,"x":"`+strings.Repeat("x", 200<<10)+`"}`),
		document("has 2 MB", strings.TrimSuffix(text, "}")+`,"x":"`+strings.Repeat("x", 2<<20)+`"}`),
		document("is empty", " "),
	}
	var many []any
	for i := range 63 {
		many = append(many, jwk(otherRSA, fmt.Sprint("many-", i)))
	}
	cases = append(cases,
		set("64, the right one last", append(many, good)...),
		set("128, the right one last", append(append(many, many...), jwk(otherRSA, "x"), good)...))
	return append(cases, statusCases("key set", func(s *scenario) *answer { return &s.keys })...)
}

// certificate is a self-signed certificate as x5c spells it.
func certificate(key crypto.Signer) string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// broken returns a key with one member changed.
func broken(key object, member string, value any) object {
	changed := object{member: value}
	for name, v := range key {
		if name != member {
			changed[name] = v
		}
	}
	return changed
}

// statusCases serve a document with another status or content type.
func statusCases(name string, of func(*scenario) *answer) []testCase {
	var cases []testCase
	for _, status := range []int{
		http.StatusCreated, http.StatusAccepted, http.StatusNonAuthoritativeInfo, http.StatusNoContent,
		http.StatusPartialContent, http.StatusFound, http.StatusUnauthorized, http.StatusNotFound,
		http.StatusInternalServerError,
	} {
		cases = append(cases, testCase{fmt.Sprintf("%s has status %d", name, status), func(s *scenario) {
			of(s).status, of(s).empty = status, status == http.StatusNoContent
		}})
	}
	for _, kind := range []string{
		"application/json; charset=utf-8", "application/jwk-set+json", "text/plain", "text/html",
		"application/octet-stream",
	} {
		cases = append(cases, testCase{name + " has content type " + kind, func(s *scenario) {
			of(s).contentType = kind
		}})
	}
	return append(cases, testCase{name + " is an empty answer", func(s *scenario) { of(s).empty = true }})
}
