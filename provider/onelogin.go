package provider

import "github.com/cardea-auth/cardea/oauth"

// OneLogin signs in with an account of a company at OneLogin, by an OpenID Connect app whose token
// endpoint authenticates by Basic (rules:
// https://developers.onelogin.com/openid-connect/api/authorization-code-grant, read 2026-11-22).
// c.Issuer is https://{subdomain}.onelogin.com/oidc/2. The e-mail is verified if OneLogin says so;
// an administrator writes it.
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
