package provider

import "github.com/cardea-auth/cardea/oauth"

// BeyondIdentity signs users in with a passkey of a Beyond Identity tenant. Create an application
// of the tenant and set PKCE to S256 in its settings. Documentation:
// https://developer.beyondidentity.com/docs/hosted-add-authentication, read 2026-11-22. c.Issuer is
// the application's issuer, as its settings show it. Name and e-mail address may be missing. The
// e-mail address is verified if Beyond Identity says so.
func BeyondIdentity(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "beyondidentity",
		Name:         "Beyond Identity",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        oauth.Style{BrandColor: "#5077c5"},
	}
}
