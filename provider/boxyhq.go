package provider

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// BoxyHQ signs users in through SAML connections of an Ory Polis server, formerly BoxyHQ's SAML
// Jackson. Documentation: https://www.ory.com/docs/polis/sso-flow, read 2026-11-22. c.Issuer is the
// server's address. There are two ways to set it up. Either client ID and secret are those of one
// connection. Or the client ID is "dummy", the secret is "dummy" or the server's
// CLIENT_SECRET_VERIFIER, and the options name the connection, or the visitor's own parameters
// tenant and product of POST signin do. A response for another connection than that of the options
// is refused.
//
// ID and e-mail address come from the company's identity provider, and those of another company may
// send the same. The e-mail address therefore counts as unverified. If each sign-in names its own
// connection, the account ID is tenant, product and ID, joined by slashes.
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

// BoxyHQOptions name one SAML connection. Set both fields or none. If both are empty, each sign-in
// names its own connection.
type BoxyHQOptions struct {
	Tenant  string // the tenant of the connection
	Product string // the product of the connection
}

func (o BoxyHQOptions) check() error {
	if (o.Tenant == "") != (o.Product == "") {
		return errors.New("BoxyHQOptions: set both Tenant and Product, or neither")
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

// identify returns the account ID if the member requested of the response names the connection that
// was asked for. The check is needed because the visitor's browser carries the request to the
// server, and the server does not compare it with the token request if PKCE is used.
func (o BoxyHQOptions) identify(c Client, raw oauth.Claims) (string, error) {
	id, requested := raw.String("id"), raw.Object("requested")
	tenant, product := requested.String("tenant"), requested.String("product")
	switch {
	case requested.String("client_id") != c.ID, !o.open(c) && o != BoxyHQOptions{tenant, product}:
		return "", errors.New("the response is for another connection")
	case !o.open(c):
		return id, nil
	case tenant == "" || product == "" || id == "":
		return "", errors.New("the response does not name its connection and the user")
	}
	return url.PathEscape(tenant) + "/" + url.PathEscape(product) + "/" + id, nil
}
