package provider

import (
	"cmp"
	"context"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// Zoom signs users in with a Zoom account. Create a general app at
// https://marketplace.zoom.us/develop/create. Documentation:
// https://developers.zoom.us/docs/integrations/oauth/ and
// https://github.com/zoom/skills/blob/main/skills/oauth/SKILL.md, read 2026-11-22. The settings of
// the app determine its permissions, so no scope is sent. The app needs user:read:user. The e-mail
// address is verified if Zoom says so.
func Zoom(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "zoom",
		Name:             "Zoom",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://zoom.us/oauth/authorize",
		TokenURL:         "https://zoom.us/oauth/token",
		UserinfoURL:      "https://api.zoom.us/v2/users/me",
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID: raw.String("id"),
				Name: cmp.Or(strings.TrimSpace(raw.String("first_name")+" "+raw.String("last_name")),
					raw.String("display_name")),
				Email:         raw.String("email"),
				EmailVerified: raw.String("verified") == "1",
				Image:         raw.String("pic_url"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#0b5cff"},
	}
}
