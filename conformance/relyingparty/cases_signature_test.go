package relyingparty_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
)

// signers are all asymmetric algorithms that both relying parties know, with a key for each.
var signers = []struct {
	algorithm string
	key       crypto.Signer
}{
	{"RS256", rsaKey}, {"RS384", rsaKey}, {"RS512", rsaKey}, {"PS256", rsaKey}, {"PS384", rsaKey}, {"PS512", rsaKey},
	{"ES256", es256Key}, {"ES384", es384Key}, {"ES512", es512Key}, {"EdDSA", edKey},
}

// algorithmCases are about the algorithm of the signature: the one that was used, the one in the
// header, those that the metadata announces, and the key.
func algorithmCases() []testCase {
	var cases []testCase
	add := func(name string, change func(*scenario)) { cases = append(cases, testCase{name, change}) }
	announce := func(s *scenario, algorithms any) {
		set(s.metadata.members, "id_token_signing_alg_values_supported", algorithms)
	}
	for _, a := range signers {
		add("signed by "+a.algorithm, func(s *scenario) { s.signedBy(a.algorithm, a.key) })
		add("signed by "+a.algorithm+", which is not announced", func(s *scenario) {
			s.signedBy(a.algorithm, a.key)
			announce(s, []any{"RS256"})
		})
		add("signed by "+a.algorithm+", and nothing is announced", func(s *scenario) {
			s.signedBy(a.algorithm, a.key)
			announce(s, absent)
		})
		add("signed by "+a.algorithm+", and all are announced", func(s *scenario) {
			s.signedBy(a.algorithm, a.key)
			announce(s, []any{
				"none", "HS256", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
				"EdDSA",
			})
		})
		add("signature is by "+a.algorithm+" and alg is another", func(s *scenario) {
			s.signedBy(a.algorithm, a.key)
			s.header["alg"] = map[bool]string{true: "ES256", false: "RS256"}[a.algorithm != "ES256"]
			announce(s, []any{a.algorithm, s.header["alg"]})
		})
	}
	for _, alg := range []string{
		"none", "None", "NONE", "nOnE", "", "rs256", "RS255", "ES256K", "HS256 ", "RS256\x00",
	} {
		add(fmt.Sprintf("unsigned, with alg %q", alg), func(s *scenario) {
			s.algorithm, s.header["alg"] = "none", alg
			announce(s, []any{"RS256", alg})
		})
		add(fmt.Sprintf("signed by RS256, with alg %q", alg), func(s *scenario) {
			s.header["alg"] = alg
			announce(s, []any{"RS256", alg})
		})
	}
	cases = append(cases, ed25519Cases()...)
	add("signed with a key of 1024 bits", func(s *scenario) { s.signedBy("RS256", smallRSA) })
	add("signed with a key that is not published", func(s *scenario) { s.key = otherRSA })
	for name, key := range secretsOfOthers() {
		add("signed by HS256 with "+name, func(s *scenario) {
			s.algorithm, s.key, s.header["alg"] = "HS256", key, "HS256"
			announce(s, []any{"RS256", "HS256"})
		})
		add("signed by HS256 with "+name+", and nothing else is announced", func(s *scenario) {
			s.algorithm, s.key, s.header["alg"] = "HS256", key, "HS256"
			announce(s, []any{"HS256"})
		})
	}
	add("signed by HS256 with a published secret", func(s *scenario) {
		s.algorithm, s.key, s.header["alg"] = "HS256", []byte(secret), "HS256"
		announce(s, []any{"RS256", "HS256"})
		s.publish(jwk(rsaKey, "another"), object{"kty": "oct", "k": encode([]byte(secret)), "kid": keyID})
	})
	return cases
}

// ed25519Cases are about the two names of Ed25519: EdDSA (RFC 8037), and its own (RFC 9864).
func ed25519Cases() []testCase {
	var cases []testCase
	for _, alg := range []string{"EdDSA", "Ed25519"} {
		for _, announced := range []string{"EdDSA", "Ed25519"} {
			for _, published := range []string{"EdDSA", "Ed25519"} {
				name := fmt.Sprintf("signed by %s, announced as %s, with a key for %s", alg, announced, published)
				cases = append(cases, testCase{name, func(s *scenario) {
					s.signedBy(alg, edKey)
					s.metadata.members["id_token_signing_alg_values_supported"] = []any{announced}
					s.publish(broken(jwk(edKey, keyID), "alg", published))
				}})
			}
		}
	}
	return append(cases, testCase{"signed by Ed25519 under its own name", func(s *scenario) {
		s.signedBy("Ed25519", edKey)
	}}, testCase{"signed by Ed25519 under its own name, with at_hash", func(s *scenario) {
		s.signedBy("Ed25519", edKey)
		s.claims["at_hash"] = accessTokenHash("Ed25519", accessToken)
	}}, testCase{"signed by another key, as Ed25519", func(s *scenario) {
		s.signedBy("Ed25519", newEdKey())
		s.publish(jwk(edKey, keyID))
	}}, testCase{"signed by Ed25519, with alg Ed448", func(s *scenario) {
		s.signedBy("Ed25519", edKey)
		s.header["alg"], s.metadata.members["id_token_signing_alg_values_supported"] = "Ed448", []any{"Ed448"}
	}})
}

// secretsOfOthers are what an attacker or a careless server might use as the secret of HS256.
func secretsOfOthers() map[string][]byte {
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		panic(err)
	}
	return map[string][]byte{
		"the client's secret":    []byte(secret),
		"the public key as PEM":  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"the public key as DER":  der,
		"the modulus of the key": rsaKey.Public().(*rsa.PublicKey).N.Bytes(),
		"an empty secret":        {},
	}
}

// headerCases are about the other members of the header (RFC 7515 § 4.1).
func headerCases() []testCase {
	var cases []testCase
	for _, name := range []string{
		"alg", "kid", "typ", "cty", "crit", "b64", "jwk", "jku", "x5c", "x5u", "x5t", "zip", "enc", "x",
	} {
		cases = append(cases, eachValue("header", name, func(s *scenario) object { return s.header })...)
	}
	header := func(name string, change func(*scenario)) { cases = append(cases, testCase{name, change}) }
	member := func(member, is string, value any) {
		header(fmt.Sprintf("header %s is %s", member, is), func(s *scenario) { s.header[member] = value })
	}
	for _, typ := range []string{
		"JWT", "jwt", "JOSE", "application/jwt", "at+jwt", "logout+jwt", "application/at+jwt", "dpop+jwt",
	} {
		member("typ", typ, typ)
	}
	member("crit", "a list of a known name", []any{"alg"})
	member("crit", "a list of b64", []any{"b64"})
	header("header crit and b64 say that the payload is not encoded", func(s *scenario) {
		s.header["crit"], s.header["b64"] = []any{"b64"}, false
	})
	member("kid", "another kid", "key-2")
	member("kid", "the kid in upper case", "KEY-1")
	member("kid", "a path", "../../"+keyID)
	header("header jwk brings the key of an attacker", func(s *scenario) {
		s.key, s.header["jwk"] = otherRSA, jwk(otherRSA, keyID)
	})
	header("header jwk brings the right key", func(s *scenario) { s.header["jwk"] = jwk(rsaKey, keyID) })
	header("header jku leads to the keys of an attacker", func(s *scenario) {
		s.key, s.header["jku"] = otherRSA, "https://attacker.example/keys"
	})
	header("header jku leads to the right keys", func(s *scenario) { s.header["jku"] = s.issuer + "/keys" })
	for name, raw := range map[string]string{
		"has alg twice, the second none":    `{"alg":"RS256","kid":"key-1","alg":"none"}`,
		"has alg twice, the first none":     `{"alg":"none","kid":"key-1","alg":"RS256"}`,
		"has alg twice, alike":              `{"alg":"RS256","kid":"key-1","alg":"RS256"}`,
		"has kid twice, alike":              `{"alg":"RS256","kid":"key-1","kid":"key-1"}`,
		"has Alg beside alg":                `{"alg":"RS256","kid":"key-1","Alg":"none"}`,
		"has ALG instead of alg":            `{"ALG":"RS256","kid":"key-1"}`,
		"is null":                           `null`,
		"is a list":                         `[{"alg":"RS256","kid":"key-1"}]`,
		"is not JSON":                       `x`,
		"has white space around it":         " {\n\"alg\" : \"RS256\", \"kid\":\"key-1\"}\n",
		"has an object after it":            `{"alg":"RS256","kid":"key-1"}{}`,
		"has text after it":                 `{"alg":"RS256","kid":"key-1"}x`,
		"has a comma at the end":            `{"alg":"RS256","kid":"key-1",}`,
		"is that of a JWE":                  `{"alg":"RSA-OAEP","enc":"A256GCM","kid":"key-1"}`,
		"is empty":                          `{}`,
		"has a number beyond a float in it": `{"alg":"RS256","kid":"key-1","x":1e400}`,
		"is not UTF-8":                      "{\"alg\":\"RS256\",\"kid\":\"key-1\",\"x\":\"\xff\"}",
		"has an escaped name":               `{"\u0061lg":"RS256","kid":"key-1"}`,
		"is deeply nested": `{"alg":"RS256","kid":"key-1","x":` + strings.Repeat("[", 5000) +
			strings.Repeat("]", 5000) + "}",
		"has 100 members that nobody knows":    `{"alg":"RS256","kid":"key-1"` + manyMembers(100) + "}",
		"has a kid of 10,000 characters in it": `{"alg":"RS256","kid":"` + strings.Repeat("k", 10000) + `"}`,
	} {
		header("header "+name, func(s *scenario) { s.rawHeader = raw })
	}
	return cases
}

func manyMembers(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, `,"x%d":%d`, i, i)
	}
	return b.String()
}

// serializationCases are about the compact serialization (RFC 7515 § 7.1), and about signatures
// that have been changed.
func serializationCases() []testCase {
	var cases []testCase
	add := func(name string, alter func(string) string) {
		cases = append(cases, testCase{"token " + name, func(s *scenario) { s.alter = alter }})
	}
	parts := func(change func(p []string)) func(string) string {
		return func(token string) string {
			p := strings.Split(token, ".")
			change(p)
			return strings.Join(p, ".")
		}
	}
	add("is empty", func(string) string { return "" })
	add("is a word", func(string) string { return "x" })
	add("has two dots only", func(string) string { return ".." })
	add("has a dot at its end", func(token string) string { return token + "." })
	add("has a dot at its start", func(token string) string { return "." + token })
	add("has five parts", func(token string) string { return token + ".x.x" })
	add("has a thousand dots", func(token string) string { return token + strings.Repeat(".", 1000) })
	add("has a blank at its end", func(token string) string { return token + " " })
	add("has a blank at its start", func(token string) string { return " " + token })
	add("has a line break at its end", func(token string) string { return token + "\n" })
	add("has a line break in it", func(token string) string { return token[:10] + "\n" + token[10:] })
	add("has a zero byte at its end", func(token string) string { return token + "\x00" })
	add("has Bearer before it", func(token string) string { return "Bearer " + token })
	add("is in quotes", func(token string) string { return `"` + token + `"` })
	add("is twice", func(token string) string { return token + token })
	add("is in upper case", strings.ToUpper)
	for i, name := range []string{"header", "payload", "signature"} {
		add("has no "+name, parts(func(p []string) { p[i] = "" }))
		add("has padding after its "+name, parts(func(p []string) { p[i] += "=" }))
		add("has a line break in its "+name, parts(func(p []string) { p[i] = p[i][:4] + "\r\n" + p[i][4:] }))
		add("has a character more in its "+name, parts(func(p []string) { p[i] += "A" }))
		add("has a character less in its "+name, parts(func(p []string) { p[i] = p[i][:len(p[i])-1] }))
		add("has a character that is not of base64url in its "+name, parts(func(p []string) { p[i] = "!" + p[i][1:] }))
		spell := func(name string, spell func(part string) string) {
			cases = append(cases, testCase{"token has " + name, func(s *scenario) {
				s.unused, s.header["x"], s.claims["x"] = true, "??????", "??????"
				s.alter = parts(func(p []string) { p[i] = spell(p[i]) })
			}})
		}
		spell("other bits behind the last byte of its "+name, strayBits)
		spell("the standard alphabet in its "+name, strings.NewReplacer("-", "+", "_", "/").Replace)
	}
	for _, bit := range []int{0, 1, 7, 100, 1024, 2040, 2047} {
		add(fmt.Sprintf("has bit %d of its signature flipped", bit), parts(func(p []string) {
			raw, _ := base64.RawURLEncoding.DecodeString(p[2])
			raw[bit/8] ^= 0x80 >> (bit % 8)
			p[2] = encode(raw)
		}))
	}
	for _, change := range []struct {
		name   string
		change func([]byte) []byte
	}{
		{"of zeros", func(raw []byte) []byte { return make([]byte, len(raw)) }},
		{"with a zero byte before it", func(raw []byte) []byte { return append([]byte{0}, raw...) }},
		{"with a zero byte after it", func(raw []byte) []byte { return append(raw, 0) }},
		{"that is half as long", func(raw []byte) []byte { return raw[:len(raw)/2] }},
		{"of one byte", func([]byte) []byte { return []byte{0} }},
	} {
		for _, a := range signers {
			if a.algorithm[2:] != "256" && a.algorithm != "EdDSA" {
				continue
			}
			cases = append(cases, testCase{"token has a signature by " + a.algorithm + " " + change.name,
				func(s *scenario) {
					s.signedBy(a.algorithm, a.key)
					s.alter = parts(func(p []string) {
						raw, _ := base64.RawURLEncoding.DecodeString(p[2])
						p[2] = encode(change.change(raw))
					})
				}})
		}
	}
	add("has the payload of another", parts(func(p []string) { p[1] = encode([]byte(`{"sub":"bob"}`)) }))
	add("is in the flattened JSON serialization", func(token string) string {
		p := strings.Split(token, ".")
		return jsonText(object{"protected": p[0], "payload": p[1], "signature": p[2]})
	})
	add("is in the general JSON serialization", func(token string) string {
		p := strings.Split(token, ".")
		return jsonText(object{"payload": p[1], "signatures": []any{object{"protected": p[0], "signature": p[2]}}})
	})
	add("is in the JSON serialization with a header that is not signed", func(token string) string {
		p := strings.Split(token, ".")
		return jsonText(object{"protected": p[0], "payload": p[1], "signature": p[2], "header": object{"x": "x"}})
	})
	return cases
}

// strayBits sets an unused bit of the last character, if there is one.
func strayBits(part string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if len(part)%4 == 0 || part == "" {
		return part
	}
	last := strings.IndexByte(alphabet, part[len(part)-1])
	return part[:len(part)-1] + string(alphabet[last|1])
}
