package provider

import (
	"cmp"
	"context"
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// TelegramOIDC signs in with a Telegram account, by OpenID Connect
// (https://core.telegram.org/bots/telegram-login, read 2026-11-22). The client is made in the
// @BotFather app, where a bot's settings have Web Login: the callback URL is registered there, and
// must be https. The id is the one that the widget of [Telegram] gives, and not the sub, so
// accounts made with the widget stay if the ID is set to telegram, with the callback URL that goes
// with it. A token without it signs nobody in. There is no nonce in Telegram's tokens, and no
// e-mail address.
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
		Token:             oauth.TokenRules{Params: url.Values{"client_id": {c.ID}}}, // beside Basic
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("id"), // preferred_username can be given up, and taken by somebody else then
				Name:  cmp.Or(raw.String("name"), raw.String("preferred_username")),
				Image: raw.String("picture"),
			}, nil
		},
		EmailVerification: oauth.EmailNotGiven,
		Style:             oauth.Style{BrandColor: "#26a5e4", Logo: telegramLogo},
	}
}
