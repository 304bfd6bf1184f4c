package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea"
)

// VATSIM signs in with a member of the VATSIM network, by a client of an organization that VATSIM
// has approved (https://auth.vatsim.net/manage/new; rules: https://vatsim.dev/api/connect-api/,
// read 2026-11-22), or, with c.Issuer https://auth-dev.vatsim.net, by one of the sandbox. The
// account's id is the CID. People choose which of their data they share. Whether the e-mail was
// verified is not told. There is no picture.
func VATSIM(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "vatsim",
		Name:             "VATSIM",
		Type:             cardea.TypeOAuth,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       cardea.AuthClientSecretPost,
		AuthorizationURL: server(c, "https://auth.vatsim.net") + "/oauth/authorize",
		TokenURL:         server(c, "https://auth.vatsim.net") + "/oauth/token",
		UserinfoURL:      server(c, "https://auth.vatsim.net") + "/api/user",
		Scopes:           []string{"full_name", "email"},
		Token:            cardea.TokenRules{Names: map[string]string{"scope": "scopes"}},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			member := raw.Object("data")
			return cardea.Profile{
				ID:    member.String("cid"),
				Name:  cmp.Or(member.String("personal", "name_full"), member.String("cid")),
				Email: member.String("personal", "email"),
			}, nil
		},
		EmailVerification: cardea.EmailNeverVerified,
		Style:             cardea.Style{BrandColor: "#2483c5"},
	}
}
