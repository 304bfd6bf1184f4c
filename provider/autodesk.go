package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Autodesk signs users in with an Autodesk account. Create a traditional web app at
// https://aps.autodesk.com/myapps/. Documentation: https://aps.autodesk.com/en/docs/oauth/v2/ and
// https://github.com/autodesk-platform-services/aps-sdk-openapi/blob/main/authentication/authentication.yaml,
// read 2026-11-22. The e-mail address is verified if Autodesk says so.
func Autodesk(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "autodesk",
		Name:             "Autodesk",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://developer.api.autodesk.com/authentication/v2/authorize",
		TokenURL:         "https://developer.api.autodesk.com/authentication/v2/token",
		UserinfoURL:      "https://api.userprofile.autodesk.com/userinfo",
		Scopes:           []string{"user-profile:read"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("sub"),
				Name:          raw.String("name"),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"),
				Image:         raw.String("picture"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#000000", Logo: autodeskLogo},
	}
}

// autodeskLogo is from Simple Icons (CC0-1.0).
const autodeskLogo = "m.129 20.202 14.7-9.136h7.625c.235 0 .445.188.445.445 0 .21-.092.305-.21.375l-7.222 " +
	"4.323c-.47.283-.633.845-.633 1.265l-.008 2.725H24V4.362a.561.561 0 0 0-.585-.562h-8.752L0 12.893V20.2h.129z"
