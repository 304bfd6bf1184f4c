package provider

import (
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// UnitedEffects signs users in with an account of an auth group at United Effects. Create a client
// of the auth group. Documentation: https://docs.unitedeffects.com/integrations/nextauthjs and
// https://github.com/UnitedEffects/ueauth/blob/master/src/api/oidc/oidc.js, read 2026-11-22.
// c.Issuer is https://auth.unitedeffects.com/{auth group id}. There is no name and no picture. The
// e-mail address counts as unverified: the claim verified is about the account, wherever its
// address came from.
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
