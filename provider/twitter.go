package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Twitter signs users in with an account of X. Create an app with OAuth 2.0 at
// https://console.x.com. Documentation:
// https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code, read 2026-11-22. For
// the e-mail address, which is a confirmed one, the app must be allowed to ask for it; add the
// scope users.email, and confirmed_email to the user.fields of UserinfoURL. With the scope
// offline.access there is a refresh token.
func Twitter(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "twitter",
		Name:             "X",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://x.com/i/oauth2/authorize",
		TokenURL:         "https://api.x.com/2/oauth2/token",
		UserinfoURL:      "https://api.x.com/2/users/me?user.fields=profile_image_url",
		Scopes:           []string{"users.read", "tweet.read"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("data")
			return oauth.Profile{
				ID:    user.String("id"),
				Name:  user.String("name"),
				Email: user.String("confirmed_email"),
				Image: user.String("profile_image_url"),
			}, nil
		},
		EmailVerification: oauth.EmailAlwaysVerified,
		Style:             oauth.Style{BrandColor: "#000000", Logo: twitterLogo},
	}
}

// twitterLogo is from Simple Icons (CC0-1.0).
const twitterLogo = "M14.234 10.162 22.977 0h-2.072l-7.591 8.824L7.251 0H.258l9.168 13.343L.258 " +
	"24H2.33l8.016-9.318L16.749 24h6.993zm-2.837 3.299-.929-1.329L3.076 1.56h3.182l5.965 8.532.929 1.329 7.754 " +
	"11.09h-3.182z"
