package provider

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// Typeform signs users in with a Typeform account. Create a developer app at
// https://admin.typeform.com. Documentation:
// https://www.typeform.com/developers/get-started/applications/, read 2026-11-22. Typeform does not
// say whether the e-mail address is verified. There is no picture. With the scope offline there is
// a refresh token.
func Typeform(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "typeform",
		Name:             "Typeform",
		Type:             cardea.TypeOAuth,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       cardea.AuthClientSecretPost,
		AuthorizationURL: "https://api.typeform.com/oauth/authorize",
		TokenURL:         "https://api.typeform.com/oauth/token",
		UserinfoURL:      "https://api.typeform.com/me",
		Scopes:           []string{"accounts:read"},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{
				ID:    raw.String("user_id"),
				Name:  raw.String("alias"),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: cardea.EmailNeverVerified,
		Style:             cardea.Style{BrandColor: "#262627"},
	}
}
