package oauth2

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// Resource is what an access token opens, such as the userinfo (RFC 6750 § 2.1), with the ways in
// which vendors want it asked for.
//
// A name in braces in URL, behind its host, and in the values of Headers stands for that member of
// the token answer; a name with dots for a nested one. Where {access_token} is among them the token
// is not sent as bearer.
type Resource struct {
	URL     string
	Method  string            // GET or POST; defaults to POST with a JSON body and GET without
	JSON    map[string]any    // the body
	Accept  string            // defaults to application/json
	Headers map[string]string // Authorization among them counts only if it has the access token in it
}

const accessToken = "{access_token}"

// Fetch returns the body of a resource. Any status but 200 is an error, as is a placeholder for
// which the token answer has no text or number. Errors hold neither the URL nor the token.
func (c *Client) Fetch(ctx context.Context, r Resource, t *Token) ([]byte, error) {
	resp, err := c.do(func() (*http.Request, error) { return r.request(ctx, t) }, t.Type == DPoP, t.Access)
	if err != nil {
		return nil, err
	}
	if resp.Status != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.Status)
	}
	return resp.Body, nil
}

func (r Resource) request(ctx context.Context, t *Token) (*http.Request, error) {
	values := maps.Clone(t.Raw)
	if values == nil {
		values = map[string]any{}
	}
	values["access_token"] = t.Access
	url, err := fillURL(r.URL, values)
	if err != nil {
		return nil, err
	}
	req, err := r.bare(ctx, url)
	if err != nil {
		return nil, errors.New("endpoint is not a URL")
	}
	if r.Accept != "" {
		req.Header.Set("Accept", r.Accept)
	}
	bearer := !strings.Contains(r.URL, accessToken)
	for name, template := range r.Headers {
		value, err := fill(template, values, func(s string) (string, bool) { return s, true })
		if err != nil {
			return nil, err
		}
		req.Header.Set(name, value)
		bearer = bearer && !strings.Contains(template, accessToken)
	}
	switch {
	case bearer && t.Type == DPoP:
		req.Header.Set("Authorization", "DPoP "+t.Access)
	case bearer:
		req.Header.Set("Authorization", "Bearer "+t.Access)
	case t.Type == DPoP:
		return nil, errors.New("a DPoP token has its place in the header alone") // RFC 9449, Section 7.1
	}
	return req, nil
}

func (r Resource) bare(ctx context.Context, url string) (*http.Request, error) {
	if r.JSON == nil {
		if r.Method == http.MethodPost {
			return http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
		}
		return http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	}
	body, err := json.Marshal(r.JSON)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}
