package provider

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// BankIDNorge signs users in with a Norwegian BankID. It needs a client of BankID's OIDC platform.
// Documentation: https://developer.bankid.no/bankid-oidc-provider/api/authorize and
// https://developer.bankid.no/bankid-oidc-provider/core-concepts/id-token, read 2026-11-22. The
// account ID is the claim bankid_altsub, because BankID says that sub may change. The name is the
// one in the user's certificate. There is no e-mail address. Only another service of BankID returns
// the address that the user entered, and nobody has verified it.
func BankIDNorge(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "bankid-no",
		Name:                "BankID",
		Type:                oauth.TypeOIDC,
		Issuer:              "https://auth.bankid.no/auth/realms/prod",
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		ClientAuth:          oauth.AuthClientSecretPost,
		AuthorizationParams: url.Values{"ui_locales": {"no"}, "login_hint": {"BIS"}},
		Scopes:              []string{"openid", "profile"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID: raw.String("bankid_altsub"),
				Name: cmp.Or(strings.TrimSpace(raw.String("given_name")+" "+raw.String("family_name")),
					raw.String("name")),
			}, nil
		},
		EmailVerification: oauth.EmailNotGiven,
		Style:             oauth.Style{BrandColor: "#39134c"},
	}
}
