package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// MicrosoftEntraID signs users in with a Microsoft account of an organization or a person. Create
// an app registration at https://entra.microsoft.com. Documentation:
// https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc and
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, read 2026-11-22.
// Without a Tenant and without c.Issuer, users of all tenants can sign in. The claim tid of the
// profile is then the user's tenant, and Callbacks.SignIn must decide whether it is one of your
// customers. c.Issuer also chooses the cloud: that of the US government is at
// https://login.microsoftonline.us, that of China at https://login.partner.microsoftonline.cn
// (https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud).
//
// The account ID is the claim sub. Microsoft makes it of the app registration, the tenant and the
// user, so it differs per registration, and users of two tenants never have the same
// (https://learn.microsoft.com/entra/identity-platform/claims-validation). The e-mail address
// counts as verified only if the registration has the optional claim xms_edov and it is true.
// Without that claim, an administrator of any tenant can enter any address. There is no picture.
func MicrosoftEntraID(c Client, o MicrosoftEntraIDOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:             "microsoft-entra-id",
		Name:           "Microsoft",
		Type:           oauth.TypeOIDC,
		Issuer:         entraCloud(c) + "/{tid}/v2.0",
		AllowedIssuers: o.allowed(c),
		RefusedIssuers: o.refused(c),
		DiscoveryURL:   entraCloud(c) + "/" + o.tenant(c) + "/v2.0/.well-known/openid-configuration",
		ClientID:       c.ID,
		ClientSecret:   c.Secret,
		BooleanClaims:  []string{"xms_edov"}, // sent as 1, "1" and true
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("sub"),
				Name:          cmp.Or(raw.String("name"), raw.String("preferred_username")),
				Email:         raw.String("email"),
				EmailVerified: raw.True("xms_edov"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#0067b8", Logo: microsoftLogo},
		Err:   errors.Join(checkEntraIssuer(c), o.check()),
	}
}

// MicrosoftEntraIDOptions restrict the accounts that may sign in with [MicrosoftEntraID].
type MicrosoftEntraIDOptions struct {
	// Tenant is a tenant's ID or one of its domains, "organizations" for accounts of all
	// organizations, or "consumers" for personal accounts. Others are refused. Defaults to the
	// tenant in Client.Issuer, which has the form https://login.microsoftonline.com/{tenant}/v2.0.
	// If that is empty too, defaults to "common", which accepts all accounts.
	Tenant string

	// AllowedTenants are the IDs of the tenants whose users may sign in, if Tenant stands for
	// several tenants. Defaults to all of these.
	AllowedTenants []string
}

const (
	entraPublicCloud    = "https://login.microsoftonline.com"
	entraPersonalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad" // of all personal accounts
)

// entraCloud returns the address of the cloud in which c.Issuer is.
func entraCloud(c Client) string {
	u, err := url.Parse(c.Issuer)
	if err != nil || u.Host == "" {
		return entraPublicCloud
	}
	return u.Scheme + "://" + u.Host
}

// checkEntraIssuer refuses an issuer whose cloud and tenant cannot be told, such as one of version
// 1.0.
func checkEntraIssuer(c Client) error {
	if c.Issuer == "" || entraIssuerTenant(c) != "" {
		return nil
	}
	return fmt.Errorf("Client.Issuer: want the form %s/{tenant}/v2.0, have %q", entraPublicCloud, c.Issuer)
}

// entraIssuerTenant returns the tenant of c.Issuer, or "" if that has not the form
// https://{cloud}/{tenant}/v2.0.
func entraIssuerTenant(c Client) string {
	path, isIssuer := strings.CutPrefix(c.Issuer, entraCloud(c)+"/")
	tenant, isV2 := strings.CutSuffix(strings.TrimSuffix(path, "/"), "/v2.0")
	if !isIssuer || !isV2 || tenant == "" || strings.ContainsAny(tenant, "/{}?#") {
		return ""
	}
	return tenant
}

// tenant returns the tenant at which users sign in.
func (o MicrosoftEntraIDOptions) tenant(c Client) string {
	return cmp.Or(o.Tenant, entraIssuerTenant(c), "common")
}

// allowed returns the issuers of the allowed tenants. A single tenant is its own only one.
func (o MicrosoftEntraIDOptions) allowed(c Client) []string {
	tenants := o.AllowedTenants
	switch tenant := o.tenant(c); {
	case tenant == "consumers":
		tenants = []string{entraPersonalTenant}
	case isUUID(tenant):
		tenants = []string{tenant}
	}
	return entraIssuers(c, tenants)
}

// refused returns the issuer of personal accounts if only organizations may sign in: the visitor's
// browser carries the name of the tenant, so the visitor can replace it by another.
func (o MicrosoftEntraIDOptions) refused(c Client) []string {
	if o.tenant(c) != "organizations" {
		return nil
	}
	return entraIssuers(c, []string{entraPersonalTenant})
}

func entraIssuers(c Client, tenants []string) []string {
	var issuers []string
	for _, id := range tenants {
		issuers = append(issuers, entraCloud(c)+"/"+strings.ToLower(id)+"/v2.0")
	}
	return issuers
}

func (o MicrosoftEntraIDOptions) check() error {
	for _, id := range o.AllowedTenants {
		if !isUUID(id) {
			return fmt.Errorf("MicrosoftEntraIDOptions.AllowedTenants: want tenant IDs, which are UUIDs, have %q", id)
		}
	}
	return nil
}

// isUUID reports whether s is a UUID (RFC 9562 § 4).
func isUUID(s string) bool {
	groups := strings.Split(s, "-")
	if len(s) != 36 || len(groups) != 5 || strings.Trim(s, "0123456789abcdefABCDEF-") != "" {
		return false
	}
	for i, length := range []int{8, 4, 4, 4, 12} {
		if len(groups[i]) != length {
			return false
		}
	}
	return true
}

// microsoftLogo is four squares, drawn for Cardea.
const microsoftLogo = "M1 1h10v10H1zM13 1h10v10H13zM1 13h10v10H1zM13 13h10v10H13z"
