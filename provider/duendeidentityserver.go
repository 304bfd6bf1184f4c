package provider

import "github.com/cardea-auth/cardea/oauth"

// DuendeIdentityServer signs users in with an account of a server that is built with Duende
// IdentityServer, of any version. Add a client to its configuration. Documentation:
// https://docs.duendesoftware.com/identityserver/reference/v8/endpoints/authorize/, read
// 2026-11-22. c.Issuer is the server's address. Profile and e-mail address are read from the
// userinfo endpoint, because the ID token contains them only if the client is configured with
// AlwaysIncludeUserClaimsInIdToken. The e-mail address is verified if the server says so.
func DuendeIdentityServer(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "duende-identity-server6",
		Name:         "Duende IdentityServer",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		UseUserinfo:  true,
		Style:        oauth.Style{BrandColor: "#311b92"},
	}
}
