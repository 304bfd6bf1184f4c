package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Spotify signs users in with a Spotify account. Create an app at
// https://developer.spotify.com/dashboard. Documentation:
// https://developer.spotify.com/documentation/web-api/tutorials/code-flow and
// https://github.com/spotify/web-api-examples/blob/master/authorization/authorization_code/app.js,
// read 2026-11-22. Spotify accepts no callback URL on localhost; use 127.0.0.1. Only five users can
// use an app in development mode, and its owner needs Premium. Spotify says that the e-mail address
// is not verified. The account ID is the account_id. Auth.js uses the user's ID, but Spotify says
// not to link accounts by it
// (https://developer.spotify.com/documentation/web-api/concepts/spotify-uris-ids, read 2026-11-22).
func Spotify(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "spotify",
		Name:             "Spotify",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://accounts.spotify.com/authorize",
		TokenURL:         "https://accounts.spotify.com/api/token",
		UserinfoURL:      "https://api.spotify.com/v1/me",
		Scopes:           []string{"user-read-email"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("account_id"),
				Name:  raw.String("display_name"),
				Email: raw.String("email"),
				Image: raw.String("images", "0", "url"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#1ed760", Logo: spotifyLogo},
	}
}

// spotifyLogo is from Simple Icons (CC0-1.0).
const spotifyLogo = "M12 0C5.4 0 0 5.4 0 12s5.4 12 12 12 12-5.4 12-12S18.66 0 12 0zm5.521 17.34c-.24.359-.66.48-1.021.24-2.82-1.74-6.36-2.101-10.561-1.141-.418.122-.779-.179-.899-.539-.12-.421.18-.78.54-.9 4.56-1.021 8.52-.6 11.64 1.32.42.18.479.659.301 1.02zm1.44-3.3c-.301.42-.841.6-1.262.3-3.239-1.98-8.159-2.58-11.939-1.38-.479.12-1.02-.12-1.14-.6-.12-.48.12-1.021.6-1.141C9.6 9.9 15 10.561 18.72 12.84c.361.181.54.78.241 1.2zm.12-3.36C15.24 8.4 8.82 8.16 5.16 9.301c-.6.179-1.2-.181-1.38-.721-.18-.601.18-1.2.72-1.381 4.26-1.26 11.28-1.02 15.721 1.621.539.3.719 1.02.419 1.56-.299.421-1.02.599-1.559.3z"
