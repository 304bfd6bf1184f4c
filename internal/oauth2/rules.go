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

// Rules are how a server departs from the token request and answer of RFC 6749. The zero value is
// the standard.
type Rules struct {
	Method  string            // POST, or GET for parameters in the query; defaults to POST
	JSON    bool              // the parameters are sent as a JSON object
	Headers map[string]string // added; cannot replace Authorization and Content-Type
	Params  url.Values        // added; cannot replace what the flow sets
	// the server's own names, by those of the standard, of parameters and of members of the answer
	Names    map[string]string
	Envelope string // the member in which the answer stands
}

// tokenRequest returns a request of the token endpoint with the form, and with what proves who the
// client is.
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
		if name = http.CanonicalHeaderKey(name); name != "Content-Type" {
			req.Header.Set(name, value)
		}
	}
	req.Header.Del("Authorization")
	maps.Copy(req.Header, header)
	return req, nil
}

// request writes the parameters where the server wants them.
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
	kind, body := "application/x-www-form-urlencoded", []byte(form.Encode())
	if r.JSON {
		kind, body = "application/json", object(form)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	return req, nil
}

// object is a form as a JSON object; a parameter that stands there twice is a list.
func object(form url.Values) []byte {
	members := map[string]any{}
	for name, values := range form {
		if members[name] = values; len(values) == 1 {
			members[name] = values[0]
		}
	}
	body, _ := json.Marshal(members) // texts always can be
	return body
}

func (r Rules) rename(form url.Values) url.Values {
	renamed := url.Values{}
	for name, values := range form {
		if own, ok := r.Names[name]; ok {
			name = own
		}
		renamed[name] = values
	}
	return renamed
}

// answer reads what the token endpoint said, out of its envelope and with the names of the
// standard. A refusal may stand outside of the envelope, or where there should be one.
func (r Rules) answer(status int, body []byte) (map[string]any, error) {
	raw, err := outbound.Object(body)
	if code, refused := refusal(raw); refused || status != http.StatusOK {
		return nil, &Error{Code: code, Status: status}
	}
	if err != nil {
		return nil, err
	}
	if r.Envelope == "" {
		return r.standard(raw), nil
	}
	inner, ok := raw[r.Envelope].(map[string]any)
	if !ok {
		return nil, errors.New("answer has no envelope")
	}
	if code, refused := refusal(inner); refused {
		return nil, &Error{Code: code, Status: status}
	}
	return r.standard(inner), nil
}

func (r Rules) standard(answer map[string]any) map[string]any {
	if len(r.Names) == 0 {
		return answer
	}
	named := maps.Clone(answer)
	for name, own := range r.Names {
		if v, ok := answer[own]; ok && own != name {
			delete(named, own)
			named[name] = v
		}
	}
	return named
}
