package provider

import (
	"cmp"
	"context"
	"strings"

	"github.com/cardea-auth/cardea"
)

// GitHubEnterprise signs in with an account of a GitHub Enterprise Server, or of an enterprise at ghe.com, by an OAuth app (rules:
// https://docs.github.com/enterprise-server@latest/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps). c.Issuer is the server's address, or
// https://{subdomain}.ghe.com. The e-mail is the primary address, and verified.
func GitHubEnterprise(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "github-enterprise",
		Name:             "GitHub Enterprise",
		Type:             cardea.OAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: strings.TrimSuffix(c.Issuer, "/") + "/login/oauth/authorize",
		TokenURL:         strings.TrimSuffix(c.Issuer, "/") + "/login/oauth/access_token",
		UserinfoURL:      gitHubEnterpriseAPI(c) + "/user",
		EmailsURL:        gitHubEnterpriseAPI(c) + "/user/emails",
		Scopes:           []string{"read:user", "user:email"},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{
				ID:            raw.String("id"), // login can be renamed, and taken by somebody else then
				Name:          cmp.Or(raw.String("name"), raw.String("login")),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"), // set from the list of addresses
				Image:         raw.String("avatar_url"),
			}, nil
		},
		Style: cardea.Style{BrandColor: "#24292f", Logo: githubLogo},
	}
}

// gitHubEnterpriseAPI is below a server's own address, but at ghe.com a host beside it.
func gitHubEnterpriseAPI(c Client) string {
	server := strings.TrimSuffix(c.Issuer, "/")
	if strings.HasSuffix(server, ".ghe.com") {
		return strings.Replace(server, "https://", "https://api.", 1)
	}
	return server + "/api/v3"
}
