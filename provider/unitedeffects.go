package provider

import (
	"net/url"

	"github.com/cardea-auth/cardea"
)

// UnitedEffects signs in with an account of an auth group at United Effects, by a client of it (rules:
// https://docs.unitedeffects.com/integrations/nextauthjs). c.Issuer is https://auth.unitedeffects.com/{auth group id}. There are neither name nor
// picture; the e-mail is verified if United Effects says so.
func UnitedEffects(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:                  "united-effects",
		Name:                "United Effects",
		Type:                cardea.OIDC,
		Issuer:              c.Issuer,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		AuthorizationParams: url.Values{"resource": {c.Issuer}},
		Style:               cardea.Style{BrandColor: "#1e3c72"},
	}
}
