// Package cardea signs people in to web applications that keep their users in their own ORM
// entities. It speaks the protocol of Auth.js, so a front end with next-auth's client works with it
// unchanged.
//
//	auth, err := cardea.New(cardea.Config{
//		Secret:    os.Getenv("AUTH_SECRET"),
//		Adapter:   adapter, // gormadapter.Open(options, gormadapter.WithUser[User]())
//		Providers: []cardea.Provider{provider.GitHub(provider.Env("AUTH_GITHUB"))},
//	})
//	mux.Handle("/api/auth/", auth)
//	mux.Handle("GET /dashboard", cardea.Handle(auth, dashboard)) // dashboard gets the *User
//
// [Handle], [Auth.Require] and [Auth.Load] find the session of a request. With [StrategyDatabase] a
// session is a row, with [StrategyJWT] an encrypted cookie. Providers come from packages provider,
// email and credentials, and an [Adapter] from gormadapter or memadapter.
//
// # Security
//
// Set [Config.BaseURL] in production. If the store is unavailable, requests get 503.
//
// An e-mail address is proven by a mail, or by a provider that the application trusts with
// addresses: oauth.Provider.LinkByVerifiedEmail declares that. A new account is linked to an
// existing user only if that user is signed in, or by a proven address.
//
// # Compatibility
//
// Before version 1.0 the API may change between minor versions; CHANGELOG.md says what to do.
// Cookies, tokens and tables stay readable. docs/compatibility.md lists the differences from
// Auth.js.
package cardea
