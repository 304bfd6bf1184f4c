package provider

import "github.com/cardea-auth/cardea/oauth"

// ZITADEL signs in with an account of a ZITADEL instance, by an application of a project
// (https://zitadel.com; rules: https://zitadel.com/docs/apis/openidoauth/endpoints, read
// 2026-11-22). c.Issuer is the instance's URL. The e-mail is verified if ZITADEL says so.
func ZITADEL(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "zitadel",
		Name:         "ZITADEL",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		UseUserinfo:  true, // where there is an access token, the ID token has no name and no e-mail
		Style:        oauth.Style{BrandColor: "#14104b"},
	}
}
