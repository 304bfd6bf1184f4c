package provider

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// AzureADB2C signs users in with an account of an Azure AD B2C tenant. Create an app registration
// of the tenant at https://portal.azure.com. Documentation:
// https://learn.microsoft.com/azure/active-directory-b2c/openid-connect, read 2026-11-22. All
// options must be set, and the user flow must keep its default issuer, the one without tfp. B2C
// refuses a code of another user flow, because a token endpoint serves one of them (AADB2C90088 of
// https://learn.microsoft.com/azure/active-directory-b2c/error-codes). New customers use
// [MicrosoftEntraID]: B2C accepts no new customers since May 2025 and is supported until May 2030.
//
// The e-mail address is the first of the claim emails, which the user flow must return. It counts
// as unverified, because it may come from another identity provider.
func AzureADB2C(c Client, o AzureADB2COptions) *oauth.Provider {
	return &oauth.Provider{
		ID:           "azure-ad-b2c",
		Name:         "Azure AD B2C",
		Type:         oauth.TypeOIDC,
		Issuer:       o.host() + o.TenantID + "/v2.0/",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		ClientAuth:   oauth.AuthClientSecretPost,
		DiscoveryURL: o.host() + o.Tenant + ".onmicrosoft.com/" + o.UserFlow + "/v2.0/.well-known/openid-configuration",
		// The client ID as a scope requests an access token, which the standard requires.
		Scopes: []string{"openid", c.ID},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID: raw.String("sub"),
				Name: cmp.Or(raw.String("name"),
					strings.TrimSpace(raw.String("given_name")+" "+raw.String("family_name"))),
				Email: cmp.Or(raw.String("emails", "0"), raw.String("email")),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#0072c6", Logo: azureLogo},
		Err:               o.check(),
	}
}

// AzureADB2COptions name a user flow of a tenant. All fields are required.
type AzureADB2COptions struct {
	Tenant   string // the tenant's name, such as contoso for contoso.onmicrosoft.com
	TenantID string // the tenant's ID, which its tokens contain
	UserFlow string // the name of the user flow, such as B2C_1_signup_signin
}

func (o AzureADB2COptions) host() string { return "https://" + o.Tenant + ".b2clogin.com/" }

func (o AzureADB2COptions) check() error {
	var faults []error
	if o.Tenant == "" {
		faults = append(faults, errors.New("AzureADB2COptions.Tenant: is empty"))
	}
	if o.TenantID == "" {
		faults = append(faults, errors.New("AzureADB2COptions.TenantID: is empty"))
	}
	if o.UserFlow == "" {
		faults = append(faults, errors.New("AzureADB2COptions.UserFlow: is empty"))
	}
	return errors.Join(faults...)
}

// azureLogo is from Simple Icons 11 (CC0-1.0).
const azureLogo = "M22.379 23.343a1.62 1.62 0 0 0 1.536-2.14v.002L17.35 1.76A1.62 1.62 0 0 0 15.816.657H8.184A1.62 1.62 0 0 0 6.65 1.76L.086 21.204a1.62 1.62 0 0 0 1.536 2.139h4.741a1.62 1.62 0 0 0 1.535-1.103l.977-2.892 4.947 3.675c.28.208.618.32.966.32m-3.084-12.531 3.624 10.739a.54.54 0 0 1-.51.713v-.001h-.03a.54.54 0 0 1-.322-.106l-9.287-6.9h4.853m6.313 7.006c.116-.326.13-.694.007-1.058L9.79 1.76a1.722 1.722 0 0 0-.007-.02h6.034a.54.54 0 0 1 .512.366l6.562 19.445a.54.54 0 0 1-.338.684"
