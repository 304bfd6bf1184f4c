package relyingparty

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/cardea-auth/cardea/oauth"
)

// redirection returns the argument of the hooks Redirect and Identify.
func (c *Client) redirection(f Flow, callback string) *oauth.Redirection {
	return &oauth.Redirection{
		HTTP: outbound.Bounded(c.http), ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		ReturnTo: callback + "?" + url.Values{"state": {f.State}}.Encode(), State: f.State, Now: c.now(),
		Once: func(string, time.Time) bool { return false },
	}
}

// redirectURL returns the URL that the hook Redirect chooses.
func (c *Client) redirectURL(ctx context.Context, f Flow, callback string) (string, error) {
	to, err := c.Redirect(ctx, c.redirection(f, callback))
	if err == nil && to == "" {
		err = errors.New("it returned no URL")
	}
	if err != nil {
		return "", hookFailed(NotStarted, "Redirect", err)
	}
	return to, nil
}

// identifyRedirection returns who has signed in, according to the hook Identify.
func (c *Client) identifyRedirection(ctx context.Context, cb Callback) (*Identity, error) {
	r := c.redirection(cb.Flow, cb.RedirectURI)
	cb.Params.Del("state")
	kind := NotIdentified
	r.Answer = cb.Params
	r.Once = func(proof string, until time.Time) bool {
		first := cb.Once(proof, until)
		if !first {
			kind = CheckFailed
		}
		return first
	}
	raw, err := c.Identify(ctx, r)
	if err == nil && raw == nil {
		err = errors.New("it returned nothing")
	}
	if err != nil {
		return nil, hookFailed(kind, "Identify", err)
	}
	c.setBooleans(raw)
	if err := c.checkClaims(raw); err != nil {
		return nil, err
	}
	profile, err := mapProfile(ctx, c.Provider, raw)
	if err != nil {
		return nil, err
	}
	return &Identity{Profile: profile}, nil
}
