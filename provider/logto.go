package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Logto signs users in with an account of a Logto tenant or server. Create a traditional web
// application at https://cloud.logto.io. Documentation:
// https://docs.logto.io/quick-starts/next-auth, read 2026-11-22. c.Issuer is https://{host}/oidc.
// The e-mail address is verified if Logto says so. Logto says so of every user's primary address.
// For a refresh token, add the scope offline_access, and prompt=consent in AuthorizationParams.
func Logto(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "logto",
		Name:         "Logto",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("sub"),
				Name:          cmp.Or(raw.String("name"), raw.String("username")),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"),
				Image:         raw.String("picture"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#5d34f2"},
	}
}
