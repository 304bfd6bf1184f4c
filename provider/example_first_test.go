package provider_test

import (
	"fmt"
	"os"

	"github.com/cardea-auth/cardea/provider"
)

// A key signs the client secret for Apple. PrivateKey has the contents of the key file, which Apple
// offers for download only once.
func ExampleApple() {
	apple := provider.Apple(provider.Client{ID: "com.example.web"}, provider.AppleOptions{
		TeamID: "TEAM012345", KeyID: "KEY0123456", PrivateKey: os.Getenv("APPLE_PRIVATE_KEY"),
	})

	fmt.Println(apple.FormPost, apple.Err)
	// Output: true AppleOptions.PrivateKey is not a PEM file; set the contents of the .p8 file
}

// Users of two companies may sign in, each with its own tenant.
func ExampleMicrosoftEntraID() {
	microsoft := provider.MicrosoftEntraID(provider.Client{ID: "id", Secret: "secret"},
		provider.MicrosoftEntraIDOptions{
			Tenant:         "organizations",
			AllowedTenants: []string{"9122040d-6c67-4c5b-b112-36a304b66dad", "4fe8f7cd-36a5-4ccd-96aa-a1fb2e3c2f1b"},
		})

	fmt.Println(microsoft.DiscoveryURL)
	// Output: https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration
}

func ExampleBitbucket() {
	bitbucket := provider.Bitbucket(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(bitbucket.Name, bitbucket.Scopes)
	// Output: Bitbucket [account email]
}

// An additional scope lets the application add users to its own Discord server.
func ExampleDiscord() {
	discord := provider.Discord(provider.Client{ID: "id", Secret: "secret"})
	discord.Scopes = append(discord.Scopes, "guilds.join")

	fmt.Println(discord.Scopes)
	// Output: [identify email guilds.join]
}

// LINE signs ID tokens with the channel secret, so a wrong secret fails at the first sign-in.
func ExampleLINE() {
	line := provider.LINE(provider.Client{ID: "1234567890", Secret: "0123456789abcdef0123456789abcdef"})

	fmt.Println(line.Name, line.IDTokenHS256)
	// Output: LINE true
}

func ExampleNotion() {
	notion := provider.Notion(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(notion.Name, notion.AuthorizationParams.Get("owner"))
	// Output: Notion user
}

func ExampleTikTok() {
	tiktok := provider.TikTok(provider.Client{ID: "client key", Secret: "client secret"})

	fmt.Println(tiktok.Name, tiktok.EmailVerification)
	// Output: TikTok none
}

func ExampleTwitch() {
	twitch := provider.Twitch(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(twitch.Type, twitch.Issuer)
	// Output: oidc https://id.twitch.tv/oauth2
}
