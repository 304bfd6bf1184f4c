package relyingparty

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/cardea-auth/cardea/oauth"
)

// Refresh redeems a refresh token for a new token answer (RFC 6749 § 6). The ID token is the last
// one of the account, "" if there is none: the provider must not return tokens of another person.
//
// The error is [ErrRevoked] if the provider no longer accepts the refresh token, and [ErrNoRefresh]
// if the provider cannot refresh tokens. After any other error the refresh token may still be
// valid.
func (c *Client) Refresh(ctx context.Context, refreshToken, idToken string) (*oauth2.Token, error) {
	if c.Exchange != nil {
		return nil, ErrNoRefresh
	}
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	client := c.oauth2Client(m, "")
	client.TokenURL = cmp.Or(c.RefreshURL, client.TokenURL)
	t, err := client.Refresh(ctx, refreshToken)
	if refusal, ok := errors.AsType[*oauth2.Error](err); ok && refusal.Revoked() {
		return nil, fmt.Errorf("%w: %w", ErrRevoked, err)
	}
	if err != nil {
		return nil, err
	}
	if t.IDToken != "" && idToken != "" && !c.samePerson(t.IDToken, idToken) {
		// OpenID Connect Core 1.0 § 12.2
		return nil, errors.New("refresh: the new ID token is about another person")
	}
	return t, nil
}

// samePerson reports whether two ID tokens are about the same person. They came from the token
// endpoint itself, so their signatures need not be verified (OpenID Connect Core 1.0 § 3.1.3.7).
func (c *Client) samePerson(one, two string) bool {
	x, y := claimsOf(one), claimsOf(two)
	return x.String("sub") != "" && x.String("sub") == y.String("sub") &&
		c.canonicalIssuer(x.String("iss")) == c.canonicalIssuer(y.String("iss"))
}

// canonicalIssuer returns the Issuer for its alias, and any other issuer as it is.
func (c *Client) canonicalIssuer(iss string) string {
	if c.IssuerAlias != "" && iss == c.IssuerAlias {
		return c.Issuer
	}
	return iss
}

// claimsOf returns the unverified claims of a JWT, and nil for anything else.
func claimsOf(token string) oauth.Claims {
	parts := strings.SplitN(token, ".", 4)
	if len(parts) != 3 {
		return nil
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	claims, err := outbound.Object(text)
	if err != nil {
		return nil
	}
	return claims
}

// IsBound reports whether tokens of this type are bound to a key by DPoP (RFC 9449).
func IsBound(tokenType string) bool { return strings.EqualFold(tokenType, oauth2.DPoP) }
