package provider

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// Concept2 signs in with an account of the Concept2 Logbook, by an application (https://log.concept2.com/developers/keys; rules:
// https://log.concept2.com/developers/documentation/), which Concept2 approves after it was developed against https://log-dev.concept2.com. Whether the
// e-mail was verified is not told.
func Concept2(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "concept2",
		Name:             "Concept2",
		Type:             cardea.OAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://log.concept2.com/oauth/authorize",
		TokenURL:         "https://log.concept2.com/oauth/access_token",
		UserinfoURL:      "https://log.concept2.com/api/users/me",
		Scopes:           []string{"user:read"},
		ScopeSeparator:   ",",
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			user := raw.Object("data")
			return cardea.Profile{
				ID:    user.String("id"),
				Name:  user.String("username"),
				Email: user.String("email"),
				Image: user.String("profile_image"),
			}, nil
		},
		EmailVerification: cardea.NeverVerified,
		Style:             cardea.Style{BrandColor: "#003d73"},
	}
}
