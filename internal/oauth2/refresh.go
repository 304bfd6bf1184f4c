package oauth2

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// Refresh requests a new access token (RFC 6749 § 6) with the scope that was granted. If
// Token.Refresh is empty, the refresh token stays valid; otherwise Token.Refresh replaces it. An
// error response of the server is an [*Error]. Errors contain neither the secret nor a token.
func (c *Client) Refresh(ctx context.Context, refreshToken string) (*Token, error) {
	if refreshToken == "" {
		return nil, errors.New("refresh: no refresh token")
	}
	t, err := c.requestToken(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
	if err != nil {
		return nil, fmt.Errorf("refresh: %w", err)
	}
	return t, nil
}

// Revoked reports whether the grant expired or was revoked (RFC 6749 § 5.2), so that the user has
// to sign in again. A response with a status of 500 or more does not count: a server that is
// failing may send the same code for any grant.
func (e *Error) Revoked() bool {
	return e.Status < 500 && (e.Code == "invalid_grant" || e.Code == "bad_refresh_token") // the latter: GitHub
}
