package provider

import "github.com/cardea-auth/cardea"

// ZITADEL signs in with an account of a ZITADEL instance, by an application of a project (https://zitadel.com; rules:
// https://zitadel.com/docs/apis/openidoauth/endpoints). c.Issuer is the instance's URL. The e-mail is verified if ZITADEL says so.
func ZITADEL(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:           "zitadel",
		Name:         "ZITADEL",
		Type:         cardea.OIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        cardea.Style{BrandColor: "#14104b"},
	}
}
