// Package oauth is the client's side of the OAuth 2.0 authorization code flow (RFC 6749) with PKCE (RFC 7636): plain data in, plain data out.
// It knows nothing of users, cookies or sessions.
package oauth

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The ways in which a client authenticates at the token endpoint (OpenID Connect Core 1.0 § 9).
const (
	SecretBasic = "client_secret_basic"
	SecretPost  = "client_secret_post"
	None        = "none"
)

// Client is a client registered at an authorization server. Its methods do not change it and may be called concurrently.
type Client struct {
	ID     string
	Secret string
	Auth   string // SecretBasic, SecretPost or None; empty is SecretBasic with a secret and None without

	AuthorizationURL string
	TokenURL         string
	RedirectURI      string
	Scopes           []string   // sent joined by spaces; none sends no scope parameter
	Params           url.Values // added to the authorization request; cannot replace what the flow sets

	HTTP *http.Client     // required
	Now  func() time.Time // for Token.Expires; defaults to time.Now
}

// reserved are the parameters of the authorization request that Params cannot set, whether or not the flow sends them: a request object
// (RFC 9101) would replace all of the others.
var reserved = []string{
	"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
	"request", "request_uri", "client_secret",
}

// AuthorizationRequest returns the URL that starts the flow in the visitor's browser (RFC 6749 § 4.1.1). The challenge of the verifier is
// always in it, by S256 (RFC 7636 § 4.2); the nonce when it is not empty. The endpoint's own query parameters are kept. An empty state, or a
// verifier that is not 43 to 128 characters long, is an error.
func (c *Client) AuthorizationRequest(state, verifier, nonce string) (string, error) {
	if state == "" {
		return "", errors.New("authorization request: no state")
	}
	if len(verifier) < 43 || len(verifier) > 128 {
		return "", errors.New("authorization request: code verifier is not 43 to 128 characters long") // RFC 7636, Section 4.1
	}
	u, err := url.Parse(c.AuthorizationURL)
	if err != nil {
		return "", errors.New("authorization request: endpoint is not a URL")
	}
	q := u.Query()
	for name, values := range c.Params {
		q[name] = values
	}
	for _, name := range reserved {
		q.Del(name)
	}
	q.Set("response_type", "code")
	q.Set("client_id", c.ID)
	q.Set("redirect_uri", c.RedirectURI)
	q.Set("state", state)
	q.Set("code_challenge", challenge(verifier))
	q.Set("code_challenge_method", "S256")
	if len(c.Scopes) > 0 {
		q.Set("scope", strings.Join(c.Scopes, " "))
	}
	if nonce != "" {
		q.Set("nonce", nonce)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// auth returns the authentication method, with its default.
func (c *Client) auth() string {
	switch {
	case c.Auth != "":
		return c.Auth
	case c.Secret != "":
		return SecretBasic
	}
	return None
}

// formEncode leaves the marks !'()* as they are. Servers that decode read the same either way; those that forget to decode read it right more
// often, and it is what the JavaScript clients send that vendors test with.
func formEncode(s string) string { return marks.Replace(url.QueryEscape(s)) }

var marks = strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")
