package provider_test

import "github.com/cardea-auth/cardea/provider"

var _ = add(
	service{
		"asgardeo", provider.Asgardeo(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://api.asgardeo.io/t/acme/oauth2/token",
		}),
	},
	service{
		"auth0", provider.Auth0(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://acme.eu.auth0.com"}),
	},
	service{
		"authentik", provider.Authentik(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://sso.example/application/o/app",
		}),
	},
	service{
		"azureadb2c", provider.AzureADB2C(client,
			provider.AzureADB2COptions{
				Tenant: "contoso", TenantID: "775527ff-9a37-4307-8b3d-cc311f58d925", UserFlow: "B2C_1_signup_signin",
			}),
	},
	service{"bankidnorge", provider.BankIDNorge(client)},
	service{"battlenet", provider.BattleNet(client)},
	service{
		"beyondidentity", provider.BeyondIdentity(provider.Client{
			ID: "app-id", Secret: secret,
			Issuer: "https://auth-us.beyondidentity.com/v1/tenants/t1/realms/r1/applications/a1",
		}),
	},
	service{
		"cognito", provider.Cognito(provider.Client{
			ID: "app-id", Secret: secret,
			Issuer: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E",
		}),
	},
	service{"descope", provider.Descope(client)},
	service{
		"duendeidentityserver", provider.DuendeIdentityServer(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://demo.duendesoftware.example",
		}),
	},
	service{
		"frontegg", provider.Frontegg(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://acme.frontegg.com",
		}),
	},
	service{
		"fusionauth", provider.FusionAuth(provider.Client{ID: "app-id", Secret: secret,
			Issuer: "https://auth.acme.example"}, provider.FusionAuthOptions{}),
	},
	service{
		"fusionauth-tenant", provider.FusionAuth(provider.Client{ID: "app-id", Secret: secret,
			Issuer: "https://auth.acme.example"}, provider.FusionAuthOptions{
			TenantID: "30663132-6464-6665-3032-326466613934",
		}),
	},
	service{"huggingface", provider.HuggingFace(client)},
	service{
		"hydra", provider.Hydra(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://hydra.acme.example/"}),
	},
	service{
		"keycloak", provider.Keycloak(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://sso.example/realms/main",
		}),
	},
	service{"kinde", provider.Kinde(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://acme.kinde.com"})},
	service{"linkedin", provider.LinkedIn(client)},
	service{
		"logto", provider.Logto(provider.Client{ID: "app-id", Secret: secret, Issuer: "https://acme.logto.app/oidc"}),
	},
	service{
		"okta", provider.Okta(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://acme.okta.com/oauth2/default",
		}),
	},
	service{
		"onelogin", provider.OneLogin(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://acme.onelogin.com/oidc/2",
		}),
	},
	service{
		"pingidentity", provider.PingIdentity(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://auth.pingone.com/abfba8f6-49eb-49f5-a5d9-80ad5c98f9f6/as",
		}),
	},
	service{"roblox", provider.Roblox(client)},
	service{"salesforce", provider.Salesforce(client)},
	service{"simplelogin", provider.SimpleLogin(client)},
	service{"slack", provider.Slack(client)},
	service{
		"unitedeffects", provider.UnitedEffects(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://auth.unitedeffects.com/R4nD0m",
		}),
	},
	service{"vipps", provider.Vipps(client)},
	service{
		"zitadel", provider.ZITADEL(provider.Client{
			ID: "app-id", Secret: secret, Issuer: "https://acme.zitadel.cloud",
		}),
	},
)
