package provider

import (
	"cmp"
	"context"
	"strings"

	"github.com/cardea-auth/cardea"
)

// Zoom signs in with a Zoom account, by a general app (https://marketplace.zoom.us/develop/create; rules:
// https://developers.zoom.us/docs/integrations/oauth/ and https://github.com/zoom/skills/blob/main/skills/oauth/SKILL.md, read 2026-11-22). What the app
// may do is set there, so no scope is sent; it needs user:read:user. The e-mail is verified if Zoom says so.
func Zoom(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "zoom",
		Name:             "Zoom",
		Type:             cardea.OAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://zoom.us/oauth/authorize",
		TokenURL:         "https://zoom.us/oauth/token",
		UserinfoURL:      "https://api.zoom.us/v2/users/me",
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{
				ID:            raw.String("id"),
				Name:          cmp.Or(strings.TrimSpace(raw.String("first_name")+" "+raw.String("last_name")), raw.String("display_name")),
				Email:         raw.String("email"),
				EmailVerified: raw.String("verified") == "1",
				Image:         raw.String("pic_url"),
			}, nil
		},
		Style: cardea.Style{BrandColor: "#0b5cff", Logo: zoomLogo},
	}
}

// zoomLogo is from Simple Icons (CC0-1.0).
const zoomLogo = "M5.033 14.649H.743a.74.74 0 0 1-.686-.458.74.74 0 0 1 .16-.808L3.19 10.41H1.06A1.06 1.06 0 0 1 0 9.35h3.957c.301 0 .57.18.686.458a.74.74 0 0 1-.161.808L1.51 13.59h2.464c.585 0 1.06.475 1.06 1.06zM24 11.338c0-1.14-.927-2.066-2.066-2.066-.61 0-1.158.265-1.537.686a2.061 2.061 0 0 0-1.536-.686c-1.14 0-2.066.926-2.066 2.066v3.311a1.06 1.06 0 0 0 1.06-1.06v-2.251a1.004 1.004 0 0 1 2.013 0v2.251c0 .586.474 1.06 1.06 1.06v-3.311a1.004 1.004 0 0 1 2.012 0v2.251c0 .586.475 1.06 1.06 1.06zM16.265 12a2.728 2.728 0 1 1-5.457 0 2.728 2.728 0 0 1 5.457 0zm-1.06 0a1.669 1.669 0 1 0-3.338 0 1.669 1.669 0 0 0 3.338 0zm-4.82 0a2.728 2.728 0 1 1-5.458 0 2.728 2.728 0 0 1 5.457 0zm-1.06 0a1.669 1.669 0 1 0-3.338 0 1.669 1.669 0 0 0 3.338 0z"
