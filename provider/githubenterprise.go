package provider

import (
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// GitHubEnterprise signs users in with an account of a GitHub Enterprise Server, or of an
// enterprise at ghe.com. Create an OAuth app there. Documentation:
// https://docs.github.com/enterprise-server@latest/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps,
// read 2026-11-22. c.Issuer is the server's address, or https://{subdomain}.ghe.com. The e-mail
// address is the primary one if that is verified, or else another verified one.
func GitHubEnterprise(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "github-enterprise",
		Name:             "GitHub Enterprise",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: server(c, "") + "/login/oauth/authorize",
		TokenURL:         server(c, "") + "/login/oauth/access_token",
		UserinfoURL:      gitHubEnterpriseAPI(c) + "/user",
		EmailsURL:        gitHubEnterpriseAPI(c) + "/user/emails",
		Scopes:           []string{"read:user", "user:email"},
		Profile:          githubProfile,
		Style:            oauth.Style{BrandColor: "#24292f", Logo: githubLogo},
		Err:              needsIssuer(c),
	}
}

// gitHubEnterpriseAPI returns the URL of the API. At ghe.com the API has its own host.
func gitHubEnterpriseAPI(c Client) string {
	address := server(c, "")
	if strings.HasSuffix(address, ".ghe.com") {
		return strings.Replace(address, "https://", "https://api.", 1)
	}
	return address + "/api/v3"
}
