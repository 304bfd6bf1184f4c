package provider

import (
	"cmp"
	"context"
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// TelegramOIDC signs users in with a Telegram account, through OpenID Connect. Documentation:
// https://core.telegram.org/bots/telegram-login, read 2026-11-22. Create the client in the
// @BotFather app, in the settings Web Login of a bot, and register the callback URL there, which
// must be https. The account ID is the same as that of the widget of [Telegram], not the sub.
// Accounts made with the widget therefore stay valid if you set the ID to telegram and use the
// callback URL of that ID. A token without this ID signs nobody in. Telegram's tokens have no
// nonce. There is no e-mail address.
func TelegramOIDC(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:                "telegram-oidc",
		Name:              "Telegram",
		Type:              oauth.TypeOIDC,
		Issuer:            "https://oauth.telegram.org",
		ClientID:          c.ID,
		ClientSecret:      c.Secret,
		Scopes:            []string{"openid", "profile"},
		InsecureSkipNonce: true,
		Token:             oauth.TokenRules{Params: url.Values{"client_id": {c.ID}}}, // in addition to Basic
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("id"), // preferred_username can change and then belong to another user
				Name:  cmp.Or(raw.String("name"), raw.String("preferred_username")),
				Image: raw.String("picture"),
			}, nil
		},
		EmailVerification: oauth.EmailNotGiven,
		Style:             oauth.Style{BrandColor: "#26a5e4", Logo: telegramLogo},
	}
}
