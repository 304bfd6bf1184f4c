package oauth2

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

	"github.com/cardea-auth/cardea/internal/jsonvalue"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// The types of access tokens, in lower case.
const (
	Bearer = "bearer" // RFC 6750
	DPoP   = "dpop"   // RFC 9449
)

// Token is a successful response of the token endpoint (RFC 6749 § 5.1).
type Token struct {
	Access       string         // the access token, never empty
	Refresh      string         // the refresh token; "" if the server sent none
	Type         string         // Bearer or DPoP
	Scope        string         // the scopes, separated by spaces; "" if the server sent none
	IDToken      string         // the ID token, not verified; "" if the server sent none
	SessionState string         // session_state of OpenID Connect Session Management; "" if the server sent none
	Expires      time.Time      // when Access expires, in whole seconds, UTC; zero if unknown
	Raw          map[string]any // all members of the response; numbers are json.Number
}

// Exchange exchanges an authorization code for tokens (RFC 6749 § 4.1.3). An error response of the
// server is an [*Error]. Errors contain neither the code, the verifier, the secret nor a token.
func (c *Client) Exchange(ctx context.Context, code, verifier string) (*Token, error) {
	t, err := c.exchange(ctx, code, verifier)
	if err != nil {
		return nil, fmt.Errorf("exchange code: %w", err)
	}
	return t, nil
}

// exchange is Exchange without the prefix of its errors.
func (c *Client) exchange(ctx context.Context, code, verifier string) (*Token, error) {
	if code == "" {
		return nil, errors.New("no code")
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.RedirectURI}}
	if !c.SkipPKCE {
		form.Set("code_verifier", verifier)
	}
	return c.requestToken(ctx, form)
}

// requestToken sends a grant, a code or a refresh token, to the token endpoint (RFC 6749 § 4.1.3
// and § 6). If the server answers that it requires a DPoP proof, the request is repeated with one:
// a server checks the proof before it uses up the grant.
func (c *Client) requestToken(ctx context.Context, form url.Values) (*Token, error) {
	t, err := c.requestTokenOnce(ctx, form, c.RequireDPoP)
	if !c.RequireDPoP && c.Prover != nil && requiresProof(err) {
		return c.requestTokenOnce(ctx, form, true)
	}
	return t, err
}

func (c *Client) requestTokenOnce(ctx context.Context, form url.Values, bound bool) (*Token, error) {
	resp, err := c.send(func() (*http.Request, error) { return c.tokenRequest(ctx, form) }, bound, "")
	if err != nil {
		return nil, err
	}
	return c.Rules.parse(resp, bound, c.now())
}

// ParseTokenResponse returns the token of a token response that was fetched in another way and has
// the standard's names. It applies the same checks as [Client.Exchange].
func (c *Client) ParseTokenResponse(raw map[string]any) (*Token, error) {
	if code, isError := errorIn(raw); isError {
		return nil, fmt.Errorf("exchange code: %w", &Error{Code: code, Status: http.StatusOK})
	}
	t, err := newToken(raw, false, c.now())
	if err != nil {
		return nil, fmt.Errorf("exchange code: %w", err)
	}
	return t, nil
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// parse returns the token of a response of the token endpoint.
func (r Rules) parse(resp *outbound.Response, bound bool, now time.Time) (*Token, error) {
	raw, err := r.response(resp)
	if err != nil {
		return nil, err
	}
	return newToken(raw, bound, now)
}

// newToken accepts the harmless deviations of vendors: a missing token_type, a lifetime as text, a
// list of scopes, null for a missing member. Everything else must be as the standard says. If the
// token was requested as DPoP-bound, token_type must be DPoP: anybody could use a token that is not
// bound (RFC 9449 § 5).
func newToken(raw map[string]any, bound bool, now time.Time) (*Token, error) {
	t := &Token{
		Access:       jsonvalue.String(raw["access_token"]),
		Refresh:      jsonvalue.String(raw["refresh_token"]),
		Type:         Bearer,
		Scope:        scope(raw["scope"]),
		IDToken:      jsonvalue.String(raw["id_token"]),
		SessionState: jsonvalue.String(raw["session_state"]),
		Expires:      expiry(raw["expires_in"], now),
		Raw:          raw,
	}
	if bound {
		t.Type = DPoP
	}
	typeMissing := !bound && (raw["token_type"] == nil || raw["token_type"] == "")
	switch {
	case t.Access == "":
		return nil, errors.New("answer has no access_token")
	// RFC 6749, Section 7.1: a token of unknown type must not be used
	case !typeMissing && !strings.EqualFold(jsonvalue.String(raw["token_type"]), t.Type):
		return nil, errors.New("token_type is not " + t.Type)
	}
	return t, nil
}

// scope returns the scopes separated by spaces. Vendors also send lists, and text with commas. If
// the text has a space, a comma is part of a scope.
func scope(v any) string {
	list, ok := v.([]any)
	if !ok {
		s := strings.TrimSpace(jsonvalue.String(v))
		if strings.Contains(s, " ") {
			return s
		}
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ',' }), " ")
	}
	var scopes []string
	for _, v := range list {
		if s := jsonvalue.String(v); s != "" {
			scopes = append(scopes, s)
		}
	}
	return strings.Join(scopes, " ")
}

// expiry returns when a token with a lifetime in seconds expires. It returns the zero time for a
// lifetime that is not a number from one second to a hundred years. A token whose end is unknown is
// used until the server refuses it.
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
