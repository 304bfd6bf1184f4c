package oauth2

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// Rules describe how a server's token request and response deviate from RFC 6749. The zero value is
// the standard.
type Rules struct {
	Method  string            // POST, or GET to send the parameters in the query; defaults to POST
	JSON    bool              // sends the parameters as a JSON object
	Headers map[string]string // more headers; Authorization and Content-Type are ignored
	Params  url.Values        // more parameters; those of the flow have precedence

	// Names maps standard names to the server's names, for parameters and for members of the
	// response.
	Names map[string]string

	// Envelope is the member of the JSON response that contains the token response. Defaults to
	// none: the JSON object is the token response.
	Envelope string
}

// tokenRequest returns an authenticated request to the token endpoint.
func (c *Client) tokenRequest(ctx context.Context, form url.Values) (*http.Request, error) {
	all := maps.Clone(c.Rules.Params)
	if all == nil {
		all = url.Values{}
	}
	maps.Copy(all, form)
	header, err := c.authenticate(ctx, all)
	if err != nil {
		return nil, err
	}
	req, err := c.Rules.request(ctx, c.TokenURL, c.Rules.rename(all))
	if err != nil {
		return nil, errors.New("endpoint is not a URL")
	}
	for name, value := range c.Rules.Headers {
		if http.CanonicalHeaderKey(name) != "Content-Type" {
			req.Header.Set(name, value)
		}
	}
	req.Header.Del("Authorization")
	maps.Copy(req.Header, header)
	return req, nil
}

// request returns a request with the parameters in the query, in a form or in a JSON object, as the
// server wants them.
func (r Rules) request(ctx context.Context, endpoint string, form url.Values) (*http.Request, error) {
	if r.Method == http.MethodGet {
		u, err := url.Parse(endpoint)
		if err != nil {
			return nil, err
		}
		q := u.Query()
		maps.Copy(q, form)
		u.RawQuery = q.Encode()
		return http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	}
	contentType, body := "application/x-www-form-urlencoded", []byte(form.Encode())
	if r.JSON {
		contentType, body = "application/json", jsonObject(form)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	return req, nil
}

// jsonObject returns a form as a JSON object. A parameter with several values becomes a list.
func jsonObject(form url.Values) []byte {
	members := map[string]any{}
	for name, values := range form {
		members[name] = values
		if len(values) == 1 {
			members[name] = values[0]
		}
	}
	body, _ := json.Marshal(members) // cannot fail: all values are strings
	return body
}

// rename gives the parameters the server's names.
func (r Rules) rename(form url.Values) url.Values {
	renamed := url.Values{}
	for name, values := range form {
		if serverName, ok := r.Names[name]; ok {
			name = serverName
		}
		renamed[name] = values
	}
	return renamed
}

// response returns the token response, taken out of its envelope, with the standard's names. An
// error response may be in the envelope, beside it or instead of it. Its status may be any 2xx: RFC
// 6749 § 5.1 says 200, and WorkOS, Supabase and Harvest send 201.
func (r Rules) response(resp *outbound.Response) (map[string]any, error) {
	raw, err := outbound.Object(resp.Body)
	if code, isError := errorIn(raw); isError || !resp.OK() {
		return nil, &Error{Code: code, Status: resp.Status}
	}
	if err != nil {
		return nil, err
	}
	if r.Envelope == "" {
		return r.withStandardNames(raw), nil
	}
	inner, ok := raw[r.Envelope].(map[string]any)
	if !ok {
		return nil, errors.New("answer has no envelope")
	}
	if code, isError := errorIn(inner); isError {
		return nil, &Error{Code: code, Status: resp.Status}
	}
	return r.withStandardNames(inner), nil
}

func (r Rules) withStandardNames(response map[string]any) map[string]any {
	if len(r.Names) == 0 {
		return response
	}
	renamed := maps.Clone(response)
	for name, serverName := range r.Names {
		if v, ok := response[serverName]; ok && serverName != name {
			delete(renamed, serverName)
			renamed[name] = v
		}
	}
	return renamed
}
