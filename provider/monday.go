package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Monday signs users in with a user of an account at monday.com. Create an app with the scope
// me:read at https://monday.com/developers/apps. Documentation:
// https://developer.monday.com/apps/docs/oauth, read 2026-11-22. The same person has another ID in
// each account. The e-mail address is verified if monday.com says that the user has confirmed it.
// The token does not expire, unless the app has the New OAuth Flow: then set TokenURL to
// https://auth.monday.com/oauth_ms/oauth/token.
func Monday(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "monday",
		Name:             "monday.com",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://auth.monday.com/oauth2/authorize",
		TokenURL:         "https://auth.monday.com/oauth2/token",
		UserinfoURL:      "https://api.monday.com/v2",
		Userinfo: oauth.UserinfoRules{
			JSON: map[string]any{"query": "{ me { id name email is_verified photo_original } }"},
		},
		Headers: map[string]string{"Authorization": "{access_token}"},
		Scopes:  []string{"me:read"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			me := raw.Object("data", "me")
			return oauth.Profile{
				ID:            me.String("id"),
				Name:          me.String("name"),
				Email:         me.String("email"),
				EmailVerified: me.True("is_verified"),
				Image:         me.String("photo_original"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#6161ff", Logo: mondayLogo},
	}
}

// mondayLogo is from SVG Logos (CC0-1.0).
const mondayLogo = "M2.99 19.08a3 3 0 0 1-2.62-1.52 2.9 2.9 0 0 1 0.09-2.98l5.37-8.45a3 3 0 0 1 2.66-1.44 2.99 2.99 0 0 1 2.57 1.58c0.5 0.95 0.44 2.09-0.16 2.98l-5.38 8.45a3 3 0 0 1-2.53 1.38m9.22 0c-1.08 0-2.08-0.58-2.61-1.52a2.89 2.89 0 0 1 0.09-2.97l5.36-8.43a2.99 2.99 0 0 1 2.66-1.47c1.09 0.02 2.09 0.64 2.59 1.59a2.89 2.89 0 0 1-0.19 2.99l-5.37 8.43a2.99 2.99 0 0 1-2.53 1.38m6.25-2.64a2.77 2.71 0 1 0 5.54 0 2.77 2.71 0 1 0-5.54 0z"
