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

	// Confirms says that the person is known, and that the provider must ask them again. The caller
	// sets it if [Client.CanConfirm].
	Confirms bool

	// AuthTime is what max_age demands of the ID token. AuthorizationRequest sets it.
	AuthTime AuthTime
}

// forwardable are the parameters of a sign-in request that are passed on to the provider. They are
// only hints: a forged one proves nothing and changes no check of this site.
var forwardable = []string{
	"login_hint", "prompt", "ui_locales", "acr_values", "max_age", "display", "screen_hint", "hd",
}

// AuthorizationRequest returns the URL to which the visitor's browser goes to sign in. Query is the
// query of the sign-in request; its hints are passed on, and replace nothing that is configured. It
// sets f.AuthTime. A failure is an [Error].
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
	client := c.oauth2Client(m, redirectURI)
	client.Params = c.authorizationParams(m.AuthorizationURL, query)
	if f.Confirms && !c.InsecureSkipAuthTime {
		askAgain(withQuery(m.AuthorizationURL, client.Params), client.Params)
	}
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

// authorizationParams returns the parameters that the flow itself does not set: what is configured,
// and the hints of the sign-in request. Anybody can make a visitor's browser send such a request,
// so its query replaces nothing.
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

// pushURL returns the endpoint for the pushed authorization request, and "" if the browser carries
// the parameters.
func (c *Client) pushURL(m *oidc.Metadata) (string, error) {
	if !m.RequirePush && !c.PushAuthorization && c.PushedAuthorizationURL == "" {
		return "", nil
	}
	if err := outbound.CheckEndpoint(m.PushURL); err != nil {
		return "", fmt.Errorf("the provider's endpoint for pushed authorization requests: %w", err)
	}
	return m.PushURL, nil
}
