package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Heroku signs users in with a Heroku account. Create an API client at
// https://dashboard.heroku.com/account/applications. Documentation:
// https://devcenter.heroku.com/articles/oauth, read 2026-11-22. Heroku does not say whether the
// e-mail address is verified. The member verified of the response is about a means of payment.
// There is no picture.
func Heroku(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "heroku",
		Name:             "Heroku",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://id.heroku.com/oauth/authorize",
		TokenURL:         "https://id.heroku.com/oauth/token",
		UserinfoURL:      "https://api.heroku.com/account",
		Headers:          map[string]string{"Accept": "application/vnd.heroku+json; version=3"},
		Scopes:           []string{"identity"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("id"),
				Name:  raw.String("name"),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#430098", Logo: herokuLogo},
	}
}

// herokuLogo is from Simple Icons 13 (CC0-1.0).
const herokuLogo = "M20.61 0H3.39C2.189 0 1.23.96 1.23 2.16v19.681c0 1.198.959 2.159 2.16 2.159h17.22c1.2 0 2.159-.961 2.159-2.159V2.16C22.77.96 21.811 0 20.61 0zm.96 21.841c0 .539-.421.96-.96.96H3.39c-.54 0-.96-.421-.96-.96V2.16c0-.54.42-.961.96-.961h17.22c.539 0 .96.421.96.961v19.681zM6.63 20.399L9.33 18l-2.7-2.4v4.799zm9.72-9.719c-.479-.48-1.379-1.08-2.879-1.08-1.621 0-3.301.421-4.5.84V3.6h-2.4v10.38l1.68-.78s2.76-1.26 5.16-1.26c1.2 0 1.5.66 1.5 1.26v7.2h2.4v-7.2c.059-.179.059-1.501-.961-2.52zM13.17 7.5h2.4c1.08-1.26 1.62-2.521 1.8-3.9h-2.399c-.241 1.379-.841 2.64-1.801 3.9z"
