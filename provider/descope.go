package provider

import (
	"cmp"

	"github.com/cardea-auth/cardea/oauth"
)

// Descope signs users in with an account of a Descope project. Set up its federated application at
// https://app.descope.com/applications. Documentation:
// https://docs.descope.com/identity-federation/applications/oidc-apps/oidc-endpoints, read
// 2026-11-22. The client ID is the project's ID, the client secret an access key. c.Issuer is
// needed only for another application than the default one. The e-mail address is verified if
// Descope says so.
func Descope(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "descope",
		Name:         "Descope",
		Type:         oauth.TypeOIDC,
		Issuer:       cmp.Or(c.Issuer, "https://api.descope.com/"+c.ID),
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        oauth.Style{BrandColor: "#1c1c23"},
	}
}
