package provider

import (
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// UnitedEffects signs in with an account of an auth group at United Effects, by a client of it
// (rules: https://docs.unitedeffects.com/integrations/nextauthjs and
// https://github.com/UnitedEffects/ueauth/blob/master/src/api/oidc/oidc.js, read 2026-11-22).
// c.Issuer is https://auth.unitedeffects.com/{auth group id}. There are neither name nor picture.
// The e-mail counts as unverified: the claim verified is of the account, whatever its address came
// from.
func UnitedEffects(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "united-effects",
		Name:                "United Effects",
		Type:                oauth.TypeOIDC,
		Issuer:              c.Issuer,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		AuthorizationParams: url.Values{"resource": {c.Issuer}}, // without it, the ID token has no e-mail
		EmailVerification:   oauth.EmailNeverVerified,
		Style:               oauth.Style{BrandColor: "#1e3c72"},
	}
}
