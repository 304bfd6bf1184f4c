package provider

import "github.com/cardea-auth/cardea/oauth"

// Auth0 signs users in with an account of an Auth0 tenant. Create a regular web application at
// https://manage.auth0.com. Documentation:
// https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow/add-login-auth-code-flow,
// read 2026-11-22. c.Issuer is the tenant's domain as a URL, https://{tenant}.{region}.auth0.com,
// or your custom domain. The e-mail address is verified if Auth0 says so. A tenant can be
// configured to say so of every address that comes from Azure AD or ADFS.
//
// If AuthorizationParams has organization, the claim org_id or org_name must be that organization
// (https://auth0.com/docs/manage-users/organizations/using-tokens).
func Auth0(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "auth0",
		Name:         "Auth0",
		Type:         oauth.TypeOIDC,
		Issuer:       slashed(c.Issuer),
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		ParamClaims:  []string{"organization=org_id", "organization=org_name"},
		Style:        oauth.Style{BrandColor: "#eb5424", Logo: auth0Logo},
	}
}

// auth0Logo is from Simple Icons (CC0-1.0).
const auth0Logo = "M21.98 7.448L19.62 0H4.347L2.02 7.448c-1.352 4.312.03 9.206 3.815 12.015L12.007 " +
	"24l6.157-4.552c3.755-2.81 5.182-7.688 3.815-12.015l-6.16 4.58 2.343 7.45-6.157-4.597-6.158 4.58 " +
	"2.358-7.433-6.188-4.55 7.63-.045L12.008 0l2.356 7.404 7.615.044z"
