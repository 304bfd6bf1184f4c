package provider

import (
	"context"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// Apple signs users in with an Apple Account. Create a Services ID, which is the client ID, at
// https://developer.apple.com/account/resources/identifiers/list/serviceId. Documentation:
// https://developer.apple.com/documentation/signinwithapplerestapi/generate-and-validate-tokens,
// read 2026-11-22. The client secret is a token that the application signs. Set the key in
// AppleOptions, and the token is made when it is needed; or set a finished token as c.Secret, which
// is valid for at most half a year.
//
// The callback is a form post. Apple accepts no callback URL on localhost or with http. The name
// comes only with the first consent and through the visitor's browser, so it is not trustworthy.
// There is no picture. The e-mail address is verified if Apple says so. It may be a relay address
// that forwards mail only from senders registered with Apple.
func Apple(c Client, o AppleOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:               "apple",
		Name:             "Apple",
		Type:             oauth.TypeOIDC,
		Issuer:           "https://appleid.apple.com",
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientSecretFunc: o.clientSecret(c),
		ClientAuth:       oauth.AuthClientSecretPost,
		Scopes:           []string{"name", "email"}, // Apple sends an ID token even without openid
		FormPost:         true,
		CallbackParams:   []string{"user"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			first, last := raw.String("callback", "user", "name", "firstName"), raw.String("callback", "user", "name",
				"lastName")
			return oauth.Profile{
				ID:    raw.String("sub"),
				Name:  strings.TrimSpace(first + " " + last),
				Email: raw.String("email"),
				// Apple documents both types
				EmailVerified: raw.True("email_verified") || raw.String("email_verified") == "true",
			}, nil
		},
		Style: oauth.Style{BrandColor: "#000000", Logo: appleLogo},
		Err:   o.check(c),
	}
}

// appleLogo is from Simple Icons (CC0-1.0).
const appleLogo = "M12.152 6.896c-.948 0-2.415-1.078-3.96-1.04-2.04.027-3.91 1.183-4.961 3.014-2.117 3.675-.546 9.103 1.519 12.09 1.013 1.454 2.208 3.09 3.792 3.039 1.52-.065 2.09-.987 3.935-.987 1.831 0 2.35.987 3.96.948 1.637-.026 2.676-1.48 3.676-2.948 1.156-1.688 1.636-3.325 1.662-3.415-.039-.013-3.182-1.221-3.22-4.857-.026-3.04 2.48-4.494 2.597-4.559-1.429-2.09-3.623-2.324-4.39-2.376-2-.156-3.675 1.09-4.61 1.09zM15.53 3.83c.843-1.012 1.4-2.427 1.245-3.83-1.207.052-2.662.805-3.532 1.818-.78.896-1.454 2.338-1.273 3.714 1.338.104 2.715-.688 3.559-1.701"
