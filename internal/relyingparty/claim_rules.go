package relyingparty

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/oauth"
)

// checkClaims checks that the provider's answer is the one that the site asked for. The request
// went through the visitor's browser, so the visitor may have asked for something else, such as
// another tenant of the same service.
func (c *Client) checkClaims(raw oauth.Claims) error {
	if slices.Contains(c.RefusedIssuers, raw.String("iss")) {
		return failed(NotAllowed, "iss: the tenant is one of RefusedIssuers")
	}
	for _, name := range slices.Sorted(maps.Keys(c.RequiredClaims)) {
		if wanted := c.RequiredClaims[name]; !hasClaim(raw, name, wanted) {
			return failed(NotAllowed, "claim %s: the answer has none of the values of RequiredClaims, %q", name, wanted)
		}
	}
	return c.checkParamClaims(raw)
}

// hasTwoFactors reports whether the ID token says that the person has proven two factors. Acr is a
// text and amr a list of texts (OpenID Connect Core 1.0 § 2); anything else says nothing.
func (x *codeExchange) hasTwoFactors() bool {
	acr, _ := x.idToken["acr"].(string)
	amr, _ := x.idToken["amr"].([]any)
	return slices.Contains(x.TwoFactorACR, acr) || slices.ContainsFunc(amr, func(value any) bool {
		method, ok := value.(string)
		return ok && slices.Contains(x.TwoFactorAMR, method)
	})
}

// checkParamClaims checks the claims that answer parameters of the authorization request.
func (c *Client) checkParamClaims(raw oauth.Claims) error {
	params, claims := withQuery(c.AuthorizationURL, c.AuthorizationParams), c.paramClaims()
	for _, param := range slices.Sorted(maps.Keys(claims)) {
		wanted := params[param]
		answers := func(name string) bool { return hasClaim(raw, name, wanted) }
		if len(wanted) > 0 && !slices.ContainsFunc(claims[param], answers) {
			return failed(NotAllowed, "claim %s: the answer is not for %s=%s of AuthorizationParams",
				strings.Join(claims[param], " or "), param, strings.Join(wanted, " or "))
		}
	}
	return nil
}

// paramClaims returns the claims of ParamClaims by the name of the parameter.
func (c *Client) paramClaims() map[string][]string {
	claims := map[string][]string{}
	for _, rule := range c.ParamClaims {
		param, claim, _ := strings.Cut(rule, "=")
		claims[param] = append(claims[param], claim)
	}
	return claims
}

// hasClaim reports whether a claim has one of the values. The value * stands for any.
func hasClaim(c oauth.Claims, name string, wanted []string) bool {
	return slices.ContainsFunc(claimValues(c, name), func(value string) bool {
		return slices.Contains(wanted, value) || slices.Contains(wanted, "*")
	})
}

// claimValues returns the values of a claim as text: one, or the elements of a list.
func claimValues(c oauth.Claims, name string) []string {
	path := claimPath(name)
	if c.True(path...) {
		return []string{"true"}
	}
	if s := c.String(path...); s != "" {
		return []string{s}
	}
	return c.Strings(path...)
}

// claimPath splits the name of a nested claim, such as requested.tenant. A URI, such as
// https://slack.com/team_id, is one name.
func claimPath(name string) []string {
	if strings.Contains(name, ":") {
		return []string{name}
	}
	return strings.Split(name, ".")
}

// keepProven restores the claims of the ID token on which a check depends, if the userinfo has
// replaced them.
func (c *Client) keepProven(merged, idToken oauth.Claims) {
	names := slices.AppendSeq(oauth2.Placeholders(c.Issuer), maps.Keys(c.RequiredClaims))
	for _, claims := range c.paramClaims() {
		names = append(names, claims...)
	}
	for _, name := range names {
		member := claimPath(name)[0]
		if proven, has := idToken[member]; has {
			merged[member] = proven
		}
	}
}

// setBooleans replaces the text and the numbers that a service sends instead of booleans.
func (c *Client) setBooleans(raw oauth.Claims) {
	for _, name := range c.BooleanClaims {
		switch raw.String(name) {
		case "true", "1":
			raw[name] = true
		case "false", "0":
			raw[name] = false
		}
	}
}

// subject returns the account ID of the standard claims. A sub is unique only within its issuer
// (OpenID Connect Core 1.0 § 2), so for an issuer with braces the ID starts with their values.
//
// A sub may have 255 characters. If the values leave too little room for it, the ID is a hash of
// both. An ID that is no hash has a slash behind each value, so no sub is the hash of another one.
func subject(issuer string, c oauth.Claims) string {
	parts, sub := []string{}, c.String("sub")
	for _, name := range oauth2.Placeholders(issuer) {
		parts = append(parts, c.String(name))
	}
	parts = append(parts, sub)
	if slices.Contains(parts, "") {
		return ""
	}
	id := strings.Join(parts, "/")
	if len(id) > maxID && len(sub) <= maxID {
		return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(id)))
	}
	return id
}
