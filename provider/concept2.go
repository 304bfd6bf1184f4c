package provider

import (
	"context"
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// Concept2 signs users in with an account of the Concept2 Logbook. Create an application at
// https://log.concept2.com/developers/keys. Documentation:
// https://log.concept2.com/developers/documentation/, read 2026-11-22. Concept2 does not say
// whether the e-mail address is verified.
//
// Concept2 expects the scopes in the token request too; without them it grants the right to write
// results. If you change Scopes, also change Token.Params.
func Concept2(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "concept2",
		Name:             "Concept2",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://log.concept2.com/oauth/authorize",
		TokenURL:         "https://log.concept2.com/oauth/access_token",
		UserinfoURL:      "https://log.concept2.com/api/users/me",
		Scopes:           []string{"user:read"},
		ScopeSeparator:   ",",
		Token:            oauth.TokenRules{Params: url.Values{"scope": {"user:read"}}},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("data")
			return oauth.Profile{
				ID:    user.String("id"),
				Name:  user.String("username"),
				Email: user.String("email"),
				Image: user.String("profile_image"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#003d73"},
	}
}
