package provider

import (
	"context"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// FreshBooks signs users in with a FreshBooks account. Create an app at
// https://my.freshbooks.com/#/developer. Documentation:
// https://www.freshbooks.com/api/authentication and
// https://github.com/freshbooks/freshbooks-nodejs-sdk/blob/main/packages/api/src/APIClient.ts, read
// 2026-11-22. The settings of the app determine its permissions, so no scope is sent. The app needs
// user:profile:read. Callback URLs must be https and have no query. FreshBooks says when an address
// was confirmed, but not that it was this one.
func FreshBooks(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "freshbooks",
		Name:             "FreshBooks",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://auth.freshbooks.com/oauth/authorize",
		TokenURL:         "https://api.freshbooks.com/auth/oauth/token",
		UserinfoURL:      "https://api.freshbooks.com/auth/api/v1/users/me",
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("response")
			return oauth.Profile{
				ID:    user.String("id"),
				Name:  strings.TrimSpace(user.String("first_name") + " " + user.String("last_name")),
				Email: user.String("email"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#0075dd"},
	}
}
