package relyingparty

import (
	"context"
	"errors"
	"fmt"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/cardea-auth/cardea/oauth"
)

// userinfo returns the claims of the userinfo endpoint, or of the hook FetchUserinfo.
func (x *codeExchange) userinfo(ctx context.Context) (oauth.Claims, error) {
	if x.FetchUserinfo != nil {
		return x.fetchUserinfo(ctx)
	}
	if x.metadata.UserinfoURL == "" {
		return nil, errors.New("the provider has no userinfo endpoint")
	}
	rules := x.Userinfo
	resource := oauth2.Resource{
		URL: x.metadata.UserinfoURL, Method: rules.Method, JSON: rules.JSON, Headers: x.Headers,
	}
	if rules.Signed {
		resource.Accept = "application/jwt"
	}
	body, err := x.oauth2.Fetch(ctx, resource, x.token)
	if err != nil {
		return nil, fmt.Errorf("fetch profile: %w", err)
	}
	if rules.Signed {
		return x.issuer.VerifyUserinfo(ctx, string(body), x.ClientID)
	}
	info, err := parseUserinfo(rules, body)
	if err != nil {
		return nil, fmt.Errorf("fetch profile: %w", err)
	}
	return info, nil
}

// fetchUserinfo returns the claims of the hook FetchUserinfo.
func (x *codeExchange) fetchUserinfo(ctx context.Context) (oauth.Claims, error) {
	grant, err := x.grant(ctx)
	if err != nil {
		return nil, err
	}
	info, err := x.FetchUserinfo(ctx, grant)
	if err == nil && info == nil {
		err = errors.New("it returned nothing")
	}
	if err != nil {
		return nil, fmt.Errorf("hook FetchUserinfo: %w", err)
	}
	return info, nil
}

// parseUserinfo returns the person in an answer that is not signed.
func parseUserinfo(rules oauth.UserinfoRules, body []byte) (oauth.Claims, error) {
	if !rules.List {
		return outbound.Object(body)
	}
	list, err := outbound.Objects(body)
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, fmt.Errorf("answer is a list of %d people, want 1", len(list))
	}
	return list[0], nil
}
