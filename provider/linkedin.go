package provider

import "github.com/cardea-auth/cardea"

// LinkedIn signs in with a LinkedIn account, by an app with the product "Sign In with LinkedIn using OpenID Connect"
// (https://www.linkedin.com/developers/apps; rules: https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2).
// LinkedIn knows neither PKCE nor a nonce for confidential clients. The account's id is another one for each app; the e-mail is verified if LinkedIn
// says so.
func LinkedIn(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:           "linkedin",
		Name:         "LinkedIn",
		Type:         cardea.OIDC,
		Issuer:       "https://www.linkedin.com/oauth",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		ClientAuth:   cardea.ClientSecretPost,
		NoPKCE:       true,
		NoNonce:      true,
		Style:        cardea.Style{BrandColor: "#0a66c2"},
	}
}
