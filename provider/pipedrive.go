package provider

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// Pipedrive signs users in with an account of a company at Pipedrive. Create an app at
// https://developers.pipedrive.com. Documentation:
// https://pipedrive.readme.io/docs/marketplace-oauth-authorization, read 2026-11-22. The settings
// of the app determine its permissions, so no scope is sent. The account ID is the user's ID.
// Pipedrive guarantees its uniqueness only together with company_id. Pipedrive does not say whether
// the e-mail address is verified.
func Pipedrive(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "pipedrive",
		Name:             "Pipedrive",
		Type:             cardea.TypeOAuth,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://oauth.pipedrive.com/oauth/authorize",
		TokenURL:         "https://oauth.pipedrive.com/oauth/token",
		UserinfoURL:      "https://api.pipedrive.com/v1/users/me",
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			user := raw.Object("data")
			return cardea.Profile{
				ID:    user.String("id"),
				Name:  user.String("name"),
				Email: user.String("email"),
				Image: user.String("icon_url"),
			}, nil
		},
		EmailVerification: cardea.EmailNeverVerified,
		Style:             cardea.Style{BrandColor: "#017737"},
	}
}
