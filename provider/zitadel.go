package provider

import "github.com/cardea-auth/cardea/oauth"

// ZITADEL signs users in with an account of a ZITADEL instance. Create an application of a project
// at https://zitadel.com. Documentation: https://zitadel.com/docs/apis/openidoauth/endpoints, read
// 2026-11-22. c.Issuer is the instance's URL. The e-mail address is verified if ZITADEL says so.
//
// A scope that chooses an organization goes through the visitor's browser, where the visitor can
// replace it. Also set RequiredClaims, with urn:zitadel:iam:user:resourceowner:id and the ID of the
// organization (https://zitadel.com/docs/apis/openidoauth/scopes).
func ZITADEL(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "zitadel",
		Name:         "ZITADEL",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		UseUserinfo:  true, // next to an access token, the ID token has no name and no e-mail
		Style:        oauth.Style{BrandColor: "#14104b"},
	}
}
