package provider

import (
	"context"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea"
)

// BoxyHQ signs in through SAML connections of a SAML Jackson (Ory Polis) server (rules: https://boxyhq.com/docs/jackson/saml-flow). c.Issuer is the
// server's address. The client id and secret are those of one connection; or both are "dummy" and the options, or the visitor's own tenant and
// product as parameters of POST signin, name it.
//
// The e-mail is what the company's identity provider says, and counts as unverified: somebody else's company can say it too.
func BoxyHQ(c Client, o BoxyHQOptions) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:                  "boxyhq-saml",
		Name:                "BoxyHQ SAML",
		Type:                cardea.OAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		AuthorizationURL:    server(c, "") + "/api/oauth/authorize",
		TokenURL:            server(c, "") + "/api/oauth/token",
		UserinfoURL:         server(c, "") + "/api/oauth/userinfo",
		AuthorizationParams: o.params(),
		ForwardParams:       o.forwarded(),
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{
				ID:    raw.String("id"),
				Name:  strings.TrimSpace(raw.String("firstName") + " " + raw.String("lastName")),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: cardea.NeverVerified,
		Style:             cardea.Style{BrandColor: "#25c2a0"},
		Err:               needsIssuer(c),
	}
}

// BoxyHQOptions name one SAML connection. When both are empty, each sign-in names its own.
type BoxyHQOptions struct {
	Tenant  string
	Product string
}

func (o BoxyHQOptions) params() url.Values {
	params := url.Values{"provider": {"saml"}}
	if o != (BoxyHQOptions{}) {
		params.Set("tenant", o.Tenant)
		params.Set("product", o.Product)
	}
	return params
}

func (o BoxyHQOptions) forwarded() []string {
	if o != (BoxyHQOptions{}) {
		return nil
	}
	return []string{"tenant", "product"}
}
