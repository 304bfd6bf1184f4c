package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// Token is what the token endpoint granted (RFC 6749 § 5.1).
type Token struct {
	Access       string         // never empty
	Refresh      string         // "" when none was given
	Type         string         // in lower case; always "bearer"
	Scope        string         // separated by spaces; "" when not told
	IDToken      string         // as received, not verified; "" when none was given
	SessionState string         // "" when none was given
	Expires      time.Time      // when Access expires, in whole seconds, UTC; zero when not told
	Raw          map[string]any // the whole answer; numbers are json.Number
}

// Exchange redeems an authorization code at the token endpoint (RFC 6749 § 4.1.3). What the server refuses is an [*Error]. Errors hold neither
// the code, the verifier, the secret nor a token.
func (c *Client) Exchange(ctx context.Context, code, verifier string) (*Token, error) {
	t, err := c.exchange(ctx, code, verifier)
	if err != nil {
		return nil, fmt.Errorf("exchange code: %w", err)
	}
	return t, nil
}

func (c *Client) exchange(ctx context.Context, code, verifier string) (*Token, error) {
	if code == "" {
		return nil, errors.New("no code")
	}
	req, err := c.tokenRequest(ctx, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {code},
		"redirect_uri":  {c.RedirectURI},
		"code_verifier": {verifier},
	})
	if err != nil {
		return nil, err
	}
	resp, err := outbound.Do(c.HTTP, req)
	if err != nil {
		return nil, err
	}
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	return parseToken(resp.Status, resp.Body, now())
}

// tokenRequest returns a request with the form and what proves who the client is.
func (c *Client) tokenRequest(ctx context.Context, form url.Values) (*http.Request, error) {
	switch c.auth() {
	case SecretBasic:
	case SecretPost:
		form.Set("client_id", c.ID)
		form.Set("client_secret", c.Secret)
	case None:
		form.Set("client_id", c.ID)
	default:
		return nil, errors.New("unknown client authentication method")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("endpoint is not a URL")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.auth() == SecretBasic {
		req.SetBasicAuth(formEncode(c.ID), formEncode(c.Secret)) // RFC 6749, Section 2.3.1: both are form-encoded first
	}
	return req, nil
}

// parseToken is lenient where vendors are sloppy and harmless (a missing type, a lifetime as text, a scope as list, null for absent), and
// strict where a sloppy answer could pass for a token.
func parseToken(status int, body []byte, now time.Time) (*Token, error) {
	raw, err := outbound.Object(body)
	if status != http.StatusOK || refused(raw) { // GitHub and others refuse with status 200
		return nil, &Error{Code: Code(text(raw["error"])), Status: status}
	}
	if err != nil {
		return nil, err
	}
	t := &Token{
		Access:       text(raw["access_token"]),
		Refresh:      text(raw["refresh_token"]),
		Type:         "bearer",
		Scope:        scope(raw["scope"]),
		IDToken:      text(raw["id_token"]),
		SessionState: text(raw["session_state"]),
		Expires:      expiry(raw["expires_in"], now),
		Raw:          raw,
	}
	if t.Access == "" {
		return nil, errors.New("answer has no access_token")
	}
	if typ := raw["token_type"]; typ != nil && typ != "" && !strings.EqualFold(text(typ), "bearer") {
		return nil, errors.New("token_type is not bearer") // RFC 6749, Section 7.1: a token of unknown type must not be used
	}
	return t, nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func scope(v any) string {
	list, ok := v.([]any)
	if !ok {
		return text(v)
	}
	var names []string
	for _, name := range list {
		if s := text(name); s != "" {
			names = append(names, s)
		}
	}
	return strings.Join(names, " ")
}

// expiry returns zero for a lifetime that makes no sense; a token without known end is tried until it is refused.
func expiry(v any, now time.Time) time.Time {
	var digits string
	switch v := v.(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = strings.TrimSpace(v)
	}
	seconds, err := strconv.ParseFloat(digits, 64)
	const century = 100 * 365 * 24 * 60 * 60
	if err != nil || !(seconds >= 1 && seconds <= century) {
		return time.Time{}
	}
	return time.Unix(now.Unix()+int64(seconds), 0).UTC()
}
