package oauth2

import (
	"context"
	"errors"
	"fmt"
	"net/url"
)

// Refresh asks the token endpoint for a new access token (RFC 6749 § 6), with the scope that was
// granted. Token.Refresh is empty where the server goes on accepting the one that was sent;
// otherwise that one is spent. What the server refuses is an [*Error]. Errors hold neither the
// secret nor a token.
func (c *Client) Refresh(ctx context.Context, refreshToken string) (*Token, error) {
	if refreshToken == "" {
		return nil, errors.New("refresh: no refresh token")
	}
	t, err := c.grant(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
	if err != nil {
		return nil, fmt.Errorf("refresh: %w", err)
	}
	return t, nil
}

// Revoked reports whether the server has refused the grant itself (RFC 6749 § 5.2), so that only
// the person can give another. A server that is out of order may say so of any grant.
func (e *Error) Revoked() bool {
	return e.Status < 500 && (e.Code == "invalid_grant" || e.Code == "bad_refresh_token") // the latter is GitHub's
}
