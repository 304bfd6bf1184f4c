package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// Fetch gets a JSON object, such as the userinfo, with the access token as bearer (RFC 6750 § 2.1). Headers are added to the request, but
// cannot replace Authorization. Any status but 200 is an error. Numbers are json.Number. Errors hold neither the URL nor the token.
func (c *Client) Fetch(ctx context.Context, url, accessToken string, headers map[string]string) (map[string]any, error) {
	body, err := c.fetch(ctx, url, accessToken, headers)
	if err != nil {
		return nil, fmt.Errorf("fetch profile: %w", err)
	}
	v, err := outbound.Object(body)
	if err != nil {
		return nil, fmt.Errorf("fetch profile: %w", err)
	}
	return v, nil
}

// FetchList is [Client.Fetch] for a resource that is a JSON array of objects, such as GitHub's list of e-mail addresses.
func (c *Client) FetchList(ctx context.Context, url, accessToken string, headers map[string]string) ([]map[string]any, error) {
	body, err := c.fetch(ctx, url, accessToken, headers)
	if err != nil {
		return nil, fmt.Errorf("fetch list: %w", err)
	}
	v, err := outbound.Objects(body)
	if err != nil {
		return nil, fmt.Errorf("fetch list: %w", err)
	}
	return v, nil
}

func (c *Client) fetch(ctx context.Context, url, accessToken string, headers map[string]string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("endpoint is not a URL")
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Authorization", "Bearer "+accessToken)
	resp, err := outbound.Do(c.HTTP, req)
	if err != nil {
		return nil, err
	}
	if resp.Status != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.Status)
	}
	return resp.Body, nil
}
