package oidc

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// A service with many tenants has an issuer identifier for each. It is written with claims of the
// ID token in braces, such as https://login.microsoftonline.com/{tid}/v2.0.
var (
	claimInBraces = regexp.MustCompile(`\{[A-Za-z0-9_]+\}`)
	// nothing that could reach into the rest of the identifier
	tenant = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)
)

// HasClaims reports whether an issuer identifier has claims in braces.
func HasClaims(identifier string) bool { return claimInBraces.MatchString(identifier) }

// Fits reports whether issuer is the identifier, or one that it stands for.
func Fits(identifier, issuer string) bool {
	parts := claimInBraces.Split(identifier, -1)
	rest, ok := strings.CutPrefix(issuer, parts[0])
	for _, part := range parts[1:] {
		if !ok {
			return false
		}
		end := strings.IndexByte(rest+"/", '/')
		value, found := strings.CutSuffix(rest[:end], before(part))
		if !found || !tenant.MatchString(value) {
			return false
		}
		rest, ok = strings.CutPrefix(rest[len(value):], part)
	}
	return ok && rest == ""
}

// before is what stands in a literal part ahead of the first slash.
func before(part string) string {
	s, _, _ := strings.Cut(part, "/")
	return s
}

// sameIdentifier reports whether two identifiers are equal but for what stands in the braces: each
// side has its own names for a tenant.
func sameIdentifier(a, b string) bool {
	return slices.Equal(claimInBraces.Split(a, -1), claimInBraces.Split(b, -1))
}

// issuerOf is the issuer that the claims of a token make of an identifier.
func issuerOf(identifier string, claims map[string]any) (string, error) {
	var failed error
	issuer := claimInBraces.ReplaceAllStringFunc(identifier, func(name string) string {
		value := text(claims[strings.Trim(name, "{}")])
		if !tenant.MatchString(value) {
			failed = errors.New("the token has not the claim that is in the issuer's braces")
		}
		return value
	})
	return issuer, failed
}
