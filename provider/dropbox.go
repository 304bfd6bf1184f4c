package provider

import (
	"context"
	"net/http"

	"github.com/cardea-auth/cardea/oauth"
)

// Dropbox signs users in with a Dropbox account. Create an app with the permission
// account_info.read at https://www.dropbox.com/developers/apps. Documentation:
// https://developers.dropbox.com/oauth-guide,
// https://github.com/dropbox/dropbox-sdk-js/blob/main/src/auth.js, read 2026-11-22, and
// https://github.com/dropbox/dropbox-api-spec/blob/main/users.stone, read 2026-11-22. The e-mail
// address is verified if Dropbox says so. For a refresh token, set token_access_type=offline in
// AuthorizationParams.
func Dropbox(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "dropbox",
		Name:             "Dropbox",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://www.dropbox.com/oauth2/authorize",
		TokenURL:         "https://api.dropboxapi.com/oauth2/token",
		UserinfoURL:      "https://api.dropboxapi.com/2/users/get_current_account",
		Scopes:           []string{"account_info.read"},
		Userinfo:         oauth.UserinfoRules{Method: http.MethodPost},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("account_id"),
				Name:          raw.String("name", "display_name"),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"),
				Image:         raw.String("profile_photo_url"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#0061ff", Logo: dropboxLogo},
	}
}

// dropboxLogo is from Simple Icons (CC0-1.0).
const dropboxLogo = "M6 1.807L0 5.629l6 3.822 6.001-3.822L6 1.807zM18 1.807l-6 3.822 6 3.822 6-3.822-6-3.822zM0 " +
	"13.274l6 3.822 6.001-3.822L6 9.452l-6 3.822zM18 9.452l-6 3.822 6 3.822 6-3.822-6-3.822zM6 18.371l6.001 3.822 " +
	"6-3.822-6-3.822L6 18.371z"
