package provider

import (
	"context"
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// PayPal signs users in with a PayPal account. Create an app with Log in with PayPal at
// https://developer.paypal.com/dashboard/applications. Documentation:
// https://developer.paypal.com/docs/log-in-with-paypal/integrate/, read 2026-11-22, and
// https://developer.paypal.com/docs/api/identity/v1/. The app needs the permission to ask for the
// full name and the e-mail address. PayPal reviews that for some weeks; until then only test
// accounts can sign in. The account ID is a URL. The e-mail address is the primary one. PayPal does
// not say whether the e-mail address is verified. The member verified_account of the response is
// about payments. There is no picture.
func PayPal(c Client, o PayPalOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "paypal",
		Name:                "PayPal",
		Type:                oauth.TypeOAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		AuthorizationURL:    "https://www." + o.domain() + "/signin/authorize",
		TokenURL:            "https://api-m." + o.domain() + "/v1/oauth2/token",
		UserinfoURL:         "https://api-m." + o.domain() + "/v1/identity/oauth2/userinfo?schema=paypalv1.1",
		Scopes:              []string{"openid", "profile", "email"},
		AuthorizationParams: url.Values{"flowEntry": {"static"}},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("user_id"),
				Name:  raw.String("name"),
				Email: primaryPayPalEmail(raw.List("emails")),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#002991", Logo: payPalLogo},
	}
}

// PayPalOptions choose between live accounts and test accounts.
type PayPalOptions struct {
	Sandbox bool // use test accounts, with a client of the sandbox; defaults to live accounts
}

func (o PayPalOptions) domain() string {
	if o.Sandbox {
		return "sandbox.paypal.com"
	}
	return "paypal.com"
}

func primaryPayPalEmail(emails []oauth.Claims) string {
	for _, e := range emails {
		if e.True("primary") {
			return e.String("value")
		}
	}
	return ""
}

// payPalLogo is from Simple Icons (CC0-1.0).
const payPalLogo = "M15.607 4.653H8.941L6.645 19.251H1.82L4.862 0h7.995c3.754 0 6.375 2.294 6.473 5.513-.648-.478-2.105-.86-3.722-.86m6.57 5.546c0 3.41-3.01 6.853-6.958 6.853h-2.493L11.595 24H6.74l1.845-11.538h3.592c4.208 0 7.346-3.634 7.153-6.949a5.24 5.24 0 0 1 2.848 4.686M9.653 5.546h6.408c.907 0 1.942.222 2.363.541-.195 2.741-2.655 5.483-6.441 5.483H8.714Z"
