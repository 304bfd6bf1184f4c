package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// VATSIM signs users in with an account of the VATSIM network. Create a client of an organization
// that VATSIM has approved at https://auth.vatsim.net/manage/new. Documentation:
// https://vatsim.dev/api/connect-api/, read 2026-11-22. For a client of the sandbox, set c.Issuer
// to https://auth-dev.vatsim.net. The account ID is the CID. Users choose which of their data they
// share. VATSIM does not say whether the e-mail address is verified. There is no picture.
func VATSIM(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "vatsim",
		Name:             "VATSIM",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: server(c, "https://auth.vatsim.net") + "/oauth/authorize",
		TokenURL:         server(c, "https://auth.vatsim.net") + "/oauth/token",
		UserinfoURL:      server(c, "https://auth.vatsim.net") + "/api/user",
		Scopes:           []string{"full_name", "email"},
		Token:            oauth.TokenRules{Names: map[string]string{"scope": "scopes"}},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			member := raw.Object("data")
			return oauth.Profile{
				ID:    member.String("cid"),
				Name:  cmp.Or(member.String("personal", "name_full"), member.String("cid")),
				Email: member.String("personal", "email"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#2483c5"},
	}
}
