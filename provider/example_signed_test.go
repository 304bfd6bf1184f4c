package provider_test

import (
	"fmt"
	"os"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

func ExampleSteam() {
	steam := provider.Steam(provider.Env("AUTH_STEAM")) // AUTH_STEAM_SECRET is a Web API key, or empty
	fmt.Println(steam.ID, steam.EmailVerification == oauth.EmailNotGiven)
	// Output: steam true
}

// With the ID of the widget, the accounts that were made with the widget stay valid.
func ExampleTelegramOIDC() {
	telegram := provider.TelegramOIDC(provider.Env("AUTH_TELEGRAM"))
	telegram.ID = "telegram"
	fmt.Println(telegram.Name, telegram.Issuer)
	// Output: Telegram https://oauth.telegram.org
}

func ExampleTelegram() {
	telegram := provider.Telegram(provider.Client{Secret: os.Getenv("AUTH_TELEGRAM_SECRET")},
		provider.TelegramOptions{Page: "/telegram"})
	fmt.Println(telegram.ID, telegram.Err)
	// Output: telegram Client.Secret is not a bot token; set the one that @BotFather shows
}
