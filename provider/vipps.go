package provider

import (
	"cmp"

	"github.com/cardea-auth/cardea/oauth"
)

// Vipps signs users in with a Vipps MobilePay account. It needs a sales unit with the Login API
// (https://portal.vippsmobilepay.com). Documentation:
// https://developer.vippsmobilepay.com/docs/APIs/login-api/api-guide/browser-flow-integration, read
// 2026-11-22. c.Issuer is needed only for the test environment:
// https://apitest.vipps.no/access-management-1.0/access. There is no picture. The e-mail address is
// verified if Vipps says so.
func Vipps(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "vipps",
		Name:         "Vipps MobilePay",
		Type:         oauth.TypeOIDC,
		Issuer:       slashed(cmp.Or(c.Issuer, "https://api.vipps.no/access-management-1.0/access")),
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Scopes:       []string{"openid", "name", "email"},
		UseUserinfo:  true,
		Style:        oauth.Style{BrandColor: "#ff5b24"},
	}
}
