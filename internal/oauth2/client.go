// Package oauth2 is a client of the OAuth 2.0 authorization code flow (RFC 6749) with PKCE (RFC
// 7636). It knows nothing of users, cookies or sessions.
package oauth2

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The methods by which a client authenticates at the token endpoint (OpenID Connect Core 1.0 § 9,
// RFC 8705 § 2).
const (
	SecretBasic   = "client_secret_basic"         // the secret in the header Authorization
	SecretPost    = "client_secret_post"          // the secret among the parameters
	SecretJWT     = "client_secret_jwt"           // an assertion signed with the secret (HS256)
	PrivateKeyJWT = "private_key_jwt"             // an assertion signed with a private key
	TLS           = "tls_client_auth"             // the certificate of the connection, from a CA
	SelfSignedTLS = "self_signed_tls_client_auth" // the certificate of the connection, registered itself
	None          = "none"                        // nothing: a public client
)

// Client is a client registered at an authorization server. Its methods do not change it and may be
// called concurrently.
type Client struct {
	ID     string // the client_id
	Secret string // the client_secret; "" if there is none or MakeSecret is set

	// Auth is the method by which the client authenticates. Defaults to SecretBasic with a secret
	// and None without. For TLS and SelfSignedTLS, HTTP must present the certificate.
	Auth string

	// Key signs the assertions of PrivateKeyJWT.
	Key Key

	// Audience is the aud claim of the assertions of SecretJWT and PrivateKeyJWT: the issuer
	// identifier of the server.
	Audience string

	// AssertionAlgorithms are those that the server accepts for the assertions of PrivateKeyJWT;
	// nil if it does not publish them. They matter if the Key has no Algorithm.
	AssertionAlgorithms []string

	// MakeSecret, if set, makes a new secret for each request, instead of Secret. Its errors must
	// not contain the secret or a key.
	MakeSecret func(ctx context.Context) (string, error)

	// Prover makes DPoP proofs (RFC 9449) when the server requires one. Nil if the client has no
	// DPoP key.
	Prover *Prover

	// RequireDPoP requests only DPoP-bound tokens and accepts no others. It needs a Prover.
	RequireDPoP bool

	// AuthorizationURL is the authorization endpoint.
	AuthorizationURL string

	// PushURL is the endpoint of pushed authorization requests (RFC 9126). If it is "", the
	// parameters of the authorization request are sent through the browser.
	PushURL string

	TokenURL       string     // the token endpoint
	RedirectURI    string     // the redirect_uri
	Scopes         []string   // of the authorization request; none sends no scope parameter
	ScopeSeparator string     // between Scopes; defaults to a space
	Params         url.Values // more parameters of the authorization request; see AuthorizationRequest
	Fragment       string     // of the authorization request's URL
	IDParam        string     // the parameter of the authorization request with ID; defaults to client_id
	SkipPKCE       bool       // sends no code_challenge, for a server that refuses it
	Rules          Rules      // of the token endpoint

	HTTP *http.Client     // sends the requests; required
	Now  func() time.Time // the present time, for Token.Expires and assertions; defaults to time.Now
}

// reserved are the parameters of the authorization request that Params cannot set, whether or not
// the flow sends them. A request object (request, request_uri of RFC 9101) would replace all other
// parameters.
var reserved = []string{
	"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
	"request", "request_uri", "client_secret", "dpop_jkt",
}

// AuthorizationRequest returns the URL that starts the flow in the browser (RFC 6749 § 4.1.1). It
// has the S256 challenge of the verifier (RFC 7636 § 4.2) unless SkipPKCE is set, and the nonce
// unless that is empty. Params, and the query parameters of the endpoint itself, are kept unless
// the flow has a use for their names. An empty state is an error, as is a verifier that is not 43
// to 128 characters long.
func (c *Client) AuthorizationRequest(state, verifier, nonce string) (string, error) {
	params, err := c.authorizationParams(state, verifier, nonce)
	if err != nil {
		return "", err
	}
	return c.authorizationURL(params)
}

func (c *Client) authorizationParams(state, verifier, nonce string) (url.Values, error) {
	if state == "" {
		return nil, errors.New("authorization request: no state")
	}
	if !c.SkipPKCE && (len(verifier) < 43 || len(verifier) > 128) {
		// RFC 7636, Section 4.1
		return nil, errors.New("authorization request: code verifier is not 43 to 128 characters long")
	}
	q := url.Values{}
	maps.Copy(q, c.Params)
	for _, name := range reserved {
		q.Del(name)
	}
	q.Set("response_type", "code")
	q.Set(c.idParam(), c.ID)
	q.Set("redirect_uri", c.RedirectURI)
	q.Set("state", state)
	if !c.SkipPKCE {
		q.Set("code_challenge", challenge(verifier))
		q.Set("code_challenge_method", "S256")
	}
	if len(c.Scopes) > 0 {
		q.Set("scope", strings.Join(c.Scopes, cmp.Or(c.ScopeSeparator, " ")))
	}
	if nonce != "" {
		q.Set("nonce", nonce)
	}
	if c.RequireDPoP {
		q.Set("dpop_jkt", c.Prover.thumbprint) // binds the code to the key, too: RFC 9449, Section 10
	}
	return q, nil
}

func (c *Client) idParam() string { return cmp.Or(c.IDParam, "client_id") }

// authorizationURL returns the authorization endpoint with these parameters added to its own query,
// except for reserved ones in that.
func (c *Client) authorizationURL(params url.Values) (string, error) {
	u, err := url.Parse(c.AuthorizationURL)
	if err != nil {
		return "", errors.New("authorization request: endpoint is not a URL")
	}
	q := u.Query()
	for _, name := range reserved {
		q.Del(name)
	}
	maps.Copy(q, params)
	u.RawQuery, u.Fragment = q.Encode(), c.Fragment
	return u.String(), nil
}

// challenge returns the S256 challenge of a verifier.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
