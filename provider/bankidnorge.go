package provider

import (
	"net/url"

	"github.com/cardea-auth/cardea"
)

// BankIDNorge signs in with a Norwegian BankID, by a client of BankID's OIDC platform (rules: https://developer.bankid.no). The person is told of in
// a signed answer of the userinfo endpoint. The name is the one in the population register; the e-mail is what the person entered, so it counts as
// unverified.
func BankIDNorge(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:                  "bankid-no",
		Name:                "BankID",
		Type:                cardea.OIDC,
		Issuer:              "https://auth.bankid.no/auth/realms/prod",
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		ClientAuth:          cardea.ClientSecretPost,
		AuthorizationParams: url.Values{"ui_locales": {"no"}, "login_hint": {"BIS"}},
		UseUserinfo:         true,
		Userinfo:            cardea.UserinfoRules{Signed: true},
		EmailVerification:   cardea.NeverVerified,
		Style:               cardea.Style{BrandColor: "#39134c"},
	}
}
