package provider

import (
	"context"

	"github.com/cardea-auth/cardea"
)

// Amazon signs in with the account of a customer of Amazon, by a security profile for Login with Amazon
// (https://developer.amazon.com/loginwithamazon/console/site/lwa/overview.html; rules:
// https://developer.amazon.com/docs/login-with-amazon/authorization-code-grant.html). The callback URL must be https. The id is another for each
// company: a security profile in another company's account knows nobody again. Whether the e-mail was verified is not told. There is no picture.
func Amazon(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "amazon",
		Name:             "Amazon",
		Type:             cardea.OAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://www.amazon.com/ap/oa",
		TokenURL:         "https://api.amazon.com/auth/o2/token",
		UserinfoURL:      "https://api.amazon.com/user/profile",
		Scopes:           []string{"profile"},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{
				ID:    raw.String("user_id"),
				Name:  raw.String("name"),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: cardea.NeverVerified,
		Style:             cardea.Style{BrandColor: "#ff9900"},
	}
}
