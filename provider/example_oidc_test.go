package provider_test

import (
	"fmt"

	"github.com/cardea-auth/cardea/provider"
)

func ExampleAsgardeo() {
	p := provider.Asgardeo(provider.Client{
		ID: "id", Secret: "secret", Issuer: "https://api.asgardeo.io/t/acme/oauth2/token",
	})

	fmt.Println(p.ID, p.Issuer)
	// Output: asgardeo https://api.asgardeo.io/t/acme/oauth2/token
}

func ExampleAuth0() {
	p := provider.Auth0(provider.Client{ID: "id", Secret: "secret", Issuer: "https://acme.eu.auth0.com"})

	fmt.Println(p.ID, p.Issuer)
	// Output: auth0 https://acme.eu.auth0.com/
}

func ExampleAuthentik() {
	p := provider.Authentik(provider.Client{
		ID: "id", Secret: "secret", Issuer: "https://sso.example/application/o/app",
	})

	fmt.Println(p.ID, p.Issuer)
	// Output: authentik https://sso.example/application/o/app/
}

func ExampleAzureADB2C() {
	p := provider.AzureADB2C(provider.Client{ID: "id", Secret: "secret"},
		provider.AzureADB2COptions{
			Tenant: "contoso", TenantID: "775527ff-9a37-4307-8b3d-cc311f58d925", UserFlow: "B2C_1_signup_signin",
		})

	fmt.Println(p.ID, p.Issuer)
	// Output: azure-ad-b2c https://contoso.b2clogin.com/775527ff-9a37-4307-8b3d-cc311f58d925/v2.0/
}

func ExampleBankIDNorge() {
	p := provider.BankIDNorge(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: bankid-no https://auth.bankid.no/auth/realms/prod
}

func ExampleBattleNet() {
	p := provider.BattleNet(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: battlenet https://oauth.battle.net
}

func ExampleBeyondIdentity() {
	p := provider.BeyondIdentity(provider.Client{
		ID: "id", Secret: "secret", Issuer: "https://auth-us.beyondidentity.com/v1/tenants/t1/realms/r1/applications/a1",
	})

	fmt.Println(p.ID, p.Issuer)
	// Output: beyondidentity https://auth-us.beyondidentity.com/v1/tenants/t1/realms/r1/applications/a1
}

func ExampleCognito() {
	p := provider.Cognito(provider.Client{
		ID: "id", Secret: "secret", Issuer: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E",
	})

	fmt.Println(p.ID, p.Issuer)
	// Output: cognito https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E
}

func ExampleDescope() {
	p := provider.Descope(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: descope https://api.descope.com/id
}

func ExampleDuendeIdentityServer() {
	p := provider.DuendeIdentityServer(provider.Client{
		ID: "id", Secret: "secret", Issuer: "https://demo.duendesoftware.example",
	})

	fmt.Println(p.ID, p.Issuer)
	// Output: duende-identity-server6 https://demo.duendesoftware.example
}

func ExampleFrontegg() {
	p := provider.Frontegg(provider.Client{ID: "id", Secret: "secret", Issuer: "https://acme.frontegg.com"})

	fmt.Println(p.ID, p.Issuer)
	// Output: frontegg https://acme.frontegg.com
}

func ExampleFusionAuth() {
	p := provider.FusionAuth(provider.Client{ID: "id", Secret: "secret", Issuer: "https://auth.acme.example"},
		provider.FusionAuthOptions{})

	fmt.Println(p.ID, p.Issuer)
	// Output: fusionauth https://auth.acme.example
}

func ExampleHuggingFace() {
	p := provider.HuggingFace(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: huggingface https://huggingface.co
}

func ExampleHydra() {
	p := provider.Hydra(provider.Client{ID: "id", Secret: "secret", Issuer: "https://hydra.acme.example/"})

	fmt.Println(p.ID, p.Issuer)
	// Output: hydra https://hydra.acme.example/
}

func ExampleKeycloak() {
	p := provider.Keycloak(provider.Client{ID: "id", Secret: "secret", Issuer: "https://sso.example/realms/main"})

	fmt.Println(p.ID, p.Issuer)
	// Output: keycloak https://sso.example/realms/main
}

func ExampleKinde() {
	p := provider.Kinde(provider.Client{ID: "id", Secret: "secret", Issuer: "https://acme.kinde.com"})

	fmt.Println(p.ID, p.Issuer)
	// Output: kinde https://acme.kinde.com
}

func ExampleLinkedIn() {
	p := provider.LinkedIn(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: linkedin https://www.linkedin.com/oauth
}

func ExampleLogto() {
	p := provider.Logto(provider.Client{ID: "id", Secret: "secret", Issuer: "https://acme.logto.app/oidc"})

	fmt.Println(p.ID, p.Issuer)
	// Output: logto https://acme.logto.app/oidc
}

func ExampleOkta() {
	p := provider.Okta(provider.Client{ID: "id", Secret: "secret", Issuer: "https://acme.okta.com/oauth2/default"})

	fmt.Println(p.ID, p.Issuer)
	// Output: okta https://acme.okta.com/oauth2/default
}

func ExampleOneLogin() {
	p := provider.OneLogin(provider.Client{ID: "id", Secret: "secret", Issuer: "https://acme.onelogin.com/oidc/2"})

	fmt.Println(p.ID, p.Issuer)
	// Output: onelogin https://acme.onelogin.com/oidc/2
}

func ExamplePingIdentity() {
	p := provider.PingIdentity(provider.Client{
		ID: "id", Secret: "secret", Issuer: "https://auth.pingone.com/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as",
	})

	fmt.Println(p.ID, p.Issuer)
	// Output: ping-id https://auth.pingone.com/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as
}

func ExampleRoblox() {
	p := provider.Roblox(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: roblox https://apis.roblox.com/oauth/
}

func ExampleSalesforce() {
	p := provider.Salesforce(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: salesforce https://login.salesforce.com
}

func ExampleSimpleLogin() {
	p := provider.SimpleLogin(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: simplelogin https://app.simplelogin.io
}

func ExampleSlack() {
	p := provider.Slack(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: slack https://slack.com
}

func ExampleUnitedEffects() {
	p := provider.UnitedEffects(provider.Client{
		ID: "id", Secret: "secret", Issuer: "https://auth.unitedeffects.com/R4nD0m",
	})

	fmt.Println(p.ID, p.Issuer)
	// Output: united-effects https://auth.unitedeffects.com/R4nD0m
}

func ExampleVipps() {
	p := provider.Vipps(provider.Client{ID: "id", Secret: "secret"})

	fmt.Println(p.ID, p.Issuer)
	// Output: vipps https://api.vipps.no/access-management-1.0/access/
}

func ExampleZITADEL() {
	p := provider.ZITADEL(provider.Client{ID: "id", Secret: "secret", Issuer: "https://acme.zitadel.cloud"})

	fmt.Println(p.ID, p.Issuer)
	// Output: zitadel https://acme.zitadel.cloud
}
