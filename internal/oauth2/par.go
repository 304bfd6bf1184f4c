package oauth2

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// Start returns the URL that starts the flow in the browser: that of [Client.AuthorizationRequest]
// or, if there is a PushURL, one with only a reference to the request, which Start sends to the
// server first (RFC 9126 § 4). An error response of the server is an [*Error].
func (c *Client) Start(ctx context.Context, state, verifier, nonce string) (string, error) {
	if c.PushURL == "" {
		return c.AuthorizationRequest(state, verifier, nonce)
	}
	params, err := c.authorizationParams(state, verifier, nonce)
	if err != nil {
		return "", err
	}
	uri, err := c.push(ctx, params)
	if err != nil {
		return "", fmt.Errorf("pushed authorization request: %w", err)
	}
	return c.authorizationURL(url.Values{c.idParam(): {c.ID}, "request_uri": {uri}})
}

// push sends the parameters of an authorization request to the server and returns the reference to
// them (RFC 9126 § 2.1).
func (c *Client) push(ctx context.Context, params url.Values) (requestURI string, err error) {
	header, err := c.authenticate(ctx, params)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.PushURL, bytes.NewReader([]byte(params.Encode())))
	if err != nil {
		return "", errors.New("endpoint is not a URL")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	maps.Copy(req.Header, header)
	resp, err := outbound.Do(c.HTTP, req)
	if err != nil {
		return "", err
	}
	answer, err := outbound.Object(resp.Body)
	if !resp.OK() { // Section 2.2 says 201; servers that send another 2xx do no harm
		code, _ := errorIn(answer)
		return "", &Error{Code: code, Status: resp.Status}
	}
	if err != nil {
		return "", err
	}
	requestURI = jsonvalue.String(answer["request_uri"])
	if requestURI == "" {
		return "", errors.New("answer has no request_uri")
	}
	return requestURI, nil
}
