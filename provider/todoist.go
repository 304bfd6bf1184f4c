package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Todoist signs users in with a Todoist account. Create an app at
// https://app.todoist.com/app/settings/integrations/app-management. Documentation:
// https://developer.todoist.com/api/v1/#tag/Authorization and
// https://github.com/Doist/todoist-sdk-typescript/blob/main/src/authentication.ts, read 2026-11-22.
// Todoist does not say whether the e-mail address is verified. New apps have refresh tokens; older
// ones may have long-lived access tokens instead.
func Todoist(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "todoist",
		Name:             "Todoist",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://todoist.com/oauth/authorize",
		TokenURL:         "https://todoist.com/oauth/access_token",
		UserinfoURL:      "https://api.todoist.com/api/v1/user",
		Scopes:           []string{"data:read"},
		ScopeSeparator:   ",",
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("id"),
				Name:  raw.String("full_name"),
				Email: raw.String("email"),
				Image: raw.String("avatar_big"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#e44332", Logo: todoistLogo},
	}
}

// todoistLogo is from Simple Icons (CC0-1.0).
const todoistLogo = "M21 0H3C1.35 0 0 1.35 0 3v3.858s3.854 2.24 4.098 2.38c.31.18.694.177 1.004 0 .26-.147 8.02-4.608 8.136-4.675.279-.161.58-.107.748-.01.164.097.606.348.84.48.232.134.221.502.013.622l-9.712 5.59c-.346.2-.69.204-1.048.002C3.478 10.907.998 9.463 0 8.882v2.02l4.098 2.38c.31.18.694.177 1.004 0 .26-.147 8.02-4.609 8.136-4.676.279-.16.58-.106.748-.008.164.096.606.347.84.48.232.133.221.5.013.62-.208.121-9.288 5.346-9.712 5.59-.346.2-.69.205-1.048.002C3.478 14.951.998 13.506 0 12.926v2.02l4.098 2.38c.31.18.694.177 1.004 0 .26-.147 8.02-4.609 8.136-4.676.279-.16.58-.106.748-.009.164.097.606.348.84.48.232.133.221.502.013.622l-9.712 5.59c-.346.199-.69.204-1.048.001C3.478 18.994.998 17.55 0 16.97V21c0 1.65 1.35 3 3 3h18c1.65 0 3-1.35 3-3V3c0-1.65-1.35-3-3-3z"
