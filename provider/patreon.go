package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Patreon signs users in with a Patreon account. Create a client of API version 2 at
// https://www.patreon.com/portal/registration/register-clients. Documentation:
// https://docs.patreon.com/#apiv2-oauth, read 2026-11-22. The e-mail address is verified if Patreon
// says that the user has confirmed it.
func Patreon(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "patreon",
		Name:             "Patreon",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://www.patreon.com/oauth2/authorize",
		TokenURL:         "https://www.patreon.com/api/oauth2/token",
		UserinfoURL:      "https://www.patreon.com/api/oauth2/v2/identity?fields%5Buser%5D=email,full_name,image_url,is_email_verified",
		Scopes:           []string{"identity", "identity[email]"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("data", "attributes")
			return oauth.Profile{
				ID:            raw.String("data", "id"),
				Name:          user.String("full_name"),
				Email:         user.String("email"),
				EmailVerified: user.True("is_email_verified"),
				Image:         user.String("image_url"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#ff424d", Logo: patreonLogo},
	}
}

// patreonLogo is from Simple Icons (CC0-1.0).
const patreonLogo = "M22.957 7.21c-.004-3.064-2.391-5.576-5.191-6.482-3.478-1.125-8.064-.962-11.384.604C2.357 3.231 " +
	"1.093 7.391 1.046 11.54c-.039 3.411.302 12.396 5.369 12.46 3.765.047 4.326-4.804 6.068-7.141 1.24-1.662 " +
	"2.836-2.132 4.801-2.618 3.376-.836 5.678-3.501 5.673-7.031Z"
