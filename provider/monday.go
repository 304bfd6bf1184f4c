package provider

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// Monday signs in with a user of an account at monday.com, by an app with the scope me:read (https://monday.com/developers/apps; rules:
// https://developer.monday.com/apps/docs/oauth). The same person has another id in each account. The e-mail is verified if monday.com says that the
// user has confirmed it. The token does not expire.
func Monday(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "monday",
		Name:             "monday.com",
		Type:             cardea.OAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       cardea.ClientSecretPost,
		AuthorizationURL: "https://auth.monday.com/oauth2/authorize",
		TokenURL:         "https://auth.monday.com/oauth2/token",
		UserinfoURL:      "https://api.monday.com/v2",
		Userinfo:         cardea.UserinfoRules{JSON: map[string]any{"query": "{ me { id name email is_verified photo_original } }"}},
		Headers:          map[string]string{"Authorization": "{access_token}"},
		Scopes:           []string{"me:read"},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			me := raw.Object("data", "me")
			return cardea.Profile{
				ID:            me.String("id"),
				Name:          me.String("name"),
				Email:         me.String("email"),
				EmailVerified: me.True("is_verified"),
				Image:         me.String("photo_original"),
			}, nil
		},
		Style: cardea.Style{BrandColor: "#6161ff"},
	}
}
