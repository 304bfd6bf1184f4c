package provider

import "github.com/cardea-auth/cardea/oauth"

// PingIdentity signs in with an account of an environment at PingOne, by an OIDC web app
// (https://console.pingone.com; rules:
// https://developer.pingidentity.com/pingone-api/foundations/authentication-concepts/authorization-flow-by-grant-type/authorization-code-grant-type.html,
// read 2026-11-22). c.Issuer is the environment's, such as https://auth.pingone.com/{environment
// id}/as. The e-mail is verified if PingOne says so.
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
