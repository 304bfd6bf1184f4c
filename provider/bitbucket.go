package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Bitbucket signs users in with a Bitbucket Cloud account. Create an OAuth consumer of a workspace
// (https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud/).
// Documentation: https://developer.atlassian.com/cloud/bitbucket/oauth-2/, read 2026-11-22. The
// consumer needs the permissions to read the account and its e-mail. The e-mail address is the
// primary one if that is confirmed, or else another confirmed one.
func Bitbucket(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "bitbucket",
		Name:             "Bitbucket",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://bitbucket.org/site/oauth2/authorize",
		TokenURL:         "https://bitbucket.org/site/oauth2/access_token",
		UserinfoURL:      "https://api.bitbucket.org/2.0/user",
		EmailsURL:        "https://api.bitbucket.org/2.0/user/emails",
		Emails:           oauth.EmailMembers{List: "values", Primary: "is_primary", Verified: "is_confirmed"},
		Scopes:           []string{"account", "email"},
		Token:            oauth.TokenRules{Names: map[string]string{"scope": "scopes"}},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("account_id"), // username can be renamed
				Name:          cmp.Or(raw.String("display_name"), raw.String("username")),
				Email:         raw.String("email"),
				EmailVerified: raw.True("email_verified"), // set from the list of addresses
				Image:         raw.String("links", "avatar", "href"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#0052cc", Logo: bitbucketLogo},
	}
}

// bitbucketLogo is from Simple Icons (CC0-1.0).
const bitbucketLogo = "M.778 1.213a.768.768 0 00-.768.892l3.263 19.81c.084.5.515.868 1.022.873H19.95a.772.772 0 " +
	"00.77-.646l3.27-20.03a.768.768 0 00-.768-.891zM14.52 15.53H9.522L8.17 8.466h7.561z"
