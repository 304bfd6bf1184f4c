package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// VK signs users in with a VK ID. Create a web app at https://id.vk.com/business/go. Documentation:
// https://id.vk.com/about/business/go/docs/ru/vkid/latest/vk-id/connection/api-integration/api-description
// and https://github.com/VKCOM/vkid-web-sdk/blob/master/src/auth/auth.ts, read 2026-11-22. The
// client has no secret: the PKCE code verifier authenticates the token request. The e-mail address
// comes with the scope email. VK does not say whether the e-mail address is verified. The access
// token is valid for an hour, and Auth.AccessToken cannot refresh it, because VK ID requires the
// device_id of the sign-in again.
func VK(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "vk",
		Name:             "VK",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthNone,
		AuthorizationURL: "https://id.vk.com/authorize",
		TokenURL:         "https://id.vk.com/oauth2/auth",
		Scopes:           []string{"vkid.personal_info", "email"},
		CallbackParams:   []string{"device_id"},
		Token:            oauth.TokenRules{Params: url.Values{"device_id": {"{device_id}"}}},
		FetchUserinfo:    fetchVKUser,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("user")
			return oauth.Profile{
				ID:    user.String("user_id"),
				Name:  strings.TrimSpace(user.String("first_name") + " " + user.String("last_name")),
				Email: user.String("email"),
				Image: user.String("avatar"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#0077ff", Logo: vkLogo},
	}
}

// fetchVKUser sends the access token in a form, because VK ID accepts it nowhere else.
func fetchVKUser(ctx context.Context, g *oauth.CodeGrant) (oauth.Claims, error) {
	form := url.Values{"client_id": {g.ClientID}, "access_token": {g.AccessToken}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://id.vk.com/oauth2/user_info",
		strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return g.Do(req)
}

// vkLogo is from Simple Icons (CC0-1.0).
const vkLogo = "m9.489.004.729-.003h3.564l.73.003.914.01.433.007.418.011.403.014.388.016.374.021.36.025.345.03.333.033c1.74.196 2.933.616 3.833 1.516.9.9 1.32 2.092 1.516 3.833l.034.333.029.346.025.36.02.373.025.588.012.41.013.644.009.915.004.98-.001 3.313-.003.73-.01.914-.007.433-.011.418-.014.403-.016.388-.021.374-.025.36-.03.345-.033.333c-.196 1.74-.616 2.933-1.516 3.833-.9.9-2.092 1.32-3.833 1.516l-.333.034-.346.029-.36.025-.373.02-.588.025-.41.012-.644.013-.915.009-.98.004-3.313-.001-.73-.003-.914-.01-.433-.007-.418-.011-.403-.014-.388-.016-.374-.021-.36-.025-.345-.03-.333-.033c-1.74-.196-2.933-.616-3.833-1.516-.9-.9-1.32-2.092-1.516-3.833l-.034-.333-.029-.346-.025-.36-.02-.373-.025-.588-.012-.41-.013-.644-.009-.915-.004-.98.001-3.313.003-.73.01-.914.007-.433.011-.418.014-.403.016-.388.021-.374.025-.36.03-.345.033-.333c.196-1.74.616-2.933 1.516-3.833.9-.9 2.092-1.32 3.833-1.516l.333-.034.346-.029.36-.025.373-.02.588-.025.41-.012.644-.013.915-.009ZM6.79 7.3H4.05c.13 6.24 3.25 9.99 8.72 9.99h.31v-3.57c2.01.2 3.53 1.67 4.14 3.57h2.84c-.78-2.84-2.83-4.41-4.11-5.01 1.28-.74 3.08-2.54 3.51-4.98h-2.58c-.56 1.98-2.22 3.78-3.8 3.95V7.3H10.5v6.92c-1.6-.4-3.62-2.34-3.71-6.92Z"
