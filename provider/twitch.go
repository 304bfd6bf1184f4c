package provider

import (
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// Twitch signs users in with a Twitch account. Create an application at
// https://dev.twitch.tv/console/apps. Documentation:
// https://dev.twitch.tv/docs/authentication/getting-tokens-oidc, read 2026-11-22. The ID token
// contains only the claims that AuthorizationParams requests. The e-mail address is verified if
// Twitch says so.
func Twitch(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:           "twitch",
		Name:         "Twitch",
		Type:         oauth.TypeOIDC,
		Issuer:       "https://id.twitch.tv/oauth2",
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		ClientAuth:   oauth.AuthClientSecretPost,
		Scopes:       []string{"openid", "user:read:email"},
		AuthorizationParams: url.Values{
			"claims": {`{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}`},
		},
		Style: oauth.Style{BrandColor: "#9146ff", Logo: twitchLogo},
	}
}

// twitchLogo is from Simple Icons (CC0-1.0).
const twitchLogo = "M11.571 4.714h1.715v5.143H11.57zm4.715 0H18v5.143h-1.714zM6 0L1.714 " +
	"4.286v15.428h5.143V24l4.286-4.286h3.428L22.286 12V0zm14.571 11.143l-3.428 3.428h-3.429l-3 3v-3H6.857V1.714h13.714Z"
