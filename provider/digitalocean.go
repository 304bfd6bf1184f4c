package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// DigitalOcean signs users in with a DigitalOcean account. Create an OAuth application at
// https://cloud.digitalocean.com/account/api/applications. Documentation:
// https://docs.digitalocean.com/reference/api/oauth/, read 2026-11-22. The user chooses a team.
// With the scope account:read the application can read the user's account, but no resources of the
// team. The e-mail address is verified if DigitalOcean says so. There is no picture.
func DigitalOcean(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "digitalocean",
		Name:             "DigitalOcean",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://cloud.digitalocean.com/v1/oauth/authorize",
		TokenURL:         "https://cloud.digitalocean.com/v1/oauth/token",
		UserinfoURL:      "https://api.digitalocean.com/v2/account",
		Scopes:           []string{"account:read"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			account := raw.Object("account")
			return oauth.Profile{
				ID:            account.String("uuid"),
				Name:          account.String("name"),
				Email:         account.String("email"),
				EmailVerified: account.True("email_verified"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#0080ff", Logo: digitalOceanLogo},
	}
}

// digitalOceanLogo is from Simple Icons (CC0-1.0).
const digitalOceanLogo = "M12.04 0C5.408-.02.005 5.37.005 11.992h4.638c0-4.923 4.882-8.731 10.064-6.855a6.95 6.95 0 014.147 4.148c1.889 5.177-1.924 10.055-6.84 10.064v-4.61H7.391v4.623h4.61V24c7.86 0 13.967-7.588 11.397-15.83-1.115-3.59-3.985-6.446-7.575-7.575A12.8 12.8 0 0012.039 0zM7.39 19.362H3.828v3.564H7.39zm-3.563 0v-2.978H.85v2.978z"
