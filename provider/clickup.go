package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// ClickUp signs users in with a ClickUp account. An owner or admin of a workspace creates the app
// in Settings, Apps, ClickUp API. Documentation: https://developer.clickup.com/docs/authentication,
// and https://clickup.com/api/readme_documentation/v2.0/getting_started/authentication/, read
// 2026-11-22. ClickUp does not say whether the e-mail address is verified. Access tokens do not
// expire.
func ClickUp(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "click-up",
		Name:             "ClickUp",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://app.clickup.com/api",
		TokenURL:         "https://api.clickup.com/api/v2/oauth/token",
		UserinfoURL:      "https://api.clickup.com/api/v2/user",
		InsecureSkipPKCE: true,
		Token:            oauth.TokenRules{JSON: true},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("user")
			return oauth.Profile{
				ID:    user.String("id"),
				Name:  user.String("username"),
				Email: user.String("email"),
				Image: user.String("profilePicture"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#7b68ee", Logo: clickUpLogo},
	}
}

// clickUpLogo is from Simple Icons (CC0-1.0).
const clickUpLogo = "M2 18.439l3.69-2.828c1.961 2.56 4.044 3.739 6.363 3.739 2.307 0 4.33-1.166 6.203-3.704L22 " +
	"18.405C19.298 22.065 15.941 24 12.053 24 8.178 24 4.788 22.078 2 18.439zM12.04 6.15l-6.568 " +
	"5.66-3.036-3.52L12.055 0l9.543 8.296-3.05 3.509z"
