package provider

import "github.com/cardea-auth/cardea/oauth"

// OneLogin signs users in with an account of a company at OneLogin. Create an OpenID Connect app
// and set the authentication of its token endpoint to Basic. Documentation:
// https://developers.onelogin.com/openid-connect/api/authorization-code-grant, read 2026-11-22.
// c.Issuer is https://{subdomain}.onelogin.com/oidc/2. The e-mail address is verified if OneLogin
// says so. An administrator enters it.
func OneLogin(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "onelogin",
		Name:         "OneLogin",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        oauth.Style{BrandColor: "#111c24"},
	}
}
