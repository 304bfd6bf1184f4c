package provider

import (
	"context"
	"errors"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// Telegram signs users in with a Telegram account, through the Login Widget in redirect mode.
// Documentation: https://core.telegram.org/widgets/login-legacy, read 2026-11-22. Create a bot at
// @BotFather and link the site's domain to it there with /setdomain. c.Secret is the bot's token;
// c.ID is not used. The account ID is the user's, the same for every bot. There is no e-mail
// address.
//
// Telegram calls the widget legacy and recommends OpenID Connect, which needs no page of your own:
// see [TelegramOIDC].
//
// The widget is a script of Telegram, so a page of the application must show it: o.Page. Sign-in
// redirects the browser to this page with the parameter state. The page writes this parameter,
// escaped, into the URL of the widget, and nothing else from its query:
//
//	<script async src="https://telegram.org/js/telegram-widget.js?22" data-telegram-login="the_bot"
//	    data-auth-url="https://app.example/api/auth/callback/telegram?state={state}"></script>
//
// The response that the bot's token signs is not bound to a browser. It is therefore accepted for
// only five minutes and only once in each process, and no page of the domain may forward its query
// to others.
func Telegram(c Client, o TelegramOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:           "telegram",
		Name:         "Telegram",
		Type:         oauth.TypeOAuth2, // the protocol of Auth.js has no other type for it
		ClientSecret: c.Secret,
		Redirect:     o.redirect,
		Identify:     telegramIdentify,
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("id"), // a username can change and then belong to another user
				Name:  strings.TrimSpace(raw.String("first_name") + " " + raw.String("last_name")),
				Image: raw.String("photo_url"),
			}, nil
		},
		EmailVerification: oauth.EmailNotGiven,
		Style:             oauth.Style{BrandColor: "#26a5e4", Logo: telegramLogo},
		Err:               o.check(c),
	}
}

// TelegramOptions name the page with the widget.
type TelegramOptions struct {
	Page string // the path of the application's page with the widget, such as /telegram; required
}

func (o TelegramOptions) check(c Client) error {
	var errs []error
	if id, key, ok := strings.Cut(c.Secret, ":"); !ok || id == "" || len(key) < 30 {
		errs = append(errs, errors.New("Client.Secret is not a bot token; set the one that @BotFather shows"))
	}
	if !strings.HasPrefix(o.Page, "/") || strings.HasPrefix(o.Page, "//") || strings.ContainsAny(o.Page, `\?#`) {
		errs = append(errs, errors.New("TelegramOptions.Page: want a path such as /telegram"))
	}
	return errors.Join(errs...)
}

// telegramLogo is from Simple Icons (CC0-1.0).
const telegramLogo = "M11.944 0A12 12 0 0 0 0 12a12 12 0 0 0 12 12 12 12 0 0 0 12-12A12 12 0 0 0 12 0a12 12 0 0 0-.056 0zm4.962 7.224c.1-.002.321.023.465.14a.506.506 0 0 1 .171.325c.016.093.036.306.02.472-.18 1.898-.962 6.502-1.36 8.627-.168.9-.499 1.201-.82 1.23-.696.065-1.225-.46-1.9-.902-1.056-.693-1.653-1.124-2.678-1.8-1.185-.78-.417-1.21.258-1.91.177-.184 3.247-2.977 3.307-3.23.007-.032.014-.15-.056-.212s-.174-.041-.249-.024c-.106.024-1.793 1.14-5.061 3.345-.48.33-.913.49-1.302.48-.428-.008-1.252-.241-1.865-.44-.752-.245-1.349-.374-1.297-.789.027-.216.325-.437.893-.663 3.498-1.524 5.83-2.529 6.998-3.014 3.332-1.386 4.025-1.627 4.476-1.635z"
