package provider

import "github.com/cardea-auth/cardea/oauth"

// Roblox signs users in with a Roblox account. Create an OAuth 2.0 app at
// https://create.roblox.com/dashboard/credentials?activeTab=OAuthTab. Documentation:
// https://create.roblox.com/docs/cloud/auth/oauth2-overview, read 2026-11-22. There is no e-mail
// address. Until Roblox has reviewed the app, only ten users can sign in.
func Roblox(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                "roblox",
		Name:              "Roblox",
		Type:              oauth.TypeOIDC,
		Issuer:            "https://apis.roblox.com/oauth/",
		ClientID:          c.ID,
		ClientSecret:      c.Secret,
		Scopes:            []string{"openid", "profile"},
		EmailVerification: oauth.EmailNotGiven,
		Style:             oauth.Style{BrandColor: "#335fff", Logo: robloxLogo},
	}
}

// robloxLogo is from Simple Icons (CC0-1.0).
const robloxLogo = "M18.926 23.998 0 18.892 5.075.002 24 5.108ZM15.348 10.09l-5.282-1.453-1.414 5.273 5.282 1.453z"
