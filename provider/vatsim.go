package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea"
)

// VATSIM signs users in with an account of the VATSIM network. Create a client of an organization
// that VATSIM has approved at https://auth.vatsim.net/manage/new. Documentation:
// https://vatsim.dev/api/connect-api/, read 2026-11-22. For a client of the sandbox, set c.Issuer
// to https://auth-dev.vatsim.net. The account ID is the CID. Users choose which of their data they
// share. VATSIM does not say whether the e-mail address is verified. There is no picture.
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
