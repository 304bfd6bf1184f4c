package provider

import "github.com/cardea-auth/cardea/oauth"

// Google signs users in with a Google account. Create an OAuth client at
// https://console.developers.google.com/apis/credentials. Documentation:
// https://developers.google.com/identity/openid-connect/reference, read 2026-11-22. The e-mail
// address is verified if Google says so. A refresh token comes only with access_type=offline in
// AuthorizationParams, and then only at the first consent.
//
// To let only users of one Workspace domain sign in, set hd in AuthorizationParams to that domain:
// the claim hd of the ID token must then be the same. The value * accepts every Workspace domain.
func Google(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:     "google",
		Name:   "Google",
		Type:   oauth.TypeOIDC,
		Issuer: "https://accounts.google.com",
		// the page on ID tokens says that iss always has one of the two spellings
		IssuerAlias:  "accounts.google.com",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		ParamClaims:  []string{"hd=hd"},
		Style:        oauth.Style{BrandColor: "#1a73e8", Logo: googleLogo},
	}
}

// googleLogo is from Simple Icons (CC0-1.0).
const googleLogo = "M12.48 10.92v3.28h7.84c-.24 1.84-.853 3.187-1.787 4.133-1.147 1.147-2.933 2.4-6.053 2.4-4.827 0-8.6-3.893-8.6-8.72s3.773-8.72 8.6-8.72c2.6 0 4.507 1.027 5.907 2.347l2.307-2.307C18.747 1.44 16.133 0 12.48 0 5.867 0 .307 5.387.307 12s5.56 12 12.173 12c3.573 0 6.267-1.173 8.373-3.36 2.16-2.16 2.84-5.213 2.84-7.667 0-.76-.053-1.467-.173-2.053H12.48z"
