package provider

import (
	"context"
	"errors"

	"github.com/cardea-auth/cardea/oauth"
)

// Bungie signs users in with a Bungie.net account. Create a confidential application at
// https://www.bungie.net/en/Application. Documentation:
// https://github.com/Bungie-net/api/wiki/OAuth-Documentation and
// https://github.com/Bungie-net/api/blob/master/openapi-2.json, read 2026-11-22. The API key is the
// application's. An application has one callback URL and its scope is set there, so no scope is
// sent. There is no e-mail address.
func Bungie(c Client, o BungieOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:               "bungie",
		Name:             "Bungie",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://www.bungie.net/en/OAuth/Authorize",
		TokenURL:         "https://www.bungie.net/platform/app/oauth/token/",
		UserinfoURL:      "https://www.bungie.net/Platform/User/GetBungieNetUserById/{membership_id}/",
		Headers:          map[string]string{"X-API-Key": o.APIKey},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("Response")
			return oauth.Profile{
				ID:    user.String("membershipId"),
				Name:  user.String("displayName"),
				Image: bungieImage(user.String("profilePicturePath")),
			}, nil
		},
		EmailVerification: oauth.EmailNotGiven,
		Style:             oauth.Style{BrandColor: "#0d1114"},
		Err:               o.check(),
	}
}

// BungieOptions are what [Bungie] needs in addition to the client.
type BungieOptions struct {
	APIKey string `json:"-"` // the API key of the application; required
}

func (o BungieOptions) check() error {
	if o.APIKey == "" {
		return errors.New("BungieOptions.APIKey: is empty")
	}
	return nil
}

func bungieImage(path string) string {
	if path == "" {
		return ""
	}
	return "https://www.bungie.net" + path
}
