package provider

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// Coinbase signs users in with a Coinbase account. Coinbase creates OAuth2 applications only for
// approved partners (https://portal.cdp.coinbase.com). Documentation:
// https://docs.cdp.coinbase.com/coinbase-app/oauth2-integration/reference, read 2026-11-22.
// Coinbase does not say whether the e-mail address is verified. Access tokens are valid for an
// hour; with the scope offline_access there is a refresh token.
func Coinbase(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "coinbase",
		Name:             "Coinbase",
		Type:             cardea.TypeOAuth,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       cardea.AuthClientSecretPost,
		AuthorizationURL: "https://login.coinbase.com/oauth2/auth",
		TokenURL:         "https://login.coinbase.com/oauth2/token",
		UserinfoURL:      "https://api.coinbase.com/v2/user",
		Scopes:           []string{"wallet:user:email", "wallet:user:read"},
		// Without this header, the user's settings determine the version.
		Headers: map[string]string{"CB-VERSION": "2024-12-01"},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			user := raw.Object("data")
			return cardea.Profile{
				ID:    user.String("id"),
				Name:  user.String("name"),
				Email: user.String("email"),
				Image: user.String("avatar_url"),
			}, nil
		},
		EmailVerification: cardea.EmailNeverVerified,
		Style:             cardea.Style{BrandColor: "#0052ff"},
	}
}
