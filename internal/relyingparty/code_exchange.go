package relyingparty

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/cardea-auth/cardea/oauth"
)

// codeExchange is one callback that is being processed: it redeems the code for tokens, and finds
// out with them who has signed in.
type codeExchange struct {
	*Client
	metadata *oidc.Metadata
	oauth2   *oauth2.Client
	flow     Flow
	callback url.Values // only the parameters in CallbackParams
	code     string
	token    *oauth2.Token // nil before the code is redeemed
	idToken  oauth.Claims  // those of the ID token alone; nil for OAuth2, and before it is verified
}

// redeem redeems the code of a callback and returns who has signed in.
func (c *Client) redeem(ctx context.Context, m *oidc.Metadata, cb Callback) (*Identity, error) {
	x := &codeExchange{
		Client: c, metadata: m, oauth2: c.oauth2Client(m, cb.RedirectURI), flow: cb.Flow,
		callback: url.Values{}, code: cb.Params.Get(c.codeParam()),
	}
	for _, name := range c.CallbackParams {
		if cb.Params.Has(name) {
			x.callback[name] = cb.Params[name]
		}
	}
	var err error
	if x.token, err = x.requestToken(ctx); err != nil {
		return nil, failed(exchangeFailure(err), "%w", err)
	}
	raw, err := x.claims(ctx)
	if errors.Is(err, oidc.ErrLongSubject) {
		return nil, failed(NotAllowed, "%w", err)
	}
	if err != nil {
		return nil, failed(NotIdentified, "%w", err)
	}
	if err := cb.AuthTime.check(x.idToken); err != nil {
		return nil, err
	}
	if err := c.checkClaims(raw); err != nil {
		return nil, err
	}
	if len(c.CallbackParams) > 0 {
		raw["callback"] = x.unverifiedClaims()
	}
	profile, err := mapProfile(ctx, c.Provider, raw)
	if err != nil {
		return nil, err
	}
	return &Identity{
		Profile: profile, Token: x.token, ProvenAt: provenAt(x.idToken, c.now()), TwoFactors: x.hasTwoFactors(),
	}, nil
}

// exchangeFailure returns the kind of a failed token request. If the server does not accept the
// code, it is not of this flow, was used, or has expired: anybody can bring such a code.
func exchangeFailure(err error) Kind {
	if e, ok := errors.AsType[*oauth2.Error](err); ok && e.RefusesCode() {
		return CheckFailed
	}
	return NotIdentified
}

// requestToken redeems the code at the token endpoint, or with the hook Exchange.
func (x *codeExchange) requestToken(ctx context.Context) (*oauth2.Token, error) {
	if x.Exchange != nil {
		grant, err := x.grant(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := x.Exchange(ctx, grant)
		if err != nil {
			return nil, fmt.Errorf("hook Exchange: %w", err)
		}
		return x.oauth2.ParseTokenResponse(answer)
	}
	params, err := x.tokenParams()
	if err != nil {
		return nil, err
	}
	x.oauth2.Rules.Params = params
	return x.oauth2.Exchange(ctx, x.code, x.flow.Verifier)
}

// tokenParams returns Token.Params, with the placeholders filled in from the callback.
func (x *codeExchange) tokenParams() (url.Values, error) {
	from := map[string]any{}
	for name := range x.callback {
		from[name] = x.callback.Get(name)
	}
	params := maps.Clone(x.Token.Params)
	for name, templates := range params {
		values := make([]string, len(templates))
		for i, template := range templates {
			value, err := oauth2.Fill(template, from)
			if err != nil {
				return nil, fmt.Errorf("callback: %w", err)
			}
			values[i] = value
		}
		params[name] = values
	}
	return params, nil
}

// claims returns everything that the provider's server says about the person who signed in.
func (x *codeExchange) claims(ctx context.Context) (oauth.Claims, error) {
	raw, err := x.verifiedClaims(ctx)
	if err != nil {
		return nil, err
	}
	x.setBooleans(raw)
	if err := x.addEmail(ctx, raw); err != nil {
		return nil, err
	}
	x.dropTokens(raw)
	return raw, nil
}

// dropTokens removes the tokens from the claims, under whatever names the service returns them,
// because the application may store, show or log a profile.
func (x *codeExchange) dropTokens(raw oauth.Claims) {
	tokens := []string{x.token.Access, x.token.Refresh, x.token.IDToken}
	maps.DeleteFunc(raw, func(_ string, v any) bool {
		s, _ := v.(string)
		return s != "" && slices.Contains(tokens, s)
	})
}

// verifiedClaims returns the claims that the provider's server vouches for: those of a verified ID
// token for OIDC, of the server's answers for OAuth2.
func (x *codeExchange) verifiedClaims(ctx context.Context) (oauth.Claims, error) {
	if x.issuer == nil {
		return x.oauth2Claims(ctx)
	}
	if x.token.IDToken == "" {
		return nil, errors.New("the token answer has no id_token; is the scope openid missing?")
	}
	expect := oidc.Expect{
		ClientID: x.ClientID, Nonce: x.flow.Nonce, SkipNonce: x.InsecureSkipNonce, AccessToken: x.token.Access,
	}
	if x.IDTokenHS256 {
		expect.Secret = x.ClientSecret
	}
	claims, err := x.issuer.Verify(ctx, x.token.IDToken, expect)
	x.idToken = maps.Clone(claims)
	if err != nil || !x.UseUserinfo {
		return claims, err
	}
	return x.withUserinfo(ctx, claims)
}

// withUserinfo adds the claims of the userinfo endpoint to those of the ID token. The ID token
// alone proves who signs in, so an endpoint that refuses the request does not fail the sign-in.
func (x *codeExchange) withUserinfo(ctx context.Context, idToken oauth.Claims) (oauth.Claims, error) {
	info, err := x.userinfo(ctx)
	if isRefused(err) {
		x.warnRefused("userinfo", err)
		return idToken, nil
	}
	if err != nil {
		return nil, err
	}
	merged, err := oidc.Merge(idToken, info)
	if err == nil {
		x.keepProven(merged, idToken)
	}
	return merged, err
}

// oauth2Claims returns the members of the userinfo answer and, if UseTokenAnswer is set, of the
// token answer.
func (x *codeExchange) oauth2Claims(ctx context.Context) (oauth.Claims, error) {
	raw := oauth.Claims{}
	if x.UseTokenAnswer {
		maps.Copy(raw, x.token.Raw)
		if x.UserinfoURL == "" && x.FetchUserinfo == nil {
			return raw, nil
		}
	}
	info, err := x.userinfo(ctx)
	if err != nil {
		return nil, err
	}
	maps.Copy(raw, info)
	return raw, nil
}

// unverifiedClaims returns the CallbackParams, which came through the visitor's browser. A value
// that is a JSON object is decoded.
func (x *codeExchange) unverifiedClaims() map[string]any {
	claims := map[string]any{}
	for name := range x.callback {
		claims[name] = x.callback.Get(name)
		if object, err := outbound.Object([]byte(x.callback.Get(name))); err == nil {
			claims[name] = object
		}
	}
	return claims
}

// grant returns the argument of the hooks Exchange and FetchUserinfo.
func (x *codeExchange) grant(ctx context.Context) (*oauth.CodeGrant, error) {
	g := &oauth.CodeGrant{
		HTTP: outbound.Bounded(x.http), ClientID: x.ClientID, ClientSecret: x.ClientSecret,
		RedirectURI: x.oauth2.RedirectURI, Code: x.code, Verifier: x.flow.Verifier, Callback: x.callback,
	}
	if x.secret != nil {
		secret, err := x.secret.get(ctx)
		if err != nil {
			return nil, fmt.Errorf("make client secret: %w", err)
		}
		g.ClientSecret = secret
	}
	if x.token != nil {
		g.AccessToken, g.Token = x.token.Access, x.token.Raw
	}
	return g, nil
}
