package provider

import "github.com/cardea-auth/cardea/oauth"

// Vercel signs users in with a Vercel account. Create an app of a team
// (https://vercel.com/docs/sign-in-with-vercel/manage-from-dashboard). Documentation:
// https://vercel.com/docs/sign-in-with-vercel/authorization-server-api, read 2026-11-22; metadata:
// https://vercel.com/.well-known/oauth-authorization-server, read 2026-11-22. The app must be
// allowed the scopes openid, email and profile: Vercel silently ignores scopes that are not
// allowed. The e-mail address is verified if Vercel says so. Its metadata and documentation list no
// claim for that. With the scope offline_access there is a refresh token.
func Vercel(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "vercel",
		Name:         "Vercel",
		Type:         oauth.TypeOIDC,
		Issuer:       "https://vercel.com",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        oauth.Style{BrandColor: "#000000", Logo: vercelLogo},
	}
}

// vercelLogo is from Simple Icons (CC0-1.0).
const vercelLogo = "m12 1.608 12 20.784H0Z"
