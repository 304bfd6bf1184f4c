package cardea

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
)

// redemption is one code on its way to a person.
type redemption struct {
	*oauthClient
	metadata *oidc.Metadata
	client   *oauth2.Client
	attempt  attempt
	callback url.Values // what CallbackParams names, and no more
	code     string
	token    *oauth2.Token // once there is one
}

// identify redeems the code and returns who the provider says has signed in.
func (c *oauthClient) identify(
	ctx context.Context, m *oidc.Metadata, at attempt, q url.Values, redirectURI string,
) (*Profile, *Account, error) {
	r := &redemption{
		oauthClient: c, metadata: m, client: c.client(m, redirectURI), attempt: at, callback: url.Values{},
		code: q.Get(c.codeParam()),
	}
	for _, name := range c.CallbackParams {
		if q.Has(name) {
			r.callback[name] = q[name]
		}
	}
	var err error
	if r.token, err = r.exchange(ctx); err != nil {
		return nil, nil, fail(codeCallbackRoute, "%w", err)
	}
	raw, err := r.person(ctx)
	if err != nil {
		return nil, nil, fail(codeCallbackRoute, "%w", err)
	}
	profile, err := c.describe(ctx, raw)
	if err != nil {
		return nil, nil, fail(codeProfileParse, "%w", err)
	}
	token := r.token
	return profile, &Account{
		Type: c.Type, Provider: c.ID, ProviderAccountID: profile.ID,
		AccessToken: token.Access, RefreshToken: token.Refresh, ExpiresAt: token.Expires, TokenType: token.Type,
		Scope: token.Scope, IDToken: token.IDToken, SessionState: token.SessionState,
	}, nil
}

func (r *redemption) exchange(ctx context.Context) (*oauth2.Token, error) {
	if r.Exchange != nil {
		grant, err := r.grant(ctx)
		if err != nil {
			return nil, err
		}
		answer, err := r.Exchange(ctx, grant)
		if err != nil {
			return nil, fmt.Errorf("hook Exchange: %w", err)
		}
		return r.client.ParseTokenResponse(answer)
	}
	params, err := r.tokenParams()
	if err != nil {
		return nil, err
	}
	r.client.Rules.Params = params
	return r.client.Exchange(ctx, r.code, r.attempt.Verifier)
}

// tokenParams are the parameters that the service wants beside the standard's, filled from those of
// the callback.
func (r *redemption) tokenParams() (url.Values, error) {
	from := map[string]any{}
	for name := range r.callback {
		from[name] = r.callback.Get(name)
	}
	params := maps.Clone(r.Token.Params)
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

// person is everything that the provider tells of whoever signed in.
func (r *redemption) person(ctx context.Context) (Claims, error) {
	raw, err := r.proven(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.addEmail(ctx, raw); err != nil {
		return nil, err
	}
	r.dropTokens(raw)
	if len(r.CallbackParams) > 0 {
		raw["callback"] = r.unproven()
	}
	return raw, nil
}

// dropTokens keeps the tokens out of a profile, which is stored, shown and logged, whatever the
// service calls them there.
func (r *redemption) dropTokens(raw Claims) {
	tokens := []string{r.token.Access, r.token.Refresh, r.token.IDToken}
	maps.DeleteFunc(raw, func(_ string, v any) bool {
		s, _ := v.(string)
		return s != "" && slices.Contains(tokens, s)
	})
}

func (r *redemption) proven(ctx context.Context) (Claims, error) {
	if r.issuer == nil {
		return r.openProfile(ctx)
	}
	if r.token.IDToken == "" {
		return nil, errors.New("the token answer has no id_token; is the scope openid missing?")
	}
	e := oidc.Expect{ClientID: r.ClientID, Nonce: r.attempt.Nonce, SkipNonce: r.InsecureSkipNonce, AccessToken: r.token.Access}
	if r.IDTokenHS256 {
		e.Secret = r.ClientSecret
	}
	claims, err := r.issuer.Verify(ctx, r.token.IDToken, e)
	if err != nil || !r.UseUserinfo {
		return claims, err
	}
	info, err := r.userinfo(ctx)
	if err != nil {
		return nil, err
	}
	return oidc.Merge(claims, info)
}

// openProfile is the profile of an OAuth2 provider, which proves nothing beyond having come from
// its server.
func (r *redemption) openProfile(ctx context.Context) (Claims, error) {
	raw := Claims{}
	if r.UseTokenAnswer {
		maps.Copy(raw, r.token.Raw)
		if r.UserinfoURL == "" && r.FetchUserinfo == nil {
			return raw, nil
		}
	}
	info, err := r.userinfo(ctx)
	if err != nil {
		return nil, err
	}
	maps.Copy(raw, info)
	return raw, nil
}

func (r *redemption) userinfo(ctx context.Context) (Claims, error) {
	if r.FetchUserinfo != nil {
		grant, err := r.grant(ctx)
		if err != nil {
			return nil, err
		}
		info, err := r.FetchUserinfo(ctx, grant)
		if err == nil && info == nil {
			err = errors.New("it returned nothing")
		}
		if err != nil {
			return nil, fmt.Errorf("hook FetchUserinfo: %w", err)
		}
		return info, nil
	}
	if r.metadata.UserinfoURL == "" {
		return nil, errors.New("the provider has no userinfo endpoint")
	}
	rules := r.Userinfo
	resource := oauth2.Resource{URL: r.metadata.UserinfoURL, Method: rules.Method, JSON: rules.JSON, Headers: r.Headers}
	if rules.Signed {
		resource.Accept = "application/jwt"
	}
	body, err := r.client.Fetch(ctx, resource, r.token)
	if err != nil {
		return nil, fmt.Errorf("fetch profile: %w", err)
	}
	if rules.Signed {
		return r.issuer.VerifyUserinfo(ctx, string(body), r.ClientID)
	}
	info, err := rules.read(body)
	if err != nil {
		return nil, fmt.Errorf("fetch profile: %w", err)
	}
	return info, nil
}

func (u UserinfoRules) read(body []byte) (Claims, error) {
	if !u.List {
		return outbound.Object(body)
	}
	list, err := outbound.Objects(body)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("answer is a list of %d, not of one person", len(list))
	}
	return list[0], nil
}

// unproven is what CallbackParams brought.
func (r *redemption) unproven() map[string]any {
	said := map[string]any{}
	for name := range r.callback {
		said[name] = r.callback.Get(name)
		if object, err := outbound.Object([]byte(r.callback.Get(name))); err == nil {
			said[name] = object
		}
	}
	return said
}
