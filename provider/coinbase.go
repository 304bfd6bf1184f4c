package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Coinbase signs users in with a Coinbase account. Coinbase creates OAuth2 applications only for
// approved partners (https://portal.cdp.coinbase.com). Documentation:
// https://docs.cdp.coinbase.com/coinbase-app/oauth2-integration/reference, read 2026-11-22.
// Coinbase does not say whether the e-mail address is verified. Access tokens are valid for an
// hour; with the scope offline_access there is a refresh token.
func Coinbase(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "coinbase",
		Name:             "Coinbase",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://login.coinbase.com/oauth2/auth",
		TokenURL:         "https://login.coinbase.com/oauth2/token",
		UserinfoURL:      "https://api.coinbase.com/v2/user",
		Scopes:           []string{"wallet:user:email", "wallet:user:read"},
		// Without this header, the user's settings determine the version.
		Headers: map[string]string{"CB-VERSION": "2024-12-01"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("data")
			return oauth.Profile{
				ID:    user.String("id"),
				Name:  user.String("name"),
				Email: user.String("email"),
				Image: user.String("avatar_url"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#0052ff"},
	}
}
