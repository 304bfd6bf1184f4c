package provider

import "github.com/cardea-auth/cardea/oauth"

// LinkedIn signs users in with a LinkedIn account. Create an app with the product "Sign In with
// LinkedIn using OpenID Connect" at https://www.linkedin.com/developers/apps. Documentation:
// https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2,
// read 2026-11-22. The issuer is the one in the service's metadata, which differs from that page.
// LinkedIn supports neither PKCE nor a nonce for confidential clients. The account ID differs per
// app. The e-mail address is verified if LinkedIn says so.
func LinkedIn(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                "linkedin",
		Name:              "LinkedIn",
		Type:              oauth.TypeOIDC,
		Issuer:            "https://www.linkedin.com/oauth",
		ClientID:          c.ID,
		ClientSecret:      c.Secret,
		ClientAuth:        oauth.AuthClientSecretPost,
		InsecureSkipPKCE:  true,
		InsecureSkipNonce: true,
		BooleanClaims:     []string{"email_verified"}, // text in ID tokens, contrary to the page
		Style:             oauth.Style{BrandColor: "#0a66c2", Logo: linkedInLogo},
	}
}

// linkedInLogo is from Simple Icons 13 (CC0-1.0).
const linkedInLogo = "M20.447 20.452h-3.554v-5.569c0-1.328-.027-3.037-1.852-3.037-1.853 0-2.136 1.445-2.136 2.939v5.667H9.351V9h3.414v1.561h.046c.477-.9 1.637-1.85 3.37-1.85 3.601 0 4.267 2.37 4.267 5.455v6.286zM5.337 7.433c-1.144 0-2.063-.926-2.063-2.065 0-1.138.92-2.063 2.063-2.063 1.14 0 2.064.925 2.064 2.063 0 1.139-.925 2.065-2.064 2.065zm1.782 13.019H3.555V9h3.564v11.452zM22.225 0H1.771C.792 0 0 .774 0 1.729v20.542C0 23.227.792 24 1.771 24h20.451C23.2 24 24 23.227 24 22.271V1.729C24 .774 23.2 0 22.222 0h.003z"
