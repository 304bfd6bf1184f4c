// Package cardea signs people in to web applications that keep their users in their own ORM
// entities. It speaks the protocol of Auth.js, so a front end with next-auth's client works with it
// unchanged.
//
//	auth, err := cardea.New(cardea.Config{
//		Secret:    os.Getenv("AUTH_SECRET"),
//		Adapter:   adapter, // gormadapter.Open(options, gormadapter.WithUser[User]())
//		Providers: []cardea.Provider{provider.GitHub(provider.Env("AUTH_GITHUB"))},
//	})
//	...
//	mux.Handle("/api/auth/", auth)
//	mux.Handle("GET /dashboard", cardea.Handle(auth, func(w http.ResponseWriter, r *http.Request, u *User) { ... }))
//
// # Sessions
//
// [Handle] gives a handler the signed-in visitor's row; [Auth.Require] and [Auth.Load] do the same
// for middleware, with [UserAs] behind them. A [StrategyDatabase] session is a row, which ends
// everywhere when it is deleted; a [StrategyJWT] session is an encrypted cookie, for which no
// database is asked.
//
// # Providers
//
// A provider of package provider is data. Its people are known by its own id for them, never by an
// e-mail address. Package email signs in by a mail that proves an address, package credentials by a
// form of the application's own.
//
// # Adapters
//
// An [Adapter] is where users and accounts are kept: GORM entities in module adapter/gormadapter,
// memory in package memadapter, or anything that passes package adaptertest.
//
// # Security notes
//
// Everything fails closed: a store that is away is a 503, never a page. Whoever a provider vouches
// for may sign in unless [Callbacks] say otherwise, and is linked to a user who exists only when
// signed in as that user or by [OAuthProvider.LinkByVerifiedEmail]. Set [Config.BaseURL] in
// production.
//
// # Compatibility
//
// [Config.Protocol] chooses between Auth.js and next-auth 4; docs/compatibility.md has what differs
// from them. Before version 1.0 the API may change between minor versions, and CHANGELOG.md says
// what to do. Cookies, tokens and tables stay readable.
package cardea
