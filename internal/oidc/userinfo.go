package oidc

import (
	"errors"
	"maps"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
)

// idTokenClaims describe the ID token itself, not the user.
var idTokenClaims = []string{
	"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "auth_time", "acr", "amr",
}

// Merge returns the claims of an ID token, replaced and completed by those of the userinfo
// endpoint.
//
//   - The sub of both must be equal. Otherwise the userinfo may describe another person, and Merge
//     returns an error (OpenID Connect Core 1.0 § 5.3.2).
//   - Claims that describe the ID token itself, such as iss and nonce, stay as they are in it.
//   - email_verified and phone_number_verified are kept only with the address and the number that
//     they were issued with.
//
// Neither map is changed.
func Merge(idToken, userinfo map[string]any) (map[string]any, error) {
	if sub := jsonvalue.String(idToken["sub"]); sub == "" || userinfo["sub"] != sub {
		return nil, errors.New("userinfo: sub: not that of the ID token")
	}
	extra := maps.Clone(userinfo)
	for _, name := range idTokenClaims {
		delete(extra, name)
	}
	merged := maps.Clone(idToken)
	for value, verified := range map[string]string{"email": "email_verified", "phone_number": "phone_number_verified"} {
		switch v, has := extra[value]; {
		case !has:
			delete(extra, verified)
		case jsonvalue.String(v) == "" || v != merged[value]:
			delete(merged, verified)
		}
	}
	maps.Copy(merged, extra)
	return merged, nil
}
