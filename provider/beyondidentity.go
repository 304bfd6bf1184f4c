package provider

import "github.com/cardea-auth/cardea/oauth"

// BeyondIdentity signs in with a passkey of a tenant at Beyond Identity, by an application of it in
// whose settings PKCE is S256 (rules:
// https://developer.beyondidentity.com/docs/hosted-add-authentication, read 2026-11-22). c.Issuer
// is the application's issuer, as its settings show it. Name and e-mail may be missing. The e-mail
// is verified if Beyond Identity says so.
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
