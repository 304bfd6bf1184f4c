package provider

import "github.com/cardea-auth/cardea"

// Yahoo signs in with a Yahoo account, by an app with the OpenID Connect permissions for e-mail and profile (https://developer.yahoo.com/apps/;
// rules: https://developer.yahoo.com/oauth2/guide/openid_connect/getting_started.html, read 2026-11-22, and
// https://developer.yahoo.com/sign-in-with-yahoo/). The callback URL must be https, in development too. The e-mail is verified if Yahoo says so.
func Yahoo(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:           "yahoo",
		Name:         "Yahoo",
		Type:         cardea.OIDC,
		Issuer:       "https://api.login.yahoo.com",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		UseUserinfo:  true,
		Style:        cardea.Style{BrandColor: "#5f01d1"},
	}
}
