package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Stripe signs users in with a business's account at Stripe, through OAuth for Connect. Set it up
// at https://dashboard.stripe.com/settings/connect/onboarding-options/oauth. Documentation:
// https://docs.stripe.com/connect/oauth-reference, read 2026-11-22. The client ID is that of the
// extension or platform (ca_…), the client secret its secret API key. The key of the test mode
// signs test accounts in. The account belongs to the business, so all of its staff sign in as one
// user. Stripe does not say whether the e-mail address is verified.
//
// Signing in connects the account to the extension or platform. The scope is read_only, which
// Stripe grants only to extensions, and new extensions can no longer be registered. A platform must
// set Scopes to read_write, which lets it act for the business, and cannot connect an account that
// another platform controls. Stripe advises new platforms against OAuth, and calls the access token
// deprecated, which is used to read name and e-mail address.
func Stripe(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "stripe",
		Name:             "Stripe",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://connect.stripe.com/oauth/authorize",
		TokenURL:         "https://connect.stripe.com/oauth/token",
		UserinfoURL:      "https://api.stripe.com/v1/account",
		Scopes:           []string{"read_only"},
		UseTokenAnswer:   true,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID: raw.String("stripe_user_id"), // from the token response
				Name: cmp.Or(raw.String("business_profile", "name"),
					raw.String("settings", "dashboard", "display_name")),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#635bff", Logo: stripeLogo},
	}
}

// stripeLogo is from Simple Icons (CC0-1.0).
const stripeLogo = "M13.976 9.15c-2.172-.806-3.356-1.426-3.356-2.409 0-.831.683-1.305 1.901-1.305 2.227 0 4.515.858 6.09 1.631l.89-5.494C18.252.975 15.697 0 12.165 0 9.667 0 7.589.654 6.104 1.872 4.56 3.147 3.757 4.992 3.757 7.218c0 4.039 2.467 5.76 6.476 7.219 2.585.92 3.445 1.574 3.445 2.583 0 .98-.84 1.545-2.354 1.545-1.875 0-4.965-.921-6.99-2.109l-.9 5.555C5.175 22.99 8.385 24 11.714 24c2.641 0 4.843-.624 6.328-1.813 1.664-1.305 2.525-3.236 2.525-5.732 0-4.128-2.524-5.851-6.594-7.305h.003z"
