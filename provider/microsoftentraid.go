package provider

import (
	"cmp"
	"context"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// MicrosoftEntraID signs users in with a Microsoft account of an organization or a person. Create
// an app registration at https://entra.microsoft.com. Documentation:
// https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc and
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, read 2026-11-22.
// Without a Tenant and without c.Issuer, users of all tenants can sign in. The claim tid of the
// profile is then the user's tenant, and Callbacks.SignIn must decide whether it is one of your
// customers.
//
// The account ID is the claim sub, which differs per app registration. The e-mail address counts as
// verified only if the registration has the optional claim xms_edov and it is true. Without that
// claim, an administrator of any tenant can enter any address. There is no picture.
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

// MicrosoftEntraIDOptions restrict the accounts that may sign in with [MicrosoftEntraID].
type MicrosoftEntraIDOptions struct {
	// Tenant is a tenant's ID or one of its domains, "organizations" for accounts of all
	// organizations, or "consumers" for personal accounts. Defaults to the tenant in Client.Issuer,
	// which has the form https://login.microsoftonline.com/{tenant}/v2.0. If that is empty too,
	// defaults to "common", which accepts all accounts.
	Tenant string

	// AllowedTenants are the IDs of the tenants whose users may sign in, if Tenant stands for
	// several tenants. Defaults to all of these.
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
