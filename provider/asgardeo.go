package provider

import (
	"cmp"
	"context"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// Asgardeo signs users in with an account of an organization at WSO2 Asgardeo. Create an
// application of the organization at https://console.asgardeo.io. Documentation:
// https://wso2.com/asgardeo/docs/guides/authentication/oidc/discover-oidc-configs/ and
// https://wso2.com/asgardeo/docs/guides/authentication/oidc/implement-auth-code/, read 2026-11-22.
// c.Issuer is the URL of the token endpoint, https://api.asgardeo.io/t/{organization}/oauth2/token.
// The settings of the application determine the claims. The e-mail address is verified if Asgardeo
// says so. The account ID is the user's ID, unless the application sets an alternate subject
// identifier.
func Asgardeo(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "asgardeo",
		Name:         "Asgardeo",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID: raw.String("sub"),
				Name: cmp.Or(raw.String("name"),
					strings.TrimSpace(raw.String("given_name")+" "+raw.String("family_name")), raw.String("username")),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"),
				Image:         raw.String("picture"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#ff7300"},
	}
}
