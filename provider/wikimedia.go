package provider

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Wikimedia signs users in with an account of Wikipedia and its sister projects. Create an OAuth
// 2.0 consumer at https://meta.wikimedia.org/wiki/Special:OAuthConsumerRegistration/propose/oauth2.
// Until it is reviewed, only its owner can use it. Documentation:
// https://www.mediawiki.org/wiki/Extension:OAuth, and
// https://github.com/wikimedia/mediawiki-extensions-OAuth, read 2026-11-22. The e-mail address
// comes only if the consumer may see private information, and only if Wikimedia has confirmed it.
func Wikimedia(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "wikimedia",
		Name:             "Wikimedia",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://meta.wikimedia.org/w/rest.php/oauth2/authorize",
		TokenURL:         "https://meta.wikimedia.org/w/rest.php/oauth2/access_token",
		UserinfoURL:      "https://meta.wikimedia.org/w/rest.php/oauth2/resource/profile",
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("sub"),
				Name:          raw.String("username"),
				Email:         raw.String("email"),
				EmailVerified: raw.True("confirmed_email"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#006699", Logo: wikimediaLogo},
	}
}

// wikimediaLogo is from Simple Icons (CC0-1.0).
const wikimediaLogo = "M20.074 3.126C22.486 5.321 24 8.485 24 12c0 6.623-5.377 12-12 12S0 18.623 0 12c0-3.515 1.514-6.679 3.926-8.874l2.265 2.265C4.358 7.005 3.2 9.368 3.2 12c0 4.857 3.943 8.8 8.8 8.8s8.8-3.943 8.8-8.8c0-2.632-1.158-4.995-2.991-6.609zm-3.399 3.399C18.22 7.846 19.2 9.81 19.2 12c0 3.703-2.802 6.757-6.4 7.156V10.4zM11.2 19.156C7.602 18.757 4.8 15.703 4.8 12c0-2.19.98-4.154 2.525-5.475L11.2 10.4zM12 0c2.208 0 4 1.792 4 4s-1.792 4-4 4-4-1.792-4-4 1.792-4 4-4"
