package provider

import "github.com/cardea-auth/cardea"

// Hydra signs in at an Ory Hydra server, by an OAuth2 client of it (rules: https://www.ory.com/docs/hydra). c.Issuer is the server's public URL
// exactly as its setting urls.self.issuer has it, slash included. What the ID token holds, and what its e-mail is worth, is up to the login and
// consent application: it is verified if email_verified is true.
func Hydra(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:           "hydra",
		Name:         "Ory Hydra",
		Type:         cardea.OIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        cardea.Style{BrandColor: "#0f172a"},
	}
}
