package provider

import "github.com/cardea-auth/cardea/oauth"

// Okta signs users in with an account of an Okta organization. Create a web application at
// https://developer.okta.com. Documentation:
// https://developer.okta.com/docs/guides/implement-grant-type/authcode/main/, read 2026-11-22.
// c.Issuer is https://{organization}.okta.com, or https://{organization}.okta.com/oauth2/{id} for
// your own authorization server. If the client has no secret, leave c.Secret empty. The account ID
// is the claim sub, because preferred_username can change. The e-mail address counts as unverified:
// Okta says that email_verified is not reliable
// (https://developer.okta.com/docs/guides/submit-app-prereq/main/, read 2026-11-22).
func Okta(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                "okta",
		Name:              "Okta",
		Type:              oauth.TypeOIDC,
		Issuer:            c.Issuer,
		ClientID:          c.ID,
		ClientSecret:      c.Secret,
		UseUserinfo:       true, // in the code flow, the ID token lacks most claims
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#007dc1", Logo: oktaLogo},
	}
}

// oktaLogo is from Simple Icons (CC0-1.0).
const oktaLogo = "M12 0C5.389 0 0 5.35 0 12s5.35 12 12 12 12-5.35 12-12S18.611 0 12 0zm0 18c-3.325 " +
	"0-6-2.675-6-6s2.675-6 6-6 6 2.675 6 6-2.675 6-6 6z"
