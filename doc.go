// Package cardea is sign-in for web applications that keep their users in their own ORM entities. It speaks the protocol of Auth.js, so a front
// end with next-auth's client works with it unchanged.
//
//	adapter, err := gormadapter.Open(gormadapter.Options{Type: "sqlite", DBName: "./db.sqlite"}, gormadapter.WithUser[User]())
//	...
//	auth, err := cardea.New(cardea.Config{
//		Secret:    os.Getenv("AUTH_SECRET"),
//		Adapter:   adapter,
//		Providers: []cardea.Provider{provider.GitHub(provider.Env("AUTH_GITHUB"))},
//	})
//	...
//	mux.Handle("/api/auth/", auth)
//	mux.Handle("GET /dashboard", cardea.Handle(auth, func(w http.ResponseWriter, r *http.Request, u *User) { ... }))
//
// # Sessions
//
// [Handle] runs a handler for signed-in visitors only, with the application's own row. [Auth.Require] and [Auth.Load] are the same as middleware,
// with [UserAs] and [SessionFrom] for what is behind it. By the [Database] strategy a session is a row, which ends everywhere when it is deleted;
// by the [JWT] strategy it is an encrypted cookie, for which no database is asked.
//
// # Providers
//
// Package provider has the ways to sign in; each is an [OAuthProvider], which is data. State, PKCE and nonce are always on, ID tokens are always
// verified, and a person is known by the provider's own id, never by an e-mail address. Package credentials has
// sign-in by a form of the application's own, such as a name and a password. Package email has sign-in by a mail with a link and a code, which proves
// that an address is the person's: there the address is the key.
//
// # Adapters
//
// An [Adapter] keeps users and accounts, and sessions if it is a [SessionStore] too. Module adapter/gormadapter keeps them in the application's own
// GORM entities; package memadapter keeps them in memory. Package adaptertest holds the contract as a test, for an adapter of your own.
//
// # Security notes
//
// Session tokens are stored as hashes. Everything fails closed: a store that is away is a 503, never a page. Every user a provider vouches for may
// sign in unless [Callbacks] say otherwise. A new account is linked to an existing user only by someone signed in as that user, unless
// [OAuthProvider.LinkByVerifiedEmail] says otherwise. Set [Config.BaseURL] in production.
//
// # Compatibility
//
// [Config.Protocol] chooses between the cookies and tokens of Auth.js and those of next-auth 4; docs/compatibility.md has all that differs from them.
//
// Before version 1.0 the API may change between minor versions; CHANGELOG.md says what to do. Cookies, tokens and tables stay readable.
package cardea
