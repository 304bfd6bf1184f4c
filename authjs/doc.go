// Package authjs reads and writes the session cookies of Auth.js v5 and next-auth v4, for a Go
// service beside a Node server that signs people in. It needs the secret of that server and nothing
// else: no database, no call to the server, no other part of Cardea.
//
//	sessions, err := authjs.New(authjs.Config{Secret: os.Getenv("AUTH_SECRET")})
//	...
//	mux.Handle("GET /api/me", sessions.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
//		fmt.Fprintln(w, "Hello,", authjs.ClaimsFrom(r.Context()).Name())
//	})))
//
// # Reading
//
// [Sessions.Require] lets only signed-in visitors pass and answers 401 to all others;
// [Sessions.Load] lets everybody pass. Behind them [ClaimsFrom] has the content of the session and
// [As] makes the application's own struct of it. [Sessions.Read] does without middleware, and says
// why there is no session: [ErrNoSession], [ErrExpired] or [ErrInvalid].
//
// # Writing
//
// [Sessions.Write] sets the cookie of a session, a new one or a changed one, as the Node server
// would; [Sessions.Clear] removes it.
//
// # Security notes
//
// Whoever has the secret can make a session of anybody. A session is the encrypted cookie itself:
// it counts until it expires, wherever a copy is, and also after its user has signed out, was
// disabled or lost a role. Sessions that the Node server keeps in a database (strategy "database")
// are random ids that this package cannot read.
//
// A cookie comes with requests that another site makes a browser send: behind [Sessions.Require]
// use [net/http.CrossOriginProtection] wherever a request changes something.
package authjs
