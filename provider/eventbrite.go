package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Eventbrite signs users in with an Eventbrite account. Create an API key at
// https://www.eventbrite.com/account-settings/apps. Documentation:
// https://www.eventbrite.com/platform/docs/app-oauth-flow, read 2026-11-22. The e-mail address is
// the primary one, and is verified if Eventbrite says so.
func Eventbrite(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "eventbrite",
		Name:             "Eventbrite",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://www.eventbrite.com/oauth/authorize",
		TokenURL:         "https://www.eventbrite.com/oauth/token",
		UserinfoURL:      "https://www.eventbriteapi.com/v3/users/me/",
		Scopes:           []string{"user.profile"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			email := primaryAddress(raw.List("emails"))
			return oauth.Profile{
				ID:            raw.String("id"),
				Name:          raw.String("name"),
				Email:         email.String("email"),
				EmailVerified: email.True("verified"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#f05537", Logo: eventbriteLogo},
	}
}

// primaryAddress returns the entry of a list that is marked as primary, or nil.
func primaryAddress(list []oauth.Claims) oauth.Claims {
	for _, address := range list {
		if address.True("primary") {
			return address
		}
	}
	return nil
}

// eventbriteLogo is from Simple Icons 13 (CC0-1.0).
const eventbriteLogo = "M10.542 5.81c2.653-.6 5.3.487 6.775 2.54L5.591 11c.405-2.479 2.298-4.591 4.951-5.19zm6.84 9.746a6.47 6.47 0 0 1-3.919 2.634c-2.67.604-5.335-.501-6.804-2.582l11.763-2.657 1.915-.433L24 11.691a11.57 11.57 0 0 0-.305-2.333C22.205 3.04 15.76-.9 9.303.558 2.846 2.017-1.18 8.322.31 14.642c1.491 6.319 7.935 10.259 14.392 8.8 3.805-.86 6.765-3.402 8.25-6.638z"
