package provider

import (
	"cmp"

	"github.com/cardea-auth/cardea"
)

// Salesforce signs in with an account of a Salesforce organization, by an external client app (rules:
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm and
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm, read 2026-11-22). c.Issuer is needed only for one's own
// domain, https://{domain}.my.salesforce.com, or https://test.salesforce.com for sandboxes. The account's id is a URL that holds those of the organization
// and of the person. The e-mail is verified if Salesforce says so.
func Salesforce(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:           "salesforce",
		Name:         "Salesforce",
		Type:         cardea.OIDC,
		Issuer:       cmp.Or(c.Issuer, "https://login.salesforce.com"),
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		UseUserinfo:  true,
		Style:        cardea.Style{BrandColor: "#00a1e0"},
	}
}
