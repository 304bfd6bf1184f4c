package relyingparty

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// Flow holds the secrets that bind the answer of a provider to one authorization request (RFC 9700
// § 4.7.1).
type Flow struct {
	State    string // the state parameter
	Verifier string // the PKCE code_verifier; "" with InsecureSkipPKCE
	Nonce    string // the nonce of the ID token; "" for OAuth2 and with InsecureSkipNonce

	// AuthTime is what max_age demands of the ID token. AuthorizationRequest sets it.
	AuthTime AuthTime
}

// forwardable are the parameters of a sign-in request that reach the provider: hints, from which
// nobody gains anything.
var forwardable = []string{
	"login_hint", "prompt", "ui_locales", "acr_values", "max_age", "display", "screen_hint", "hd",
}

// AuthorizationRequest returns the URL to which the visitor's browser goes to sign in. Query is the
// query of the sign-in request, of which the hints are passed on. They replace nothing that is
// configured.
func (c *Client) AuthorizationRequest(
	ctx context.Context, f *Flow, redirectURI string, query url.Values,
) (string, error) {
	if c.Redirect != nil {
		return c.redirectURL(ctx, *f, redirectURI)
	}
	m, err := c.metadata(ctx)
	if err != nil {
		return "", failed(NotStarted, "%w", err)
	}
	if c.DPoP && m.ProofAlgorithms != nil && !slices.Contains(m.ProofAlgorithms, oauth2.ProofAlgorithm) {
		return "", failed(NotStarted, "DPoP: the provider accepts proofs by %q, not by %s",
			m.ProofAlgorithms, oauth2.ProofAlgorithm)
	}
	client := c.at(m, redirectURI)
	client.Params = c.authorizationParams(m.AuthorizationURL, query)
	f.AuthTime = c.authTime(withQuery(m.AuthorizationURL, client.Params))
	if client.PushURL, err = c.pushURL(m); err != nil {
		return "", failed(NotStarted, "%w", err)
	}
	u, err := client.Start(ctx, f.State, f.Verifier, f.Nonce)
	if err != nil {
		return "", failed(NotStarted, "%w", err)
	}
	return u, nil
}

// withQuery returns the parameters and those in the query of the authorization endpoint.
func withQuery(authorizationURL string, params url.Values) url.Values {
	all := url.Values{}
	if u, err := url.Parse(authorizationURL); err == nil {
		maps.Copy(all, u.Query())
	}
	maps.Copy(all, params)
	return all
}

// authorizationParams adds the hints of the sign-in request to what is configured. Anybody can make
// a visitor's browser send such a request, so its query replaces nothing.
func (c *Client) authorizationParams(authorizationURL string, query url.Values) url.Values {
	params, configured := url.Values{}, withQuery(authorizationURL, c.AuthorizationParams)
	maps.Copy(params, c.AuthorizationParams)
	for _, name := range slices.Concat(forwardable, c.ForwardParams) {
		if v := query.Get(name); v != "" && !configured.Has(name) && isForwardable(name, v) {
			params.Set(name, v)
		}
	}
	if c.FormPost {
		params.Set("response_mode", "form_post")
	}
	return params
}

// isForwardable drops a max_age with which no auth_time can be compared.
func isForwardable(name, value string) bool {
	if name != "max_age" {
		return true
	}
	_, err := maxAge(value)
	return err == nil
}

// pushURL is the endpoint that receives the authorization request, "" if the browser carries it.
func (c *Client) pushURL(m *oidc.Metadata) (string, error) {
	if !m.RequirePush && !c.PushAuthorization && c.PushedAuthorizationURL == "" {
		return "", nil
	}
	if err := outbound.CheckEndpoint(m.PushURL); err != nil {
		return "", fmt.Errorf("the authorization request must be pushed, but the provider's endpoint for that: %w", err)
	}
	return m.PushURL, nil
}
