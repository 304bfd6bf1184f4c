package provider

import (
	"cmp"

	"github.com/cardea-auth/cardea/oauth"
)

// Salesforce signs users in with an account of a Salesforce organization. Create an external client
// app there. Documentation:
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm and
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm,
// read 2026-11-22. c.Issuer is needed only for your own domain, https://{domain}.my.salesforce.com,
// or https://test.salesforce.com for sandboxes. The account ID is a URL that contains the IDs of
// organization and user. The e-mail address is verified if Salesforce says so.
func Salesforce(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "salesforce",
		Name:         "Salesforce",
		Type:         oauth.TypeOIDC,
		Issuer:       cmp.Or(c.Issuer, "https://login.salesforce.com"),
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		UseUserinfo:  true,
		Style:        oauth.Style{BrandColor: "#00a1e0", Logo: salesforceLogo},
	}
}

// salesforceLogo is from Simple Icons 13 (CC0-1.0).
const salesforceLogo = "M10.006 5.415a4.195 4.195 0 013.045-1.306c1.56 0 2.954.9 3.69 2.205.63-.3 1.35-.45 2.1-.45 2.85 0 5.159 2.34 5.159 5.22s-2.31 5.22-5.176 5.22c-.345 0-.69-.044-1.02-.104a3.75 3.75 0 01-3.3 1.95c-.6 0-1.155-.15-1.65-.375A4.314 4.314 0 018.88 20.4a4.302 4.302 0 01-4.05-2.82c-.27.062-.54.076-.825.076-2.204 0-4.005-1.8-4.005-4.05 0-1.5.811-2.805 2.01-3.51-.255-.57-.39-1.2-.39-1.846 0-2.58 2.1-4.65 4.65-4.65 1.53 0 2.85.705 3.72 1.8"
