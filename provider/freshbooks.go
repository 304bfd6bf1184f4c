package provider

import (
	"context"
	"strings"

	"github.com/cardea-auth/cardea"
)

// FreshBooks signs users in with a FreshBooks account. Create an app at
// https://my.freshbooks.com/#/developer. Documentation:
// https://www.freshbooks.com/api/authentication and
// https://github.com/freshbooks/freshbooks-nodejs-sdk/blob/main/packages/api/src/APIClient.ts, read
// 2026-11-22. The settings of the app determine its permissions, so no scope is sent. The app needs
// user:profile:read. Callback URLs must be https and have no query. FreshBooks says when an address
// was confirmed, but not that it was this one.
func FreshBooks(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "freshbooks",
		Name:             "FreshBooks",
		Type:             cardea.TypeOAuth,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       cardea.AuthClientSecretPost,
		AuthorizationURL: "https://auth.freshbooks.com/oauth/authorize",
		TokenURL:         "https://api.freshbooks.com/auth/oauth/token",
		UserinfoURL:      "https://api.freshbooks.com/auth/api/v1/users/me",
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			user := raw.Object("response")
			return cardea.Profile{
				ID:    user.String("id"),
				Name:  strings.TrimSpace(user.String("first_name") + " " + user.String("last_name")),
				Email: user.String("email"),
			}, nil
		},
		EmailVerification: cardea.EmailNeverVerified,
		Style:             cardea.Style{BrandColor: "#0075dd"},
	}
}
