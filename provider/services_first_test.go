package provider_test

import (
	"context"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

var _ = add(
	service{"github", provider.GitHub(client)},
	service{"google", provider.Google(client)},
	service{
		"oidc", provider.OIDC("sso", "Single Sign-On",
			provider.Client{ID: "app-id", Secret: secret, Issuer: "https://sso.example/realms/main"}),
	},
	service{
		"oidc-public", provider.OIDC("sso", "Single Sign-On",
			provider.Client{ID: "app-id", Issuer: "https://sso.example"}),
	},
	service{"oauth2", provider.OAuth2("acme", "Acme", client,
		provider.Endpoints{
			Authorization: "https://acme.example/authorize?tenant=1", Token: "https://acme.example/token",
			Userinfo: "https://acme.example/user",
		},
		func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{ID: raw.String("account", "id"), Name: raw.String("login")}, nil
		})},
	service{"apple", provider.Apple(provider.Client{ID: "app-id"}, appleKey)},
	service{"microsoftentraid", provider.MicrosoftEntraID(client, provider.MicrosoftEntraIDOptions{})},
	service{
		"microsoftentraid-tenant", provider.MicrosoftEntraID(client,
			provider.MicrosoftEntraIDOptions{Tenant: "contoso.example"}),
	},
	service{"discord", provider.Discord(client)},
	service{"twitch", provider.Twitch(client)},
	service{"tiktok", provider.TikTok(client)},
	service{"line", provider.LINE(client)},
	service{"notion", provider.Notion(client)},
	service{"bitbucket", provider.Bitbucket(client)},
)
