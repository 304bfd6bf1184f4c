// Package cardeatest helps to test applications that sign people in with Cardea.
//
// [Issuer] is a fake identity provider, a real HTTP server. Give its URL and client to the
// application under test in the place of the real provider's, and say who signs in:
//
//	issuer := cardeatest.NewIssuer(t)
//	auth, err := cardea.New(cardea.Config{
//		Secret: strings.Repeat("s", 32),
//		Providers: []cardea.Provider{provider.OIDC("idp", "Test", provider.Client{
//			ID: issuer.ClientID, Secret: issuer.ClientSecret, Issuer: issuer.URL,
//		})},
//	})
//	...
//	issuer.Next(cardeatest.Person{Subject: "7", Name: "Bob", Email: "bob@example.com", EmailVerified: true})
//	browser := cardeatest.SignIn(t, site.URL, "idp", "")
//
// Whether the application stands up to a provider that is broken or hostile shows with
// [Issuer.Misbehave]:
//
//	issuer.Misbehave(cardeatest.NonceForeign)
//	issuer.Misbehave(cardeatest.Broken(cardeatest.Token, cardeatest.SendsHTML))
package cardeatest
