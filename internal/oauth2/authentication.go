package oauth2

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// authenticate adds the client's credentials to a request: it adds parameters to form and returns
// headers. All requests that are authenticated go through it: for codes, for refresh tokens and
// pushed authorization requests.
func (c *Client) authenticate(ctx context.Context, form url.Values) (http.Header, error) {
	header := http.Header{}
	secret, err := c.secret(ctx)
	if err != nil {
		return nil, err
	}
	switch c.auth() {
	case SecretBasic:
		r := http.Request{Header: header}
		r.SetBasicAuth(formEncode(c.ID), formEncode(secret)) // RFC 6749, Section 2.3.1: both are form-encoded first
	case SecretPost:
		form.Set("client_id", c.ID)
		form.Set("client_secret", secret)
	case SecretJWT:
		return header, c.addAssertion(form, jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}, "")
	case PrivateKeyJWT:
		key, err := c.Key.signing(c.AssertionAlgorithms)
		if err != nil {
			return nil, fmt.Errorf("client assertion: %w", err)
		}
		return header, c.addAssertion(form, key, c.Key.ID)
	case TLS, SelfSignedTLS, None: // TLS: the certificate of the connection authenticates (RFC 8705, Section 2)
		form.Set("client_id", c.ID)
	default:
		return nil, errors.New("unknown client authentication method")
	}
	return header, nil
}

// auth returns the authentication method.
func (c *Client) auth() string {
	switch {
	case c.Auth != "":
		return c.Auth
	case c.Secret != "" || c.MakeSecret != nil:
		return SecretBasic
	}
	return None
}

// secret returns the client secret, made for this request if there is MakeSecret.
func (c *Client) secret(ctx context.Context) (string, error) {
	if c.MakeSecret == nil {
		return c.Secret, nil
	}
	secret, err := c.MakeSecret(ctx)
	if err != nil {
		return "", fmt.Errorf("make client secret: %w", err)
	}
	if secret == "" {
		return "", errors.New("make client secret: it is empty")
	}
	return secret, nil
}

// formEncode encodes as the form encoding does, but leaves the characters !'()* as they are.
// Servers that decode get the same text. Servers that forget to decode get the right text more
// often, and the JavaScript clients that vendors test with send the same.
func formEncode(s string) string { return marks.Replace(url.QueryEscape(s)) }

var marks = strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")
