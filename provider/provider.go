// Package provider has a constructor for each well-known service that users sign in with. [OIDC]
// and [OAuth2] are for all other services.
//
// Each constructor returns a pointer to a new struct. You may change its fields before you pass it
// to cardea.New, but not afterwards:
//
//	github := provider.GitHub(provider.Env("AUTH_GITHUB"))
//	github.Scopes = append(github.Scopes, "read:org")
package provider

import (
	"context"
	"os"

	"github.com/cardea-auth/cardea/oauth"
)

// Client contains the application's registration at a provider.
type Client struct {
	ID     string // the client ID
	Secret string `json:"-"` // the client secret; empty for a public client
	Issuer string // the issuer or address, for providers that have one for each customer
}

// Env returns a Client with the values of the environment variables {prefix}_ID, {prefix}_SECRET
// and {prefix}_ISSUER. If a variable is not set, the field is empty. cardea.New reports the fields
// that a provider requires.
func Env(prefix string) Client {
	return Client{
		ID: os.Getenv(prefix + "_ID"), Secret: os.Getenv(prefix + "_SECRET"), Issuer: os.Getenv(prefix + "_ISSUER"),
	}
}

// OIDC signs users in with any OpenID Connect provider. Its endpoints and keys are discovered at
// c.Issuer, which must be exactly the issuer that the provider publishes. The id is in URLs and in
// the rows of accounts, the name on the sign-in page. The e-mail address is verified if the claim
// email_verified is true.
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

// Endpoints are the URLs of an OAuth 2.0 server. All are required.
type Endpoints struct {
	Authorization string // the authorization endpoint
	Token         string // the token endpoint
	Userinfo      string // responds to a GET with the access token with a JSON object about the user
}

// OAuth2 signs users in with any OAuth 2.0 server that has an endpoint for the user's profile. The
// id is in URLs and in the rows of accounts, the name on the sign-in page. profile maps the
// response of the userinfo endpoint: its ID must be the server's own immutable ID of the user, and
// EmailVerified true only if the server verified the address.
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
