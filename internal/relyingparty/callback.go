package relyingparty

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/oauth"
)

// Callback is the answer to an authorization request, as the visitor's browser brought it.
type Callback struct {
	Flow

	// Params are the parameters of the callback. The caller has checked them with
	// [Client.CheckRepeats].
	Params url.Values

	// RedirectURI is the same as in the authorization request.
	RedirectURI string

	// Once is [oauth.Redirection.Once].
	Once func(proof string, until time.Time) bool
}

// Identity is who has signed in at a provider.
type Identity struct {
	// Profile is who the person is. Its ID is never empty.
	Profile *oauth.Profile

	// Token is the token answer; nil for a provider with Redirect.
	Token *oauth2.Token

	// ProvenAt is when the person has proven to the provider who they are, and the zero time if no
	// ID token says so. It is not later than now.
	ProvenAt time.Time

	// TwoFactors says that the ID token has one of the values of TwoFactorACR or TwoFactorAMR.
	TwoFactors bool
}

// Authenticate returns who has signed in, according to the answer of the provider. The caller has
// checked that the state belongs to the browser. A failure is an [Error].
func (c *Client) Authenticate(ctx context.Context, cb Callback) (*Identity, error) {
	if c.Identify != nil {
		return c.identifyRedirection(ctx, cb)
	}
	m, err := c.metadata(ctx)
	if err != nil {
		return nil, failed(NotIdentified, "%w", err)
	}
	if err := c.checkIssuer(m, cb.Params); err != nil {
		return nil, err
	}
	if cb.Params.Has("error") {
		return nil, failed(Refused, "the provider answered with the error %q",
			oauth2.Printable(cb.Params.Get("error")))
	}
	if cb.Params.Get(c.codeParam()) == "" {
		return nil, failed(CheckFailed, "the callback has no code")
	}
	return c.redeem(ctx, m, cb)
}

// checkIssuer refuses the answer of another server than the one that was asked (RFC 9207 § 2.4).
func (c *Client) checkIssuer(m *oidc.Metadata, q url.Values) error {
	isAlias := q.Get("iss") == c.IssuerAlias && c.IssuerAlias != ""
	switch present := q.Has("iss"); {
	case present && m.Issuer != "" && !isAlias && !oidc.MatchesTemplate(m.Issuer, q.Get("iss")):
		return failed(CheckFailed, "the callback's iss is not the issuer %q", m.Issuer)
	case !present && m.RequireIss:
		return failed(CheckFailed, "the callback has no iss, which %q promises to send", m.Issuer)
	}
	return nil
}

// standardParams are the parameters of a callback that the standards define.
var standardParams = []string{"state", "code", "iss", "error"}

// ParamNames returns the names of the parameters of a callback that a provider without Redirect
// uses.
func (c *Client) ParamNames() []string {
	return slices.Concat(standardParams, []string{c.codeParam()}, c.CallbackParams)
}

// CheckRepeats refuses a callback in which a parameter that the provider uses is repeated, because
// two programs could use different values (RFC 6749 § 3.1). The error is an [Error].
func (c *Client) CheckRepeats(q url.Values) error {
	names := c.ParamNames()
	if c.Identify != nil {
		names = slices.Collect(maps.Keys(q)) // any of them may have a meaning
	}
	for _, name := range names {
		if len(q[name]) > 1 {
			return failed(CheckFailed, "the callback has more than one %s", oauth2.Printable(name))
		}
	}
	return nil
}

func (c *Client) codeParam() string { return cmp.Or(c.CodeParam, "code") }
