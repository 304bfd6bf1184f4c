package provider

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/cardea-auth/cardea"
)

// AzureADB2C signs in with an account of an Azure AD B2C tenant, by an app registration in it (https://portal.azure.com; rules:
// https://learn.microsoft.com/azure/active-directory-b2c/openid-connect). All options must be set. New customers get [MicrosoftEntraID] instead: B2C
// is closed to them since May 2025 and supported until May 2030.
//
// The e-mail is the first of the claim emails, which the user flow must return. It counts as unverified: it may come from another identity provider.
func AzureADB2C(c Client, o AzureADB2COptions) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:           "azure-ad-b2c",
		Name:         "Azure AD B2C",
		Type:         cardea.OIDC,
		Issuer:       o.host() + o.TenantID + "/v2.0/",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		DiscoveryURL: o.host() + o.Tenant + ".onmicrosoft.com/" + o.UserFlow + "/v2.0/.well-known/openid-configuration",
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{
				ID:    raw.String("sub"),
				Name:  cmp.Or(raw.String("name"), strings.TrimSpace(raw.String("given_name")+" "+raw.String("family_name"))),
				Email: cmp.Or(raw.String("emails", "0"), raw.String("email")),
			}, nil
		},
		EmailVerification: cardea.NeverVerified,
		Style:             cardea.Style{BrandColor: "#0072c6"},
		Err:               o.check(),
	}
}

// AzureADB2COptions name a user flow of a tenant.
type AzureADB2COptions struct {
	Tenant   string // the tenant's name, such as contoso for contoso.onmicrosoft.com
	TenantID string // the tenant's id, which its tokens carry
	UserFlow string // such as B2C_1_signup_signin
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
