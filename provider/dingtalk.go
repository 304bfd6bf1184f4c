package provider

import (
	"context"
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// DingTalk signs users in with a DingTalk account. Create an app with the permission
// Contact.User.Read at https://open-dev.dingtalk.com. Documentation:
// https://open.dingtalk.com/document/orgapp/obtain-identity-credentials and
// https://open-dingtalk.github.io/developerpedia/docs/develop/permission/token/browser/get_user_app_token_browser,
// read 2026-11-22. The client ID is the app key. The account ID is the unionId, which is the same
// for all apps of a developer. DingTalk does not say whether the e-mail address is verified.
func DingTalk(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "dingtalk",
		Name:                "DingTalk",
		Type:                oauth.TypeOAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		ClientAuth:          oauth.AuthClientSecretPost,
		AuthorizationURL:    "https://login.dingtalk.com/oauth2/auth",
		TokenURL:            "https://api.dingtalk.com/v1.0/oauth2/userAccessToken",
		UserinfoURL:         "https://api.dingtalk.com/v1.0/contact/users/me",
		Scopes:              []string{"openid"},
		AuthorizationParams: url.Values{"prompt": {"consent"}},
		InsecureSkipPKCE:    true,
		CodeParam:           "authCode",
		Token: oauth.TokenRules{JSON: true, Names: map[string]string{
			"client_id": "clientId", "client_secret": "clientSecret", "grant_type": "grantType",
			"access_token": "accessToken", "refresh_token": "refreshToken", "expires_in": "expireIn",
		}},
		Headers: map[string]string{"x-acs-dingtalk-access-token": "{access_token}"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("unionId"),
				Name:  raw.String("nick"),
				Email: raw.String("email"),
				Image: raw.String("avatarUrl"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#1677ff"},
	}
}
