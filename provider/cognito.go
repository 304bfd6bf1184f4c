package provider

import "github.com/cardea-auth/cardea"

// Cognito signs in with an account of a user pool at Amazon Cognito, by an app client of it (https://console.aws.amazon.com/cognito; rules:
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-userpools-server-contract-reference.html). c.Issuer is
// https://cognito-idp.{region}.amazonaws.com/{user pool id}; c.Secret is empty for an app client without one. The e-mail is verified if Cognito says
// so, which for people who come from another identity provider is what the attribute mapping makes of it.
func Cognito(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:           "cognito",
		Name:         "Cognito",
		Type:         cardea.OIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		Style:        cardea.Style{BrandColor: "#c17b9e"},
	}
}
