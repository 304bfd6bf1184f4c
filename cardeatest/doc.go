// Package cardeatest helps to test applications that use Cardea for sign-in.
//
// [Issuer] is a fake identity provider that runs as a real HTTP server. Configure the application
// under test with its URL, client ID and client secret, and choose who signs in:
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
// [Issuer.Misbehave] makes it a broken or hostile provider, against which the application must stay
// safe:
//
//	issuer.Misbehave(cardeatest.NonceForeign)
//	issuer.Misbehave(cardeatest.Broken(cardeatest.Token, cardeatest.SendsHTML))
//
// [Browser] is a visitor of the application. [Mailbox] and [MailServer] receive the mails that the
// application sends.
package cardeatest
