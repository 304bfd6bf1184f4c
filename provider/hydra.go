package provider

import "github.com/cardea-auth/cardea/oauth"

// Hydra signs users in at an Ory Hydra server. Create an OAuth2 client there. Documentation:
// https://www.ory.com/docs/oauth2-oidc/wellknown-endpoint-discovery, read 2026-11-22. c.Issuer is
// the server's public URL exactly as in its setting urls.self.issuer, including the slash at the
// end. The login and consent application determines the contents of the ID token and whether the
// e-mail address is verified: it counts as verified if email_verified is true. With the scope
// offline_access there is a refresh token.
func Hydra(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "hydra",
		Name:         "Ory Hydra",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        oauth.Style{BrandColor: "#0f172a", Logo: oryLogo},
	}
}

// oryLogo is from Simple Icons (CC0-1.0).
const oryLogo = "M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12m-6-.75V3l6-3 6 3v2.25l-6-3zm12 13.5V21l-6 3-6-3v-2.25l6 3z"
