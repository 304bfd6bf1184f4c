package provider

import (
	"context"
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// Atlassian signs users in with an Atlassian account. Create an OAuth 2.0 (3LO) app with the User
// identity API at https://developer.atlassian.com/console/myapps. Documentation:
// https://developer.atlassian.com/cloud/oauth/getting-started/implementing-oauth-3lo/, read
// 2026-11-22. Atlassian does not say whether the e-mail address is verified. With the scope
// offline_access there is a refresh token, which can be used once.
func Atlassian(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "atlassian",
		Name:                "Atlassian",
		Type:                oauth.TypeOAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		ClientAuth:          oauth.AuthClientSecretPost,
		AuthorizationURL:    "https://auth.atlassian.com/authorize",
		TokenURL:            "https://auth.atlassian.com/oauth/token",
		UserinfoURL:         "https://api.atlassian.com/me",
		Scopes:              []string{"read:me"},
		AuthorizationParams: url.Values{"audience": {"api.atlassian.com"}},
		InsecureSkipPKCE:    true,
		Token:               oauth.TokenRules{JSON: true},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("account_id"),
				Name:  raw.String("name"),
				Email: raw.String("email"),
				Image: raw.String("picture"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#0052cc", Logo: atlassianLogo},
	}
}

// atlassianLogo is from Simple Icons (CC0-1.0).
const atlassianLogo = "M7.12 11.084a.683.683 0 00-1.16.126L.075 22.974a.703.703 0 00.63 1.018h8.19a.678.678 0 " +
	"00.63-.39c1.767-3.65.696-9.203-2.406-12.52zM11.434.386a15.515 15.515 0 00-.906 15.317l3.95 7.9a.703.703 0 " +
	"00.628.388h8.19a.703.703 0 00.63-1.017L12.63.38a.664.664 0 00-1.196.006z"
