package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Frontegg signs users in with an account of a Frontegg environment, through its hosted login
// (https://portal.frontegg.com). Documentation:
// https://developers.frontegg.com/ciam/guides/management/frontegg-idp/native-hosted; issuer and
// claims: https://developers.frontegg.com/ciam/guides/security-center/token-management/claims, read
// 2026-11-22. c.Issuer is the environment's domain, https://{subdomain}.frontegg.com. The e-mail
// address is verified if Frontegg says so.
func Frontegg(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "frontegg",
		Name:         "Frontegg",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("sub"),
				Name:          raw.String("name"),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"),
				Image:         cmp.Or(raw.String("profilePictureUrl"), raw.String("picture")),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#36373c"},
	}
}
