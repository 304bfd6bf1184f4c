package oidc

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
)

// A service with many tenants has an issuer identifier for each tenant. Their common template names
// claims of the ID token in braces, as https://login.microsoftonline.com/{tid}/v2.0 does.
var (
	placeholder = regexp.MustCompile(`\{[A-Za-z0-9_]+\}`)
	// a value of a placeholder: nothing that could change the rest of the identifier
	placeholderValue = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
)

// HasPlaceholders reports whether an issuer identifier is a template, with claims in braces.
func HasPlaceholders(identifier string) bool { return placeholder.MatchString(identifier) }

// MatchesTemplate reports whether issuer is equal to a template without placeholders, or is the
// template with a value for each placeholder.
func MatchesTemplate(template, issuer string) bool {
	literals := placeholder.Split(template, -1)
	rest, ok := strings.CutPrefix(issuer, literals[0])
	for _, literal := range literals[1:] {
		if !ok {
			return false
		}
		end := strings.IndexByte(rest+"/", '/')
		value, found := strings.CutSuffix(rest[:end], untilSlash(literal))
		if !found || !placeholderValue.MatchString(value) {
			return false
		}
		rest, ok = strings.CutPrefix(rest[len(value):], literal)
	}
	return ok && rest == ""
}

// untilSlash returns what precedes the first slash.
func untilSlash(s string) string {
	s, _, _ = strings.Cut(s, "/")
	return s
}

// sameTemplate reports whether two templates differ in nothing but the names of their placeholders:
// services document one name of the tenant and publish another.
func sameTemplate(a, b string) bool {
	return slices.Equal(placeholder.Split(a, -1), placeholder.Split(b, -1))
}

// fillTemplate returns the template with the claims of a token filled in.
func fillTemplate(template string, claims map[string]any) (string, error) {
	var failed error
	issuer := placeholder.ReplaceAllStringFunc(template, func(name string) string {
		value := jsonvalue.String(claims[strings.Trim(name, "{}")])
		if !placeholderValue.MatchString(value) {
			failed = errors.New("the token lacks the claim that the issuer has in braces")
		}
		return value
	})
	return issuer, failed
}
