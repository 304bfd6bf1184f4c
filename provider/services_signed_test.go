package provider_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/provider"
)

const botToken = "1234567:AAE-an_invented-token-of-a-bot-0000"

// Services that do not speak OAuth and sign their responses in their own way.
var _ = add(
	service{"steam", provider.Steam(provider.Client{})},
	service{"steam-key", provider.Steam(client)},
	service{
		"telegram", provider.Telegram(provider.Client{Secret: botToken}, provider.TelegramOptions{Page: "/telegram"}),
	},
)

var _ = add(service{"telegramoidc", provider.TelegramOIDC(client)})

// loginPages are the pages of these services that the browser is redirected to, by URL. Each
// returns the URL that it redirects the browser back to.
var loginPages = map[string]func(asked url.Values) string{
	steamLogin: func(asked url.Values) string {
		return asked.Get("openid.return_to") + "&" + steamAnswer(asked).Encode()
	},
	app + "/telegram": func(asked url.Values) string { return telegramCallback(asked.Get("state"), telegramFields()) },
}

const steamLogin = "https://steamcommunity.com/openid/login"

// steamAnswer returns a positive assertion of OpenID 2.0, as Steam sends it. Only Steam can check
// the signature.
func steamAnswer(asked url.Values) url.Values {
	id := "https://steamcommunity.com/openid/id/76561197960435530"
	return url.Values{
		"openid.ns": {"http://specs.openid.net/auth/2.0"}, "openid.mode": {"id_res"},
		"openid.op_endpoint": {steamLogin},
		"openid.claimed_id":  {id}, "openid.identity": {id}, "openid.return_to": {asked.Get("openid.return_to")},
		"openid.response_nonce": {time.Now().UTC().Format(time.RFC3339) + "Jf0QmkUz6dSNf2W0pY0VYq0Yh0E="},
		"openid.assoc_handle":   {"1234567890"},
		"openid.signed":         {"signed,op_endpoint,claimed_id,identity,return_to,response_nonce,assoc_handle"},
		"openid.sig":            {"W0u5DRbtHE1GG0ZKXjerUZDUGmc="},
	}
}

func telegramFields() url.Values {
	return url.Values{
		"id": {"424242"}, "first_name": {"Ann"}, "last_name": {"Example"}, "username": {"ann"},
		"photo_url": {"https://t.example/i/ann.jpg"},
		"auth_date": {fmt.Sprint(time.Now().Unix())},
	}
}

// telegramCallback returns the URL that the widget redirects the browser to, with the fields signed
// by the bot's token.
func telegramCallback(state string, fields url.Values) string {
	return app + "/api/auth/callback/telegram?state=" + state + "&" + telegramSigned(botToken, fields).Encode()
}

func telegramSigned(token string, fields url.Values) url.Values {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		lines = append(lines, name+"="+fields.Get(name))
	}
	key := sha256.Sum256([]byte(token))
	mac := hmac.New(sha256.New, key[:])
	fmt.Fprint(mac, strings.Join(lines, "\n"))
	signed := maps.Clone(fields)
	signed.Set("hash", hex.EncodeToString(mac.Sum(nil)))
	return signed
}

// unquoted returns the text of a JSON string, and any other JSON as it is.
func unquoted(answer json.RawMessage) string {
	var text string
	if json.Unmarshal(answer, &text) != nil {
		return string(answer)
	}
	return text
}
