package provider

import (
	"cmp"
	"context"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// Kinde signs users in with an account of a business at Kinde. Create a back-end application at
// https://app.kinde.com. Documentation:
// https://docs.kinde.com/developer-tools/about/using-kinde-without-an-sdk/, read 2026-11-22.
// c.Issuer is the business's domain, https://{subdomain}.kinde.com, or your custom domain. The
// e-mail address is verified if Kinde's userinfo endpoint says so. With the scope offline there is
// a refresh token: offline_access has no effect. If AuthorizationParams has org_code, the claim
// org_codes must contain that organization (https://docs.kinde.com/build/tokens/about-id-tokens/).
func Kinde(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "kinde",
		Name:         "Kinde",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		ClientAuth:   oauth.AuthClientSecretPost,
		UseUserinfo:  true,
		ParamClaims:  []string{"org_code=org_codes"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID: raw.String("sub"),
				Name: cmp.Or(raw.String("name"),
					strings.TrimSpace(raw.String("given_name")+" "+raw.String("family_name"))),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"),
				Image:         raw.String("picture"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#0f0f0f"},
	}
}
