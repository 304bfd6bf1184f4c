package oidc

import (
	"errors"
	"maps"
)

// protocol are the claims that speak of the ID token itself.
var protocol = []string{"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "auth_time", "acr", "amr"}

// Merge returns the claims of an ID token with those of the userinfo endpoint over them. The sub of
// both must be equal, else the userinfo may be another person's, and Merge returns an error (OpenID
// Connect Core 1.0 § 5.3.2). Claims that speak of the ID token itself, such as iss and nonce, stay
// the ID token's. A claim that something is verified never ends up beside a value that it was not
// said of. Neither map is changed.
func Merge(idToken, userinfo map[string]any) (map[string]any, error) {
	if sub := text(idToken["sub"]); sub == "" || userinfo["sub"] != sub {
		return nil, errors.New("userinfo: sub: not the ID token's")
	}
	over := maps.Clone(userinfo)
	for _, name := range protocol {
		delete(over, name)
	}
	merged := maps.Clone(idToken)
	for value, verified := range map[string]string{"email": "email_verified", "phone_number": "phone_number_verified"} {
		switch v, has := over[value]; {
		case !has:
			delete(over, verified)
		case text(v) == "" || v != merged[value]:
			delete(merged, verified)
		}
	}
	maps.Copy(merged, over)
	return merged, nil
}
