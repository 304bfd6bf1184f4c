package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Linear signs users in with an account of a Linear workspace. Create an OAuth2 application at
// https://linear.app/settings/api/applications. Documentation:
// https://linear.app/developers/oauth-2-0-authentication, read 2026-11-22. The same person has
// another ID in each workspace. Linear does not say whether the e-mail address is verified. The
// access token is valid for a day, and there is a refresh token. Linear asks for consent only once:
// set prompt=consent in AuthorizationParams to let users choose another workspace.
func Linear(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "linear",
		Name:             "Linear",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://linear.app/oauth/authorize",
		TokenURL:         "https://api.linear.app/oauth/token",
		UserinfoURL:      "https://api.linear.app/graphql",
		Userinfo: oauth.UserinfoRules{
			JSON: map[string]any{"query": "{ viewer { id name displayName email avatarUrl } }"},
		},
		Scopes:         []string{"read"},
		ScopeSeparator: ",",
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			viewer := raw.Object("data", "viewer")
			return oauth.Profile{
				ID:    viewer.String("id"),
				Name:  cmp.Or(viewer.String("name"), viewer.String("displayName")),
				Email: viewer.String("email"),
				Image: viewer.String("avatarUrl"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#5e6ad2", Logo: linearLogo},
	}
}

// linearLogo is from Simple Icons (CC0-1.0).
const linearLogo = "M2.886 4.18A11.982 11.982 0 0 1 11.99 0C18.624 0 24 5.376 24 12.009c0 3.64-1.62 6.903-4.18 9.105L2.887 4.18ZM1.817 5.626l16.556 16.556c-.524.33-1.075.62-1.65.866L.951 7.277c.247-.575.537-1.126.866-1.65ZM.322 9.163l14.515 14.515c-.71.172-1.443.282-2.195.322L0 11.358a12 12 0 0 1 .322-2.195Zm-.17 4.862 9.823 9.824a12.02 12.02 0 0 1-9.824-9.824Z"
