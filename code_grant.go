package cardea

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// CodeGrant is a code about to be redeemed, or redeemed, for the hooks of an [OAuthProvider].
// Nothing in it may be logged but ClientID and RedirectURI.
type CodeGrant struct {
	// HTTP makes the calls within the bounds of all others: https, 10 seconds, answers of at most 1
	// MB, no redirects, no cookies.
	HTTP *http.Client

	ClientID     string
	ClientSecret string
	RedirectURI  string
	Code         string
	Verifier     string     // of PKCE; "" with InsecureSkipPKCE
	Callback     url.Values // CallbackParams with their values: unproven

	AccessToken string // "" in Exchange
	Token       Claims // the token answer; nil in Exchange
}

// Do sends a request and returns the JSON object that is the answer, with numbers as json.Number.
// Any status but 200, and any other body, is an error; it holds nothing of either.
func (g *CodeGrant) Do(req *http.Request) (Claims, error) {
	resp, err := outbound.Do(g.HTTP, req)
	if err != nil {
		return nil, err
	}
	if resp.Status != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.Status)
	}
	return outbound.Object(resp.Body)
}

// grant is what a hook of the provider gets.
func (r *redemption) grant(ctx context.Context) (*CodeGrant, error) {
	g := &CodeGrant{
		HTTP: outbound.Bounded(r.http), ClientID: r.ClientID, ClientSecret: r.ClientSecret,
		RedirectURI: r.client.RedirectURI,
		Code:        r.code, Verifier: r.attempt.Verifier, Callback: r.callback,
	}
	if r.secret != nil {
		secret, err := r.secret.get(ctx)
		if err != nil {
			return nil, fmt.Errorf("make client secret: %w", err)
		}
		g.ClientSecret = secret
	}
	if r.token != nil {
		g.AccessToken, g.Token = r.token.Access, r.token.Raw
	}
	return g, nil
}
