package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// VATSIM signs in with a member of the VATSIM network, by a client of an organization that VATSIM
// has approved (https://auth.vatsim.net/manage/new; rules: https://vatsim.dev/api/connect-api/,
// read 2026-11-22), or, with c.Issuer https://auth-dev.vatsim.net, by one of the sandbox. The
// account's id is the CID. People choose which of their data they share. Whether the e-mail was
// verified is not told. There is no picture.
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
