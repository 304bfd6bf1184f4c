package provider_test

import (
	"fmt"

	"github.com/cardea-auth/cardea/provider"
)

func ExampleAmazon() {
	p := provider.Amazon(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Amazon https://www.amazon.com/ap/oa
}

func ExampleAsana() {
	p := provider.Asana(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Asana https://app.asana.com/-/oauth_authorize
}

func ExampleAutodesk() {
	p := provider.Autodesk(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Autodesk https://developer.api.autodesk.com/authentication/v2/authorize
}

func ExampleCalendly() {
	p := provider.Calendly(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Calendly https://auth.calendly.com/oauth/authorize
}

func ExampleClerk() {
	p := provider.Clerk(provider.Client{ID: "id", Secret: "secret", Issuer: "https://clerk.acme.example"})

	fmt.Println(p.Name, p.Issuer)
	// Output: Clerk https://clerk.acme.example
}

func ExampleDigitalOcean() {
	p := provider.DigitalOcean(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: DigitalOcean https://cloud.digitalocean.com/v1/oauth/authorize
}

func ExampleEpicGames() {
	p := provider.EpicGames(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Epic Games https://www.epicgames.com/id/authorize
}

func ExampleForgejo() {
	p := provider.Forgejo(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Forgejo https://codeberg.org/login/oauth/authorize
}

func ExampleGitea() {
	p := provider.Gitea(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Gitea https://gitea.com/login/oauth/authorize
}

func ExampleGitHubEnterprise() {
	p := provider.GitHubEnterprise(provider.Client{ID: "id", Secret: "secret", Issuer: "https://git.acme.example/"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: GitHub Enterprise https://git.acme.example/login/oauth/authorize
}

func ExampleHeroku() {
	p := provider.Heroku(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Heroku https://id.heroku.com/oauth/authorize
}

func ExampleIntercom() {
	p := provider.Intercom(provider.Client{ID: "id", Secret: "secret"}, provider.IntercomOptions{Region: "eu"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Intercom https://app.eu.intercom.com/oauth
}

func ExampleKick() {
	p := provider.Kick(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Kick https://id.kick.com/oauth/authorize
}

func ExampleLark() {
	p := provider.Lark(provider.Client{ID: "id", Secret: "secret"}, provider.LarkOptions{Feishu: true})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Feishu https://accounts.feishu.cn/open-apis/authen/v1/authorize
}

func ExampleLinear() {
	p := provider.Linear(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Linear https://linear.app/oauth/authorize
}

func ExampleMonday() {
	p := provider.Monday(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: monday.com https://auth.monday.com/oauth2/authorize
}

func ExamplePayPal() {
	p := provider.PayPal(provider.Client{ID: "id", Secret: "secret"}, provider.PayPalOptions{Sandbox: true})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: PayPal https://www.sandbox.paypal.com/signin/authorize
}

func ExampleShopify() {
	p := provider.Shopify(provider.Client{ID: "id", Secret: "secret"}, provider.ShopifyOptions{Shop: "acme-tea"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Shopify https://acme-tea.myshopify.com/admin/oauth/authorize
}

func ExampleSnapchat() {
	p := provider.Snapchat(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Snapchat https://accounts.snapchat.com/accounts/oauth2/auth
}

func ExampleSoundCloud() {
	p := provider.SoundCloud(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: SoundCloud https://secure.soundcloud.com/authorize
}

func ExampleStripe() {
	p := provider.Stripe(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Stripe https://connect.stripe.com/oauth/authorize
}

func ExampleSupabase() {
	p := provider.Supabase(provider.Client{
		ID: "id", Secret: "secret", Issuer: "https://acmeproject.supabase.co/auth/v1",
	})

	fmt.Println(p.Name, p.Issuer)
	// Output: Supabase https://acmeproject.supabase.co/auth/v1
}

func ExampleTypeform() {
	p := provider.Typeform(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: Typeform https://api.typeform.com/oauth/authorize
}

func ExampleVATSIM() {
	p := provider.VATSIM(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.AuthorizationURL)
	// Output: VATSIM https://auth.vatsim.net/oauth/authorize
}

func ExampleVercel() {
	p := provider.Vercel(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.Issuer)
	// Output: Vercel https://vercel.com
}

func ExampleXero() {
	p := provider.Xero(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.Issuer)
	// Output: Xero https://identity.xero.com
}

func ExampleYahoo() {
	p := provider.Yahoo(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.Name, p.Issuer)
	// Output: Yahoo https://api.login.yahoo.com
}
