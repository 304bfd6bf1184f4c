package provider

import (
	"cmp"
	"context"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// MicrosoftEntraID signs in with a Microsoft account, of a company or a person, by an app
// registration (https://entra.microsoft.com; rules:
// https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc and
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, read 2026-11-22).
// Without a Tenant, and without c.Issuer, accounts of every tenant are let in: then the person's
// company is the claim tid of the profile, and whether it is a customer is for Callbacks.SignIn to
// decide.
//
// The account is the claim sub, which is another one for each app registration. The e-mail counts
// as verified only if the optional claim xms_edov is switched on for the registration and true:
// without it an administrator of any tenant can write any address there. There is no picture.
func MicrosoftEntraID(c Client, o MicrosoftEntraIDOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:             "microsoft-entra-id",
		Name:           "Microsoft",
		Type:           oauth.TypeOIDC,
		Issuer:         microsoftAuthority + "{tid}/v2.0",
		AllowedIssuers: o.issuers(),
		DiscoveryURL:   o.authority(c) + "/.well-known/openid-configuration",
		ClientID:       c.ID,
		ClientSecret:   c.Secret,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("sub"),
				Name:          cmp.Or(raw.String("name"), raw.String("preferred_username")),
				Email:         raw.String("email"),
				EmailVerified: raw.True("xms_edov") || raw.String("xms_edov") == "1",
			}, nil
		},
		Style: oauth.Style{BrandColor: "#0067b8", Logo: microsoftLogo},
	}
}

// MicrosoftEntraIDOptions say whose accounts may sign in at [MicrosoftEntraID].
type MicrosoftEntraIDOptions struct {
	// Tenant is a tenant's id or one of its domains, "organizations" for accounts of all companies,
	// "consumers" for personal ones. Defaults to the tenant of Client.Issuer, which is written as
	// https://login.microsoftonline.com/{tenant}/v2.0, and else to "common": everybody.
	Tenant string

	// AllowedTenants are the ids of the tenants that may sign in, where Tenant stands for many.
	// Defaults to all of them.
	AllowedTenants []string
}

const microsoftAuthority = "https://login.microsoftonline.com/"

func (o MicrosoftEntraIDOptions) authority(c Client) string {
	if o.Tenant == "" && c.Issuer != "" {
		return strings.TrimSuffix(c.Issuer, "/")
	}
	return microsoftAuthority + cmp.Or(o.Tenant, "common") + "/v2.0"
}

func (o MicrosoftEntraIDOptions) issuers() []string {
	var issuers []string
	for _, id := range o.AllowedTenants {
		issuers = append(issuers, microsoftAuthority+id+"/v2.0")
	}
	return issuers
}

// microsoftLogo is four squares, drawn for Cardea.
const microsoftLogo = "M1 1h10v10H1zM13 1h10v10H13zM1 13h10v10H1zM13 13h10v10H13z"
