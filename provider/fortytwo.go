package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// FortyTwo signs users in with an account of the 42 schools. Create an application of the intranet
// at https://profile.intra.42.fr/oauth/applications. Documentation:
// https://api.intra.42.fr/apidoc/guides/web_application_flow, read 2026-11-22. The e-mail address
// is the student's address at the school. 42 does not say whether the e-mail address is verified.
func FortyTwo(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "42-school",
		Name:             "42 School",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://api.intra.42.fr/oauth/authorize",
		TokenURL:         "https://api.intra.42.fr/oauth/token",
		UserinfoURL:      "https://api.intra.42.fr/v2/me",
		Scopes:           []string{"public"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("id"),
				Name:  cmp.Or(raw.String("usual_full_name"), raw.String("login")),
				Email: raw.String("email"),
				Image: raw.String("image", "link"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#000000", Logo: fortyTwoLogo},
	}
}

// fortyTwoLogo is from Simple Icons (CC0-1.0).
const fortyTwoLogo = "M19.581 16.851H24v-4.439ZM24 3.574h-4.419v4.42l-4.419 4.418v4.44h4.419v-4.44L24 7.993Zm-4.419 " +
	"0h-4.419v4.42zm-6.324 8.838H4.419l8.838-8.838H8.838L0 12.412v3.595h8.838v4.419h4.419z"
