package relyingparty_test

import "strings"

// userinfoCases are about the answer of the userinfo endpoint (OpenID Connect Core 1.0 § 5.3).
func userinfoCases() []testCase {
	var cases []testCase
	add := func(name string, change func(*scenario)) {
		cases = append(cases, testCase{"userinfo " + name, func(s *scenario) { s.withUserinfo(change) }})
	}
	for _, member := range []string{"sub", "email", "email_verified", "name", "iss", "aud", "exp", "x"} {
		for _, c := range eachValue("", member, func(s *scenario) object { return s.userinfo.members }) {
			add(strings.TrimSpace(c.name), c.change)
		}
	}
	for _, c := range statusCases("", func(s *scenario) *answer { return &s.userinfo }) {
		add(strings.TrimSpace(c.name), c.change)
	}
	add("is right", func(*scenario) {})
	add("sub is of another", func(s *scenario) { s.userinfo.members["sub"] = "bob" })
	add("sub is in upper case", func(s *scenario) { s.userinfo.members["sub"] = "ANN" })
	add("sub has a blank after it", func(s *scenario) { s.userinfo.members["sub"] = "ann " })
	for name, raw := range map[string]string{
		"is null": "null", "is a list": `[{"sub":"ann"}]`, "is not JSON": "<html>",
		"has text after it":                          `{"sub":"ann"}x`,
		"has white space around it":                  ` {"sub":"ann"} `,
		"has sub twice, the first of another":        `{"sub":"bob","sub":"ann"}`,
		"has sub twice, the second of another":       `{"sub":"ann","sub":"bob"}`,
		"has SUB of another beside sub":              `{"sub":"ann","SUB":"bob"}`,
		"has SUB instead of sub":                     `{"SUB":"ann"}`,
		"has EMAIL of another beside email":          `{"sub":"ann","email":"ann@example.com","EMAIL":"bob@example.com"}`,
		"has a control character in its name":        "{\"sub\":\"ann\",\"name\":\"An\x14n\"}",
		"has a line break in its name":               "{\"sub\":\"ann\",\"name\":\"An\nn\"}",
		"has a control character in its sub":         "{\"sub\":\"a\x00nn\"}",
		"has a control character in a member's name": "{\"sub\":\"ann\",\"na\x01me\":\"x\"}",
		"has a control character behind it":          "{\"sub\":\"ann\"}\x01",
		"has a control character in an escape":       "{\"sub\":\"ann\",\"name\":\"\\u00\x0141\"}",
		"has 200 kB":                                 `{"sub":"ann","x":"` + strings.Repeat("x", 200<<10) + `"}`,
		"has 2 MB":                                   `{"sub":"ann","x":"` + strings.Repeat("x", 2<<20) + `"}`,
	} {
		add(name, func(s *scenario) { s.userinfo.raw = raw })
	}
	add("endpoint has a query", func(s *scenario) {
		s.metadata.members["userinfo_endpoint"] = s.issuer + "/userinfo?x=1"
	})
	add("endpoint has a fragment", func(s *scenario) {
		s.metadata.members["userinfo_endpoint"] = s.issuer + "/userinfo#x"
	})
	add("endpoint is absent", func(s *scenario) { delete(s.metadata.members, "userinfo_endpoint") })
	return append(cases, signedUserinfoCases()...)
}

// signedUserinfoCases are about userinfo as a signed JWT.
func signedUserinfoCases() []testCase {
	var cases []testCase
	add := func(name string, change func(s *scenario, claims, header object)) {
		cases = append(cases, testCase{"signed userinfo " + name, func(s *scenario) {
			s.withUserinfo(func(s *scenario) {
				s.signedUserinfo, s.userinfo.contentType = true, "application/jwt"
				claims := object{"iss": s.issuer, "aud": s.clientID, "sub": "ann", "email": "ann@example.com"}
				header := object{"alg": "RS256", "kid": keyID}
				signer := *s
				change(&signer, claims, header)
				input := encode([]byte(jsonText(header))) + "." + encode([]byte(jsonText(claims)))
				s.userinfo.raw = input + "." + encode(sign(signer.algorithm, signer.key, []byte(input)))
			})
		}})
	}
	add("is right", func(*scenario, object, object) {})
	add("is by another key", func(s *scenario, _, _ object) { s.key = otherRSA })
	add("is not signed", func(s *scenario, _, header object) { s.algorithm, header["alg"] = "none", "none" })
	add("is by HS256 with the client's secret", func(s *scenario, _, header object) {
		s.algorithm, s.key, header["alg"] = "HS256", []byte(secret), "HS256"
	})
	for member, wrong := range map[string][]value{
		"sub": {{"absent", absent}, {"of another", "bob"}, {"a number", 1}},
		"iss": {{"absent", absent}, {"of another", "https://op.example"}, {"a number", 1}},
		"aud": {{"absent", absent}, {"of another", "x"}, {"a list of another", []any{"x"}}, {"a number", 1}},
		"exp": {{"in the past", 1}, {"a string", "x"}},
		"nbf": {{"in the future", 99999999999}},
	} {
		for _, v := range wrong {
			add(member+" is "+v.name, func(_ *scenario, claims, _ object) { set(claims, member, v.json) })
		}
	}
	return cases
}
