package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Asana signs users in with an Asana account. Create an app with the scopes openid, email and
// profile at https://app.asana.com/0/my-apps. Documentation:
// https://developers.asana.com/docs/oauth, read 2026-11-22, and
// https://developers.asana.com/docs/openid-connect, read 2026-11-22. Asana does not say whether the
// e-mail address is verified.
func Asana(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "asana",
		Name:             "Asana",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://app.asana.com/-/oauth_authorize",
		TokenURL:         "https://app.asana.com/-/oauth_token",
		UserinfoURL:      "https://app.asana.com/api/1.0/openid_connect/userinfo",
		Scopes:           []string{"openid", "email", "profile"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("sub"),
				Name:  raw.String("name"),
				Email: raw.String("email"),
				Image: raw.String("picture"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#f06a6a", Logo: asanaLogo},
	}
}

// asanaLogo is from Simple Icons (CC0-1.0).
const asanaLogo = "M18.78 12.653c-2.882 0-5.22 2.336-5.22 5.22s2.338 5.22 5.22 5.22 5.22-2.34 5.22-5.22-2.336-5.22-5.22-5.22zm-13.56 0c-2.88 0-5.22 2.337-5.22 5.22s2.338 5.22 5.22 5.22 5.22-2.338 5.22-5.22-2.336-5.22-5.22-5.22zm12-6.525c0 2.883-2.337 5.22-5.22 5.22-2.882 0-5.22-2.337-5.22-5.22 0-2.88 2.338-5.22 5.22-5.22 2.883 0 5.22 2.34 5.22 5.22z"
