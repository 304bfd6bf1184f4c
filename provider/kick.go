package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Kick signs users in with a Kick account. Create an app at https://kick.com/settings/developer.
// Documentation: https://docs.kick.com/getting-started/generating-tokens-oauth2-flow, read
// 2026-11-22. Kick does not say whether the e-mail address is verified. In a callback URL, Kick
// replaces 127.0.0.1 by localhost and then refuses it: use localhost for development.
func Kick(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "kick",
		Name:             "Kick",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://id.kick.com/oauth/authorize",
		TokenURL:         "https://id.kick.com/oauth/token",
		UserinfoURL:      "https://api.kick.com/public/v1/users",
		Scopes:           []string{"user:read"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("data", "0") // without IDs in the query, only the user
			return oauth.Profile{
				ID:    user.String("user_id"),
				Name:  user.String("name"),
				Email: user.String("email"),
				Image: user.String("profile_picture"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#53fc19", Logo: kickLogo},
	}
}

// kickLogo is from Simple Icons (CC0-1.0).
const kickLogo = "M1.333 0h8v5.333H12V2.667h2.667V0h8v8H20v2.667h-2.667v2.666H20V16h2.667v8h-8v-2.667H12v-2.666H9.333V24h-8Z"
