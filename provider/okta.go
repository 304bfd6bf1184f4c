package provider

import "github.com/cardea-auth/cardea/oauth"

// Okta signs in with an account of an Okta organization, by a web application
// (https://developer.okta.com; rules:
// https://developer.okta.com/docs/guides/implement-grant-type/authcode/main/, read 2026-11-22).
// c.Issuer is https://{organization}.okta.com, or https://{organization}.okta.com/oauth2/{id} for
// an authorization server of one's own. c.Secret is empty for a client without one. The account is
// the claim sub: preferred_username can change. The e-mail counts as unverified: email_verified is
// nothing to rely on, as Okta says itself
// (https://developer.okta.com/docs/guides/submit-app-prereq/main/, read 2026-11-22).
func Okta(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                "okta",
		Name:              "Okta",
		Type:              oauth.TypeOIDC,
		Issuer:            c.Issuer,
		ClientID:          c.ID,
		ClientSecret:      c.Secret,
		UseUserinfo:       true, // the ID token of the code flow is a thin one
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#007dc1", Logo: oktaLogo},
	}
}

// oktaLogo is from Simple Icons (CC0-1.0).
const oktaLogo = "M12 0C5.389 0 0 5.35 0 12s5.35 12 12 12 12-5.35 12-12S18.611 0 12 0zm0 18c-3.325 " +
	"0-6-2.675-6-6s2.675-6 6-6 6 2.675 6 6-2.675 6-6 6z"
