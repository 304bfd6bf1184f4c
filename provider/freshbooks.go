package provider

import (
	"context"
	"strings"

	"github.com/cardea-auth/cardea"
)

// FreshBooks signs in with a FreshBooks account, by an app (https://my.freshbooks.com/#/developer; rules:
// https://www.freshbooks.com/api/authentication). What the app may do is set there, so no scope is sent. Whether the e-mail was verified is not
// told.
func FreshBooks(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "freshbooks",
		Name:             "FreshBooks",
		Type:             cardea.OAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://auth.freshbooks.com/service/auth/oauth/authorize",
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
		EmailVerification: cardea.NeverVerified,
		Style:             cardea.Style{BrandColor: "#0075dd"},
	}
}
