package provider

import (
	"context"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// Strava signs users in with a Strava account. Create an API application at
// https://www.strava.com/settings/api, which needs an account with a subscription. Documentation:
// https://developers.strava.com/docs/authentication/, read 2026-11-22. Only its owner can sign in
// to a new application until its access is upgraded in its settings. There is no e-mail address.
func Strava(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "strava",
		Name:                "Strava",
		Type:                oauth.TypeOAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		ClientAuth:          oauth.AuthClientSecretPost,
		AuthorizationURL:    "https://www.strava.com/oauth/authorize",
		TokenURL:            "https://www.strava.com/api/v3/oauth/token",
		UserinfoURL:         "https://www.strava.com/api/v3/athlete",
		Scopes:              []string{"read"},
		ScopeSeparator:      ",",
		AuthorizationParams: url.Values{"approval_prompt": {"auto"}},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("id"),
				Name:  strings.TrimSpace(raw.String("firstname") + " " + raw.String("lastname")),
				Image: raw.String("profile"),
			}, nil
		},
		EmailVerification: oauth.EmailNotGiven,
		Style:             oauth.Style{BrandColor: "#fc4c02", Logo: stravaLogo},
	}
}

// stravaLogo is from Simple Icons (CC0-1.0).
const stravaLogo = "M15.387 17.944l-2.089-4.116h-3.065L15.387 24l5.15-10.172h-3.066m-7.008-5.599l2.836 " +
	"5.598h4.172L10.463 0l-7 13.828h4.169"
