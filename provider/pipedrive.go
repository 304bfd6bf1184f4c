package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Pipedrive signs users in with an account of a company at Pipedrive. Create an app at
// https://developers.pipedrive.com. Documentation:
// https://pipedrive.readme.io/docs/marketplace-oauth-authorization, read 2026-11-22. The settings
// of the app determine its permissions, so no scope is sent. The account ID is the company_id and
// the user's ID, joined by a slash: only both together are unique
// (https://pipedrive.readme.io/docs/marketplace-getting-user-data). Auth.js uses the user's ID
// alone. Pipedrive does not say whether the e-mail address is verified.
func Pipedrive(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "pipedrive",
		Name:             "Pipedrive",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://oauth.pipedrive.com/oauth/authorize",
		TokenURL:         "https://oauth.pipedrive.com/oauth/token",
		UserinfoURL:      "https://api.pipedrive.com/v1/users/me",
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("data")
			return oauth.Profile{
				ID:    within(user.String("company_id"), user.String("id")),
				Name:  user.String("name"),
				Email: user.String("email"),
				Image: user.String("icon_url"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#017737"},
	}
}
