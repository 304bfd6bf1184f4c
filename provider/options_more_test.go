package provider_test

import (
	"strings"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// New refuses invalid options, especially those that would lead to another host.
func TestInvalidOptions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		provider *oauth.Provider
		want     string
	}{
		{provider.Shopify(client, provider.ShopifyOptions{}), "(shopify): ShopifyOptions.Shop: want"},
		{provider.Shopify(client, provider.ShopifyOptions{Shop: "acme.myshopify.com"}),
			"(shopify): ShopifyOptions.Shop: want"},
		{provider.Shopify(client, provider.ShopifyOptions{Shop: "evil.example/"}),
			"(shopify): ShopifyOptions.Shop: want"},
		{provider.Shopify(client, provider.ShopifyOptions{Shop: "evil.example#"}),
			"(shopify): ShopifyOptions.Shop: want"},
		{provider.Shopify(client, provider.ShopifyOptions{Shop: "-acme"}), "(shopify): ShopifyOptions.Shop: want"},
		{provider.Shopify(client, provider.ShopifyOptions{Shop: "Acme"}), "(shopify): ShopifyOptions.Shop: want"},
		{provider.Intercom(client, provider.IntercomOptions{Region: "us"}), "(intercom): IntercomOptions.Region: want"},
		{provider.Intercom(client, provider.IntercomOptions{Region: "evil.example/"}),
			"(intercom): IntercomOptions.Region: want"},
		{provider.Mastodon(client), "(mastodon): Client.Issuer: is empty"},
		{provider.Mattermost(client), "(mattermost): Client.Issuer: is empty"},
		{provider.Nextcloud(client), "(nextcloud): Client.Issuer: is empty"},
		{provider.Osso(client), "(osso): Client.Issuer: is empty"},
		{provider.BoxyHQ(client, provider.BoxyHQOptions{}), "(boxyhq-saml): Client.Issuer: is empty"},
		{provider.BoxyHQ(client, provider.BoxyHQOptions{Product: "crm"}), "set both Tenant and Product"},
		{provider.GitHubEnterprise(client), "(github-enterprise): Client.Issuer: is empty"},
	} {
		_, err := cardea.New(cardea.Config{Secret: strings.Repeat("s", 32), Providers: []cardea.Provider{tc.provider}})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %s", tc.provider.AuthorizationURL, err, tc.want)
		}
	}
}

// A tenant's ID stays one segment of the path, whatever it contains.
func TestTenantStaysOneSegment(t *testing.T) {
	t.Parallel()
	c := provider.Client{ID: "id", Secret: "secret", Issuer: "https://auth.example"}
	const want = "https://auth.example/a%2F..%2Fb%3Fc%23d/.well-known/openid-configuration"
	if got := provider.FusionAuth(c, provider.FusionAuthOptions{TenantID: "a/../b?c#d"}).DiscoveryURL; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
