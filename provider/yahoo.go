package provider

import "github.com/cardea-auth/cardea/oauth"

// Yahoo signs users in with a Yahoo account. Create an app with the OpenID Connect permissions for
// e-mail and profile at https://developer.yahoo.com/apps/. Documentation:
// https://developer.yahoo.com/oauth2/guide/openid_connect/getting_started.html, read 2026-11-22,
// and https://developer.yahoo.com/sign-in-with-yahoo/. The callback URL must be https, in
// development too. The e-mail address is verified if Yahoo says so.
func Yahoo(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "yahoo",
		Name:         "Yahoo",
		Type:         oauth.TypeOIDC,
		Issuer:       "https://api.login.yahoo.com",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		UseUserinfo:  true,
		Style:        oauth.Style{BrandColor: "#5f01d1", Logo: yahooLogo},
	}
}

// yahooLogo is from Simple Icons 9 (CC0-1.0).
const yahooLogo = "M18.86 1.56L14.27 11.87H19.4L24 1.56H18.86M0 6.71L5.15 18.27L3.3 22.44H7.83L14.69 " +
	"6.71H10.19L7.39 13.44L4.62 6.71H0M15.62 12.87C13.95 12.87 12.71 14.12 12.71 15.58C12.71 17 13.91 18.19 15.5 " +
	"18.19C17.18 18.19 18.43 16.96 18.43 15.5C18.43 14.03 17.23 12.87 15.62 12.87Z"
