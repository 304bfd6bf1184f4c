package provider

import (
	"cmp"
	"context"
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// FACEIT signs users in with a FACEIT account. Create an OAuth2 client at
// https://developers.faceit.com. Documentation:
// https://docs.faceit.com/getting-started/authentication/oauth2. The e-mail address is verified if
// FACEIT says so.
func FACEIT(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "faceit",
		Name:                "FACEIT",
		Type:                oauth.TypeOAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		AuthorizationURL:    "https://accounts.faceit.com/accounts",
		TokenURL:            "https://api.faceit.com/auth/v1/oauth/token",
		UserinfoURL:         "https://api.faceit.com/auth/v1/resources/userinfo",
		Scopes:              []string{"openid", "profile", "email"},
		AuthorizationParams: url.Values{"redirect_popup": {"true"}},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("guid"),
				Name:          cmp.Or(raw.String("name"), raw.String("nickname")),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"),
				Image:         raw.String("picture"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#ff5500", Logo: faceitLogo},
	}
}

// faceitLogo is from Simple Icons (CC0-1.0).
const faceitLogo = "M23.999 2.705a.167.167 0 00-.312-.1 1141.27 1141.27 0 00-6.053 9.375H.218c-.221 " +
	"0-.301.282-.11.352 7.227 2.73 17.667 6.836 23.5 9.134.15.06.39-.08.39-.18z"
