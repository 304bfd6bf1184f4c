// Package oauth2 is the client's side of the OAuth 2.0 authorization code flow (RFC 6749) with PKCE
// (RFC 7636): plain data in, plain data out. It knows nothing of users, cookies or sessions.
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

// The ways in which a client authenticates at the token endpoint (OpenID Connect Core 1.0 § 9, RFC
// 8705 § 2).
const (
	SecretBasic   = "client_secret_basic"
	SecretPost    = "client_secret_post"
	SecretJWT     = "client_secret_jwt"
	PrivateKeyJWT = "private_key_jwt"
	TLS           = "tls_client_auth"
	SelfSignedTLS = "self_signed_tls_client_auth"
	None          = "none"
)

// Client is a client registered at an authorization server. Its methods do not change it and may be
// called concurrently.
type Client struct {
	ID     string
	Secret string
	// empty is SecretBasic with a secret and None without; for TLS and SelfSignedTLS, HTTP must
	// present the certificate
	Auth string

	Key      Key    // of PrivateKeyJWT
	Audience string // of the assertions of SecretJWT and PrivateKeyJWT: the server's issuer

	// MakeSecret returns the secret where it is made for the occasion, in the place of Secret. Its
	// error must hold nothing of it.
	MakeSecret func(ctx context.Context) (string, error)

	Prover *Prover // binds tokens to its key (RFC 9449) where the server demands it; nil binds none
	Bind   bool    // binds them wherever they come from, and takes no others; Prover is required then

	AuthorizationURL string
	PushURL          string // takes the authorization request from here (RFC 9126); "" leaves that to the browser
	TokenURL         string
	RedirectURI      string
	Scopes           []string   // none sends no scope parameter
	ScopeSeparator   string     // defaults to a space
	Params           url.Values // added to the authorization request; cannot replace what the flow sets
	Fragment         string     // of the authorization request
	IDParam          string     // name of the parameter with ID in it; defaults to client_id
	SkipPKCE           bool       // the server refuses a code_challenge
	Rules            Rules      // of the token endpoint

	HTTP *http.Client     // required
	Now  func() time.Time // for Token.Expires; defaults to time.Now
}

// reserved are the parameters of the authorization request that Params cannot set, whether or not
// the flow sends them: a request object (RFC 9101) would replace all of the others.
var reserved = []string{
	"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
	"request", "request_uri", "client_secret", "dpop_jkt",
}

// AuthorizationRequest returns the URL that starts the flow in the visitor's browser (RFC 6749 §
// 4.1.1). The challenge of the verifier is always in it, by S256 (RFC 7636 § 4.2), but with SkipPKCE;
// the nonce when it is not empty. The endpoint's own query parameters are kept. An empty state, or
// a verifier that is not 43 to 128 characters long, is an error.
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
	if c.Bind {
		q.Set("dpop_jkt", c.Prover.thumbprint) // RFC 9449, Section 10: the code, too, is bound
	}
	return q, nil
}

func (c *Client) idParam() string { return cmp.Or(c.IDParam, "client_id") }

// authorizationURL is the authorization endpoint with these parameters. Of its own query those are
// left out that the flow reserves.
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

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
