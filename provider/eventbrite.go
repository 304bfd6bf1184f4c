package provider

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// Eventbrite signs in with an Eventbrite account, by an API key (https://www.eventbrite.com/account-settings/apps; rules:
// https://www.eventbrite.com/platform/api#/introduction/authentication). The e-mail is the primary address, and verified if Eventbrite says so.
func Eventbrite(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "eventbrite",
		Name:             "Eventbrite",
		Type:             cardea.OAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       cardea.ClientSecretPost,
		AuthorizationURL: "https://www.eventbrite.com/oauth/authorize",
		TokenURL:         "https://www.eventbrite.com/oauth/token",
		UserinfoURL:      "https://www.eventbriteapi.com/v3/users/me/",
		Scopes:           []string{"user.profile"},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			email := primaryAddress(raw.List("emails"))
			return cardea.Profile{
				ID:            raw.String("id"),
				Name:          raw.String("name"),
				Email:         email.String("email"),
				EmailVerified: email.True("verified"),
			}, nil
		},
		Style: cardea.Style{BrandColor: "#f05537"},
	}
}

// primaryAddress is the entry of a list that is marked as the primary one.
func primaryAddress(list []cardea.Claims) cardea.Claims {
	for _, address := range list {
		if address.True("primary") {
			return address
		}
	}
	return nil
}
