package relyingparty_test

import (
	"fmt"
	"strings"
)

// metadataCases are about the metadata document (OpenID Connect Discovery 1.0 § 3 and § 4).
func metadataCases() []testCase {
	var cases []testCase
	for _, name := range []string{
		"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint",
		"response_types_supported",
		"id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported", "scopes_supported",
		"code_challenge_methods_supported", "x",
	} {
		cases = append(cases, eachValue("metadata", name, func(s *scenario) object { return s.metadata.members })...)
	}
	metadata := func(name, is string, value func(*scenario) any) {
		cases = append(cases, testCase{fmt.Sprintf("metadata %s is %s", name, is), func(s *scenario) {
			set(s.metadata.members, name, value(s))
		}})
	}
	metadata("issuer", "the issuer and a slash", func(s *scenario) any { return s.issuer + "/" })
	metadata("issuer", "the issuer in upper case", func(s *scenario) any { return strings.ToUpper(s.issuer) })
	metadata("issuer", "another issuer", func(*scenario) any { return "https://op.example" })
	metadata("issuer", "a list of the issuer", func(s *scenario) any { return []any{s.issuer} })
	for name, path := range map[string]string{
		"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys",
	} {
		metadata(name, "a path", func(*scenario) any { return path })
		metadata(name, "without a scheme", func(s *scenario) any { return strings.TrimPrefix(s.issuer+path, "http:") })
		metadata(name, "with a fragment", func(s *scenario) any { return s.issuer + path + "#x" })
		metadata(name, "with an empty fragment", func(s *scenario) any { return s.issuer + path + "#" })
		metadata(name, "with a user name", func(s *scenario) any {
			return strings.Replace(s.issuer+path, "://", "://user:password@", 1)
		})
		metadata(name, "with a query", func(s *scenario) any { return s.issuer + path + "?tenant=1" })
		metadata(name, "ftp", func(*scenario) any { return "ftp://op.example" + path })
		metadata(name, "javascript", func(*scenario) any { return "javascript:alert(1)" })
		metadata(name, "with a blank before it", func(s *scenario) any { return " " + s.issuer + path })
		metadata(name, "a list of the URL", func(s *scenario) any { return []any{s.issuer + path} })
	}
	for name, path := range map[string]string{
		"userinfo_endpoint": "/userinfo", "pushed_authorization_request_endpoint": "/par",
	} {
		metadata(name, "http on another host", func(*scenario) any { return "http://op.example" + path })
		metadata(name, "https on another host", func(*scenario) any { return "https://op.example" + path })
	}
	metadata("id_token_signing_alg_values_supported", "RS256 and numbers", func(*scenario) any {
		return []any{1, "RS256"}
	})
	metadata("id_token_signing_alg_values_supported", "RS256 as a string", func(*scenario) any { return "RS256" })
	metadata("id_token_signing_alg_values_supported", "RS256 and unknown ones", func(*scenario) any {
		return []any{"RS256", "ML-DSA-44"}
	})
	metadata("id_token_signing_alg_values_supported", "none", func(*scenario) any { return []any{"none"} })
	metadata("code_challenge_methods_supported", "plain", func(*scenario) any { return []any{"plain"} })
	for name, raw := range map[string]func(string) string{
		"is null":                   func(string) string { return "null" },
		"is a list":                 func(good string) string { return "[" + good + "]" },
		"is not JSON":               func(string) string { return "<html>" },
		"is cut":                    func(good string) string { return good[:len(good)-1] },
		"has text after it":         func(good string) string { return good + "x" },
		"has white space around it": func(good string) string { return "\n " + good + " \n" },
		"has a byte order mark":     func(good string) string { return "\ufeff" + good },
		"has Issuer of another beside issuer": func(good string) string {
			return strings.TrimSuffix(good, "}") + `,"Issuer":"https://op.example"}`
		},
		"has ISSUER instead of issuer": func(good string) string {
			return strings.Replace(good, `"issuer"`, `"ISSUER"`, 1)
		},
		"has issuer twice, the second of another": func(good string) string {
			return strings.TrimSuffix(good, "}") + `,"issuer":"https://op.example"}`
		},
		"has issuer twice, the first of another": func(good string) string {
			return `{"issuer":"https://op.example",` + strings.TrimPrefix(good, "{")
		},
		"has a control character in a text": func(good string) string {
			return strings.TrimSuffix(good, "}") + ",\"service_documentation\":\"a\x14b\"}"
		},
		"has a control character in the name of a member": func(good string) string {
			return strings.Replace(good, "jwks_uri", "jwks\x14_uri", 1)
		},
		"has 200 kB": func(good string) string {
			return strings.TrimSuffix(good, "}") + `,"x":"` + strings.Repeat("x", 200<<10) + `"}`
		},
		"has 2 MB": func(good string) string {
			return strings.TrimSuffix(good, "}") + `,"x":"` + strings.Repeat("x", 2<<20) + `"}`
		},
	} {
		cases = append(cases, testCase{"metadata " + name, func(s *scenario) {
			s.metadata.raw = raw(jsonText(s.metadata.members))
		}})
	}
	return append(cases, statusCases("metadata", func(s *scenario) *answer { return &s.metadata })...)
}
