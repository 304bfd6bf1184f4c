package provider

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// BoxyHQ signs in through SAML connections of an Ory Polis server, which was BoxyHQ's SAML Jackson
// (rules: https://www.ory.com/docs/polis/sso-flow, read 2026-11-22). c.Issuer is the server's
// address. The client id and secret are those of one connection; or the id is "dummy", the secret
// "dummy" or the server's CLIENT_SECRET_VERIFIER, and the options, or the visitor's own tenant and
// product as parameters of POST signin, name the connection. An answer for another one than the
// options name is refused.
//
// The id and the e-mail are what the company's identity provider says, and somebody else's company
// can say them too. So the e-mail counts as unverified, and where each sign-in names its own
// connection, the account's id is tenant, product and id, with slashes between.
func BoxyHQ(c Client, o BoxyHQOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "boxyhq-saml",
		Name:                "BoxyHQ SAML",
		Type:                oauth.TypeOAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		ClientAuth:          oauth.AuthClientSecretPost,
		AuthorizationURL:    server(c, "") + "/api/oauth/authorize",
		TokenURL:            server(c, "") + "/api/oauth/token",
		UserinfoURL:         server(c, "") + "/api/oauth/userinfo",
		AuthorizationParams: o.params(),
		ForwardParams:       o.forwarded(c),
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			id, err := o.identify(c, raw)
			if err != nil {
				return oauth.Profile{}, err
			}
			return oauth.Profile{
				ID:    id,
				Name:  strings.TrimSpace(raw.String("firstName") + " " + raw.String("lastName")),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#25c2a0"},
		Err:               errors.Join(needsIssuer(c), o.check()),
	}
}

// BoxyHQOptions name one SAML connection. When both are empty, each sign-in names its own.
type BoxyHQOptions struct {
	Tenant  string
	Product string
}

func (o BoxyHQOptions) check() error {
	if (o.Tenant == "") != (o.Product == "") {
		return errors.New("BoxyHQOptions: set both Tenant and Product, or none of them")
	}
	return nil
}

func (o BoxyHQOptions) params() url.Values {
	params := url.Values{"provider": {"saml"}}
	if o != (BoxyHQOptions{}) {
		params.Set("tenant", o.Tenant)
		params.Set("product", o.Product)
	}
	return params
}

// open reports whether each sign-in names its own connection.
func (o BoxyHQOptions) open(c Client) bool { return c.ID == "dummy" && o == BoxyHQOptions{} }

func (o BoxyHQOptions) forwarded(c Client) []string {
	if o.open(c) {
		return []string{"tenant", "product"}
	}
	return nil
}

// identify returns the account's id, if requested, which the server adds to its answer, is what was
// asked for. The visitor's browser has brought that to the server, which does not compare it with
// the token request where there is PKCE.
func (o BoxyHQOptions) identify(c Client, raw oauth.Claims) (string, error) {
	id, requested := raw.String("id"), raw.Object("requested")
	tenant, product := requested.String("tenant"), requested.String("product")
	switch {
	case requested.String("client_id") != c.ID, !o.open(c) && o != BoxyHQOptions{tenant, product}:
		return "", errors.New("the answer is for another connection")
	case !o.open(c):
		return id, nil
	case tenant == "" || product == "" || id == "":
		return "", errors.New("the answer does not name its connection and the person")
	}
	return url.PathEscape(tenant) + "/" + url.PathEscape(product) + "/" + id, nil
}
