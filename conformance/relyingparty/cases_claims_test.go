package relyingparty_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// claimCases are about the claims of an ID token (OpenID Connect Core 1.0 § 2) except the times.
func claimCases() []testCase {
	var cases []testCase
	for _, name := range []string{
		"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "auth_time", "acr", "amr", "name", "email",
		"email_verified", "picture", "_claim_names",
	} {
		cases = append(cases, eachValue("claim", name, func(s *scenario) object { return s.claims })...)
	}
	claim := func(name, is string, value func(*scenario) any) {
		cases = append(cases, testCase{fmt.Sprintf("claim %s is %s", name, is), func(s *scenario) {
			set(s.claims, name, value(s))
		}})
	}
	claim("iss", "the issuer and a slash", func(s *scenario) any { return s.issuer + "/" })
	claim("iss", "the issuer in upper case", func(s *scenario) any { return strings.ToUpper(s.issuer) })
	claim("iss", "the issuer without a scheme", func(s *scenario) any {
		return strings.TrimPrefix(s.issuer, "http://")
	})
	claim("iss", "the issuer with https", func(s *scenario) any {
		return strings.Replace(s.issuer, "http:", "https:", 1)
	})
	claim("iss", "the issuer and a query", func(s *scenario) any { return s.issuer + "?x" })
	claim("iss", "the issuer and a fragment", func(s *scenario) any { return s.issuer + "#x" })
	claim("iss", "the issuer and a blank", func(s *scenario) any { return s.issuer + " " })
	claim("iss", "the issuer with a dot segment", func(s *scenario) any { return s.issuer + "/." })
	claim("iss", "another issuer", func(*scenario) any { return "https://op.example" })
	claim("iss", "a list of the issuer", func(s *scenario) any { return []any{s.issuer} })

	for _, c := range []struct {
		is    string
		value any
	}{
		{"a list of the client", []any{clientID}},
		{"the client twice", []any{clientID, clientID}},
		{"the client and another", []any{clientID, "x"}},
		{"another and the client", []any{"x", clientID}},
		{"the client and a number", []any{clientID, 1}},
		{"the client and null", []any{clientID, nil}},
		{"a list in a list", []any{[]any{clientID}}},
		{"the client in upper case", strings.ToUpper(clientID)},
		{"the client and a blank", clientID + " "},
		{"the client as a prefix", clientID + "x"},
		{"an object with the client", object{clientID: true}},
	} {
		claim("aud", c.is, func(*scenario) any { return c.value })
	}
	claim("azp", "the client", func(*scenario) any { return clientID })
	claim("azp", "a list of the client", func(*scenario) any { return []any{clientID} })
	for _, azp := range []value{{"the client", clientID}, {"another", "x"}, {"null", nil}, {"empty", ""}} {
		cases = append(cases, testCase{"two audiences and azp is " + azp.name, func(s *scenario) {
			s.claims["aud"], s.claims["azp"] = []any{clientID, "x"}, azp.json
		}})
	}
	claim("nonce", "the nonce and a blank", func(*scenario) any { return "{nonce} " })
	claim("nonce", "the nonce and a character", func(*scenario) any { return "{nonce}x" })
	claim("nonce", "a list of the nonce", func(*scenario) any { return []any{"{nonce}"} })
	claim("nonce", "an object with the nonce", func(*scenario) any { return object{"nonce": "{nonce}"} })
	claim("sub", "of 255 characters", func(*scenario) any { return strings.Repeat("s", 255) })
	claim("sub", "of 256 characters", func(*scenario) any { return strings.Repeat("s", 256) })
	claim("sub", "of 5000 characters", func(*scenario) any { return strings.Repeat("s", 5000) })
	claim("sub", "not ASCII", func(*scenario) any { return "änn" })
	claim("sub", "with a control character", func(*scenario) any { return "an\x00n" })
	claim("sub", "blank", func(*scenario) any { return " " })
	claim("sub", "a large number", func(*scenario) any { return json.Number("12345678901234567890") })
	claim("sub", "a list of a subject", func(*scenario) any { return []any{"ann"} })
	cases = append(cases, hashCases()...)
	return append(cases, rawClaimCases()...)
}

// hashCases are about at_hash, whose hash function is that of the signature's algorithm.
func hashCases() []testCase {
	hash := func(of, token string) func(*scenario) {
		return func(s *scenario) { s.claims["at_hash"] = accessTokenHash(of, token) }
	}
	cases := []testCase{
		{"claim at_hash is right", hash("RS256", accessToken)},
		{"claim at_hash is of another token", hash("RS256", "another")},
		{"claim at_hash is by SHA-512", hash("RS512", accessToken)},
		{"claim at_hash is padded", func(s *scenario) {
			s.claims["at_hash"] = accessTokenHash("RS256", accessToken) + "=="
		}},
		{"claim at_hash is the whole hash", func(s *scenario) {
			_, digest := digestOf("RS256", []byte(accessToken))
			s.claims["at_hash"] = encode(digest)
		}},
	}
	for _, a := range signers {
		cases = append(cases, testCase{"claim at_hash is right for " + a.algorithm, func(s *scenario) {
			s.signedBy(a.algorithm, a.key)
			s.claims["at_hash"] = accessTokenHash(a.algorithm, accessToken)
		}}, testCase{"claim at_hash is wrong for " + a.algorithm, func(s *scenario) {
			s.signedBy(a.algorithm, a.key)
			s.claims["at_hash"] = accessTokenHash(a.algorithm, "another")
		}})
	}
	return cases
}

// rawClaimCases are about the JSON text of the claims.
func rawClaimCases() []testCase {
	raw := func(text func(good string) string) func(*scenario) {
		return func(s *scenario) { s.rawClaims = text(jsonText(s.claims)) }
	}
	with := func(members string) func(*scenario) {
		return raw(func(good string) string { return strings.TrimSuffix(good, "}") + "," + members + "}" })
	}
	before := func(members string) func(*scenario) {
		return raw(func(good string) string { return "{" + members + "," + strings.TrimPrefix(good, "{") })
	}
	whole := func(text string) func(*scenario) { return raw(func(string) string { return text }) }
	return []testCase{
		{"claims are null", whole("null")},
		{"claims are a list", raw(func(good string) string { return "[" + good + "]" })},
		{"claims are a string", whole(`"x"`)},
		{"claims are not JSON", whole("x")},
		{"claims are cut", raw(func(good string) string { return good[:len(good)-1] })},
		{"claims have an object after them", raw(func(good string) string { return good + "{}" })},
		{"claims have text after them", raw(func(good string) string { return good + "x" })},
		{"claims have white space around them", raw(func(good string) string { return " \n" + good + "\t\n" })},
		{"claims have a byte order mark", raw(func(good string) string { return "\ufeff" + good })},
		{"claims have a comma at the end", raw(func(good string) string {
			return strings.TrimSuffix(good, "}") + ",}"
		})},
		{"claims are not UTF-8", with(`"x":"` + "\xff" + `"`)},
		{"claims have a sub twice, the second of another", with(`"sub":"bob"`)},
		{"claims have a nonce twice, the second wrong", with(`"nonce":"x"`)},
		{"claims have a nonce twice, the first wrong", before(`"nonce":"x"`)},
		{"claims have an iss twice, the second wrong", with(`"iss":"x"`)},
		{"claims have an aud twice, the second wrong", with(`"aud":"x"`)},
		{"claims have an exp twice, the second past", with(`"exp":1`)},
		{"claims have an Iss of another beside iss", with(`"Iss":"x"`)},
		{"claims have a NONCE of another beside nonce", with(`"NONCE":"x"`)},
		{"claims have an EXP in the past beside exp", with(`"EXP":1`)},
		{"claims have a SUB of another beside sub", with(`"SUB":"bob"`)},
		{"claims have ISS instead of iss", raw(func(good string) string {
			return strings.Replace(good, `"iss"`, `"ISS"`, 1)
		})},
		{"claims have Nonce instead of nonce", raw(func(good string) string {
			return strings.Replace(good, `"nonce"`, `"Nonce"`, 1)
		})},
		{"claims have an escaped name", raw(func(good string) string {
			return strings.Replace(good, `"sub"`, `"s\u0075b"`, 1)
		})},
		{"claims are deeply nested", with(`"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000))},
		{"claims are too deeply nested", with(`"x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000))},
		{"claims have a control character in a name of a person", with("\"name\":\"An\x14n\"")},
		{"claims have a control character in the name of a claim", with("\"na\x14me\":\"Ann\"")},
		{"claims have 30 kB", with(`"x":"` + strings.Repeat("x", 30<<10) + `"`)},
		{"claims have 100 kB", with(`"x":"` + strings.Repeat("x", 100<<10) + `"`)},
	}
}

// timeCases are about exp, iat and nbf.
func timeCases() []testCase {
	var cases []testCase
	for name, offsets := range map[string][]time.Duration{
		"exp": {
			-10 * time.Second, -2 * time.Minute, -10 * time.Minute, -24 * time.Hour, time.Minute, 24 * time.Hour,
			100 * 365 * 24 * time.Hour,
		},
		"iat": {
			10 * time.Second, 2 * time.Minute, 10 * time.Minute, 24 * time.Hour, -time.Minute, -24 * time.Hour,
			-10 * 365 * 24 * time.Hour,
		},
		"nbf": {
			10 * time.Second, 2 * time.Minute, 10 * time.Minute, 24 * time.Hour, 0, -24 * time.Hour,
		},
	} {
		for _, offset := range offsets {
			cases = append(cases, testCase{fmt.Sprintf("claim %s is in %v", name, offset), func(s *scenario) {
				s.claims[name] = s.now.Add(offset).Unix()
			}})
		}
	}
	for _, name := range []string{"exp", "iat", "nbf"} {
		sign := time.Duration(-1) // a good time is in the past
		if name == "exp" {
			sign = 1
		}
		number := func(is, format string) {
			cases = append(cases, testCase{fmt.Sprintf("claim %s is %s", name, is), func(s *scenario) {
				s.rawClaims = strings.Replace(withMember(s.claims, name),
					`"?"`, fmt.Sprintf(format, s.now.Add(sign*time.Hour).Unix()), 1)
			}})
		}
		number("a good time as a string", `"%d"`)
		number("a good time with a fraction", "%d.5")
		number("a good time with an exponent", "%d0e-1")
		number("a good time in a list", "[%d]")
		number("a good time in milliseconds", "%d000")
		number("a number beyond 64 bits", "%d0000000000000")
		number("a number beyond a float", "%de400")
		number("a negative number beyond a float", "-%de400")
	}
	return cases
}

// withMember returns an object as JSON text in which the value of a member is "?".
func withMember(members object, name string) string {
	changed := object{name: "?"}
	for other, value := range members {
		if other != name {
			changed[other] = value
		}
	}
	return jsonText(changed)
}
