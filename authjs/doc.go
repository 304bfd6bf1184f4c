// Package authjs reads and writes the session cookies of Auth.js v5 and next-auth v4, for a Go
// service beside a Node server that signs users in. It needs only the secret of that server: no
// database, no request to the server, no other part of Cardea.
//
//	sessions, err := authjs.New(authjs.Config{Secret: os.Getenv("AUTH_SECRET")})
//	...
//	hello := func(w http.ResponseWriter, r *http.Request) {
//		fmt.Fprintln(w, "Hello,", authjs.ClaimsFrom(r.Context()).Name())
//	}
//	mux.Handle("GET /api/me", sessions.Require(http.HandlerFunc(hello)))
//
// # Reading
//
// [Sessions.Require] is middleware that answers 401 to requests without a session. [Sessions.Load]
// is middleware that lets all requests pass. In the handlers behind them, [ClaimsFrom] returns the
// claims of the session, and [As] converts these to a struct of the application. Without
// middleware, [Sessions.Read] returns the claims, or the reason why there are none: [ErrNoSession],
// [ErrExpired] or [ErrInvalid].
//
// # Writing
//
// [Sessions.Write] sets the cookie of a new or changed session, as the Node server would.
// [Sessions.Clear] removes it.
//
// # Security notes
//
// Anybody who has the secret can make a session for any user.
//
// The session is the encrypted cookie itself. It is valid until it expires, also in copies of the
// cookie, and also if its user has signed out, was disabled or lost a role.
//
// If the Node server keeps its sessions in a database (strategy "database"), the cookies have
// random IDs, and this package cannot read these sessions.
//
// Browsers also send the cookie with requests that come from other sites. Behind
// [Sessions.Require], use [net/http.CrossOriginProtection] for requests that change something.
package authjs
