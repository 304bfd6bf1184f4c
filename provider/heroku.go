package provider

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// Heroku signs in with a Heroku account, by an API client (https://dashboard.heroku.com/account/applications; rules:
// https://devcenter.heroku.com/articles/oauth, read 2026-11-22). Whether the e-mail was verified is not told: verified is about a means of payment. There is no
// picture.
func Heroku(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "heroku",
		Name:             "Heroku",
		Type:             cardea.OAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       cardea.ClientSecretPost,
		AuthorizationURL: "https://id.heroku.com/oauth/authorize",
		TokenURL:         "https://id.heroku.com/oauth/token",
		UserinfoURL:      "https://api.heroku.com/account",
		Headers:          map[string]string{"Accept": "application/vnd.heroku+json; version=3"},
		Scopes:           []string{"identity"},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{
				ID:    raw.String("id"),
				Name:  raw.String("name"),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: cardea.NeverVerified,
		Style:             cardea.Style{BrandColor: "#430098"},
	}
}
