package provider

import "github.com/cardea-auth/cardea/oauth"

// PingIdentity signs users in with an account of a PingOne environment. Create an OIDC web app at
// https://console.pingone.com. Documentation:
// https://developer.pingidentity.com/pingone-api/foundations/authentication-concepts/authorization-flow-by-grant-type/authorization-code-grant-type.html,
// read 2026-11-22. c.Issuer is the environment's issuer, such as
// https://auth.pingone.com/{environment id}/as. The e-mail address is verified if PingOne says so.
func PingIdentity(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "ping-id",
		Name:         "Ping Identity",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        oauth.Style{BrandColor: "#b3282d"},
	}
}
