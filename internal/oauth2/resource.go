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

// Resource is a resource that an access token gives access to, such as the userinfo, and how the
// vendor wants it to be requested. By default the token is sent as a bearer token (RFC 6750 § 2.1)
// or, if it is DPoP-bound, with a proof (RFC 9449 § 7.1).
//
// A name in braces, in the path or query of URL or in a value of Headers, stands for that member of
// the token response; a name with dots for a member of a nested object. If {access_token} is among
// them, the token is sent only there.
type Resource struct {
	URL     string            // the URL, which may have placeholders behind the host
	Method  string            // GET or POST; defaults to POST with a JSON body and GET without
	JSON    map[string]any    // the request body; nil for none
	Accept  string            // the header Accept; defaults to application/json
	Headers map[string]string // more headers; Authorization only if {access_token} is used
}

const accessToken = "{access_token}"

// StatusError is the HTTP status of a resource that is not 2xx.
type StatusError int

func (e StatusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// Fetch returns the body of a resource. Any status but 2xx is a [StatusError]. A placeholder for
// which the token response has no text or number is an error too. Errors contain neither the URL
// nor the token.
func (c *Client) Fetch(ctx context.Context, r Resource, t *Token) ([]byte, error) {
	resp, err := c.send(func() (*http.Request, error) { return r.request(ctx, t) }, t.Type == DPoP, t.Access)
	if err != nil {
		return nil, err
	}
	if !resp.OK() {
		return nil, StatusError(resp.Status)
	}
	return resp.Body, nil
}

// request returns the request with the access token.
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
	req, err := r.requestWithoutToken(ctx, url)
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
		// RFC 9449, Section 7.1
		return nil, errors.New("a DPoP-bound token can only be sent in the header Authorization")
	}
	return req, nil
}

func (r Resource) requestWithoutToken(ctx context.Context, url string) (*http.Request, error) {
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
