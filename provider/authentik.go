package provider

import "github.com/cardea-auth/cardea/oauth"

// Authentik signs users in with an account of an authentik server. Create an OAuth2/OpenID provider
// with a signing key there. Documentation:
// https://docs.goauthentik.io/add-secure-apps/providers/oauth2/, read 2026-11-22. c.Issuer is
// https://{host}/application/o/{slug}, if the issuer mode of the provider is "per provider". The
// scope mapping for email determines whether the e-mail address is verified: by default every
// address is before authentik 2025.10, and none since. If users can enter addresses themselves, do
// not trust what the server says about them: leave LinkByVerifiedEmail false, so that it proves
// nothing. A refresh token comes only with the scope offline_access.
func Authentik(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "authentik",
		Name:         "authentik",
		Type:         oauth.TypeOIDC,
		Issuer:       slashed(c.Issuer),
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        oauth.Style{BrandColor: "#fd4b2d", Logo: authentikLogo},
	}
}

// authentikLogo is from Simple Icons (CC0-1.0).
const authentikLogo = "M13.96 9.01h-.84V7.492h-1.234v3.663H5.722c.34.517.538.982.538 1.152 0 .46-1.445 3.059-3.197 3.059C.8 15.427-.745 12.8.372 10.855a3.062 3.062 0 0 1 2.691-1.606c1.04 0 1.971.915 2.557 1.755V6.577a3.773 3.773 0 0 1 3.77-3.769h10.84C22.31 2.808 24 4.5 24 6.577v10.845a3.773 3.773 0 0 1-3.77 3.769h-1.6V17.5h-7.64v3.692h-1.6a3.773 3.773 0 0 1-3.77-3.769v-3.41h12.114v-6.52h-1.59v.893h-.84v-.893H13.96v1.516Zm-9.956 1.845c-.662-.703-1.578-.544-2.209 0-2.105 2.054 1.338 5.553 3.302 1.447a5.395 5.395 0 0 0-1.093-1.447Z"
