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
)

// The types of tokens, in lower case.
const (
	Bearer = "bearer"
	DPoP   = "dpop"
)

// Token is what the token endpoint granted (RFC 6749 § 5.1).
type Token struct {
	Access       string         // never empty
	Refresh      string         // "" when none was given
	Type         string         // Bearer or DPoP
	Scope        string         // separated by spaces; "" when not told
	IDToken      string         // as received, not verified; "" when none was given
	SessionState string         // "" when none was given
	Expires      time.Time      // when Access expires, in whole seconds, UTC; zero when not told
	Raw          map[string]any // the whole answer; numbers are json.Number
}

// Exchange redeems an authorization code at the token endpoint (RFC 6749 § 4.1.3). What the server
// refuses is an [*Error]. Errors hold neither the code, the verifier, the secret nor a token.
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
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {c.RedirectURI}}
	if !c.SkipPKCE {
		form.Set("code_verifier", verifier)
	}
	return c.grant(ctx, form)
}

// grant asks the token endpoint for tokens, by whatever form proves that they may be given (RFC
// 6749 § 4.1.3 and § 6). A server looks at the proof before it spends what the form has, so that
// one which demands a proof can be asked again with it.
func (c *Client) grant(ctx context.Context, form url.Values) (*Token, error) {
	t, err := c.ask(ctx, form, c.Bind)
	if !c.Bind && c.Prover != nil && demandsProof(err) {
		return c.ask(ctx, form, true)
	}
	return t, err
}

func (c *Client) ask(ctx context.Context, form url.Values, bound bool) (*Token, error) {
	resp, err := c.do(func() (*http.Request, error) { return c.tokenRequest(ctx, form) }, bound, "")
	if err != nil {
		return nil, err
	}
	return c.Rules.parse(resp.Status, resp.Body, bound, c.now())
}

// ParseAnswer judges a token answer that was fetched in another way, and has the names of the
// standard, as [Client.Exchange] does.
func (c *Client) ParseTokenResponse(raw map[string]any) (*Token, error) {
	if code, refused := refusal(raw); refused {
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

func (r Rules) parse(status int, body []byte, bound bool, now time.Time) (*Token, error) {
	raw, err := r.answer(status, body)
	if err != nil {
		return nil, err
	}
	return newToken(raw, bound, now)
}

// newToken is lenient where vendors are sloppy and harmless (a missing type, a lifetime as text, a
// scope as list, null for absent), and strict where a sloppy answer could pass for a token. Where
// it is to be bound to a key, it must say that it is: any other could be used by whoever gets hold
// of it (RFC 9449 § 5).
func newToken(raw map[string]any, bound bool, now time.Time) (*Token, error) {
	t := &Token{
		Access:       text(raw["access_token"]),
		Refresh:      text(raw["refresh_token"]),
		Type:         Bearer,
		Scope:        scope(raw["scope"]),
		IDToken:      text(raw["id_token"]),
		SessionState: text(raw["session_state"]),
		Expires:      expiry(raw["expires_in"], now),
		Raw:          raw,
	}
	if bound {
		t.Type = DPoP
	}
	untold := !bound && (raw["token_type"] == nil || raw["token_type"] == "")
	switch {
	case t.Access == "":
		return nil, errors.New("answer has no access_token")
	// RFC 6749, Section 7.1: a token of unknown type must not be used
	case !untold && !strings.EqualFold(text(raw["token_type"]), t.Type):
		return nil, errors.New("token_type is not " + t.Type)
	}
	return t, nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// scope is separated by spaces, whatever the vendor puts between the names; where there is a space,
// a comma is part of a name.
func scope(v any) string {
	list, ok := v.([]any)
	if !ok {
		s := strings.TrimSpace(text(v))
		if strings.Contains(s, " ") {
			return s
		}
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ',' }), " ")
	}
	var names []string
	for _, name := range list {
		if s := text(name); s != "" {
			names = append(names, s)
		}
	}
	return strings.Join(names, " ")
}

// expiry returns zero for a lifetime that makes no sense; a token without known end is tried until
// it is refused.
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
