package provider_test

import "github.com/cardea-auth/cardea/provider"

var _ = add(
	service{"amazon", provider.Amazon(client)},
	service{"asana", provider.Asana(client)},
	service{"autodesk", provider.Autodesk(client)},
	service{"calendly", provider.Calendly(client)},
	service{
		"clerk", provider.Clerk(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://clerk.acme.example"}),
	},
	service{"digitalocean", provider.DigitalOcean(client)},
	service{"epicgames", provider.EpicGames(client)},
	service{"forgejo", provider.Forgejo(client)},
	service{
		"forgejo-own", provider.Forgejo(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://git.acme.example/",
		}),
	},
	service{"gitea", provider.Gitea(client)},
	service{
		"gitea-own", provider.Gitea(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://git.acme.example/"}),
	},
	service{
		"githubenterprise", provider.GitHubEnterprise(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://git.acme.example/",
		}),
	},
	service{
		"githubenterprise-cloud", provider.GitHubEnterprise(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://acme.ghe.com",
		}),
	},
	service{"heroku", provider.Heroku(client)},
	service{"intercom", provider.Intercom(client, provider.IntercomOptions{})},
	service{"intercom-eu", provider.Intercom(client, provider.IntercomOptions{Region: "eu"})},
	service{"kick", provider.Kick(client)},
	service{"lark", provider.Lark(client, provider.LarkOptions{})},
	service{"lark-feishu", provider.Lark(client, provider.LarkOptions{Feishu: true})},
	service{"linear", provider.Linear(client)},
	service{"monday", provider.Monday(client)},
	service{"paypal", provider.PayPal(client, provider.PayPalOptions{})},
	service{"paypal-sandbox", provider.PayPal(client, provider.PayPalOptions{Sandbox: true})},
	service{"shopify", provider.Shopify(client, provider.ShopifyOptions{Shop: "acme-tea"})},
	service{"snapchat", provider.Snapchat(client)},
	service{"soundcloud", provider.SoundCloud(client)},
	service{"stripe", provider.Stripe(client)},
	service{
		"supabase", provider.Supabase(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://acmeproject.supabase.co/auth/v1",
		}),
	},
	service{"typeform", provider.Typeform(client)},
	service{"vatsim", provider.VATSIM(client)},
	service{"vercel", provider.Vercel(client)},
	service{"xero", provider.Xero(client)},
	service{"yahoo", provider.Yahoo(client)},
)
