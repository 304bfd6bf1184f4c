package provider

import "github.com/cardea-auth/cardea/oauth"

// Supabase signs users in with an account of a Supabase project. Create a client of the project's
// OAuth server, which is in beta, at https://supabase.com/dashboard. Documentation:
// https://supabase.com/docs/guides/auth/oauth-server/oauth-flows, read 2026-11-22. c.Issuer is
// https://{project}.supabase.co/auth/v1. The project needs an asymmetric signing key: Supabase
// issues no ID tokens with its JWT secret. The e-mail address is verified if Supabase says that it
// was confirmed: a project that does not ask for confirmations says so of every address. If a user
// has no name, Supabase sends the e-mail address as the name.
func Supabase(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "supabase",
		Name:         "Supabase",
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		UseUserinfo:  true,
		Style:        oauth.Style{BrandColor: "#3fcf8e", Logo: supabaseLogo},
	}
}

// supabaseLogo is from Simple Icons (CC0-1.0).
const supabaseLogo = "M11.9 1.036c-.015-.986-1.26-1.41-1.874-.637L.764 12.05C-.33 13.427.65 15.455 2.409 " +
	"15.455h9.579l.113 7.51c.014.985 1.259 1.408 1.873.636l9.262-11.653c1.093-1.375.113-3.403-1.645-3.403h-9.642z"
