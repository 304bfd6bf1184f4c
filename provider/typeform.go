package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Typeform signs users in with a Typeform account. Create a developer app at
// https://admin.typeform.com. Documentation:
// https://www.typeform.com/developers/get-started/applications/, read 2026-11-22. Typeform does not
// say whether the e-mail address is verified. There is no picture. With the scope offline there is
// a refresh token.
func Typeform(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "typeform",
		Name:             "Typeform",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://api.typeform.com/oauth/authorize",
		TokenURL:         "https://api.typeform.com/oauth/token",
		UserinfoURL:      "https://api.typeform.com/me",
		Scopes:           []string{"accounts:read"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("user_id"),
				Name:  raw.String("alias"),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#262627"},
	}
}
