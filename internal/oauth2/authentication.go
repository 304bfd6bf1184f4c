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

// authenticate adds to a request of the token endpoint what proves who the client is: parameters to
// form, headers to the returned ones. It is the one place where this is done, for codes, refresh
// tokens and pushed authorization requests alike.
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
		return header, c.assert(form, jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}, "")
	case PrivateKeyJWT:
		key, err := c.Key.signing()
		if err != nil {
			return nil, fmt.Errorf("client assertion: %w", err)
		}
		return header, c.assert(form, key, c.Key.ID)
	case TLS, SelfSignedTLS, None: // the first two with the connection's certificate (RFC 8705, Section 2)
		form.Set("client_id", c.ID)
	default:
		return nil, errors.New("unknown client authentication method")
	}
	return header, nil
}

// auth returns the authentication method, with its default.
func (c *Client) auth() string {
	switch {
	case c.Auth != "":
		return c.Auth
	case c.Secret != "" || c.MakeSecret != nil:
		return SecretBasic
	}
	return None
}

func (c *Client) secret(ctx context.Context) (string, error) {
	if c.MakeSecret == nil {
		return c.Secret, nil
	}
	secret, err := c.MakeSecret(ctx)
	if err != nil {
		return "", fmt.Errorf("make client secret: %w", err)
	}
	if secret == "" {
		return "", errors.New("make client secret: there is none")
	}
	return secret, nil
}

// formEncode leaves the marks !'()* as they are. Servers that decode read the same either way;
// those that forget to decode read it right more often, and it is what the JavaScript clients send
// that vendors test with.
func formEncode(s string) string { return marks.Replace(url.QueryEscape(s)) }

var marks = strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")
