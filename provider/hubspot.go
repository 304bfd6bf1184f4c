package provider

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// HubSpot signs users in with a HubSpot account. Create a public app at
// https://app.hubspot.com/developer. Documentation:
// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
// and
// https://developers.hubspot.com/docs/api-reference/2026-03/authentication/oauth-tokens/token-introspect,
// read 2026-11-22. There is no name. HubSpot does not say whether the e-mail address is verified.
func HubSpot(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "hubspot",
		Name:             "HubSpot",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://app.hubspot.com/oauth/authorize",
		TokenURL:         "https://api.hubapi.com/oauth/2026-03/token",
		Scopes:           []string{"oauth"},
		FetchUserinfo:    introspectHubSpotToken,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("user_id"),
				Email: raw.String("user"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#ff7a59", Logo: hubSpotLogo},
	}
}

// introspectHubSpotToken asks which user the access token belongs to. It removes the token from the
// response, because a profile must not contain it.
func introspectHubSpotToken(ctx context.Context, g *oauth.CodeGrant) (oauth.Claims, error) {
	form := url.Values{
		"client_id": {g.ClientID}, "client_secret": {g.ClientSecret}, "token": {g.AccessToken},
		"token_type_hint": {"access_token"},
	}
	const introspection = "https://api.hubapi.com/oauth/2026-03/token/introspect"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, introspection, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	token, err := g.Do(req)
	if err != nil {
		return nil, err
	}
	if !token.True("active") {
		return nil, errors.New("the access token is not active")
	}
	delete(token, "token")
	delete(token, "signed_access_token")
	return token, nil
}

// hubSpotLogo is from Simple Icons (CC0-1.0).
const hubSpotLogo = "M18.164 7.93V5.084a2.198 2.198 0 001.267-1.978v-.067A2.2 2.2 0 0017.238.845h-.067a2.2 2.2 0 00-2.193 2.193v.067a2.196 2.196 0 001.252 1.973l.013.006v2.852a6.22 6.22 0 00-2.969 1.31l.012-.01-7.828-6.095A2.497 2.497 0 104.3 4.656l-.012.006 7.697 5.991a6.176 6.176 0 00-1.038 3.446c0 1.343.425 2.588 1.147 3.607l-.013-.02-2.342 2.343a1.968 1.968 0 00-.58-.095h-.002a2.033 2.033 0 102.033 2.033 1.978 1.978 0 00-.1-.595l.005.014 2.317-2.317a6.247 6.247 0 104.782-11.134l-.036-.005zm-.964 9.378a3.206 3.206 0 113.215-3.207v.002a3.206 3.206 0 01-3.207 3.207z"
