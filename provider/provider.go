// Package provider has a constructor for each service that people sign in with, and two for any
// other: [OIDC] and [OAuth2].
//
// Each returns its configuration as data, which may be changed before it is given to cardea.New:
//
//	github := provider.GitHub(provider.Env("AUTH_GITHUB"))
//	github.Scopes = append(github.Scopes, "read:org")
package provider

import (
	"context"
	"os"

	"github.com/cardea-auth/cardea/oauth"
)

// Client is what a provider knows the application by.
type Client struct {
	ID     string
	Secret string // empty for a public client
	Issuer string // of providers that have one for each customer
}

// Env reads a Client from the environment: {prefix}_ID, {prefix}_SECRET and {prefix}_ISSUER. What
// is not set is empty; cardea.New reports what a provider cannot do without.
func Env(prefix string) Client {
	return Client{
		ID: os.Getenv(prefix + "_ID"), Secret: os.Getenv(prefix + "_SECRET"), Issuer: os.Getenv(prefix + "_ISSUER"),
	}
}

// OIDC is any OpenID Connect provider: its endpoints and keys are discovered at c.Issuer, which
// must be written exactly as the provider writes it. The id is for URLs and the account's row, the
// name for people. The e-mail counts as verified if email_verified is true.
func OIDC(id, name string, c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           id,
		Name:         name,
		Type:         oauth.TypeOIDC,
		Issuer:       c.Issuer,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
	}
}

// Endpoints are the URLs of an OAuth 2.0 server. Userinfo answers a GET with the access token with
// a JSON object about the person.
type Endpoints struct {
	Authorization string
	Token         string
	Userinfo      string
}

// OAuth2 is any OAuth 2.0 server that can tell who signed in. profile maps what the userinfo
// endpoint answers; its ID must be the server's own immutable id of the person, and EmailVerified
// true only if the server verifies addresses.
func OAuth2(
	id, name string, c Client, e Endpoints,
	profile func(ctx context.Context, raw oauth.Claims) (oauth.Profile, error),
) *oauth.Provider {
	return &oauth.Provider{
		ID:               id,
		Name:             name,
		Type:             oauth.TypeOAuth2,
		Issuer:           c.Issuer,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: e.Authorization,
		TokenURL:         e.Token,
		UserinfoURL:      e.Userinfo,
		Profile:          profile,
	}
}
