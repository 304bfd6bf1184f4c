package authjs

import "errors"

// Why [Sessions.Read] returns no claims. A visitor with any of them is not signed in.
var (
	// ErrNoSession means that nothing came with the request that could be a session.
	ErrNoSession = errors.New("authjs: no session")

	// ErrExpired means that the session was genuine and has ended.
	ErrExpired = errors.New("authjs: session has expired")

	// ErrInvalid means everything else, without saying which, so that it tells a forger nothing:
	// made with another secret, for another cookie or by the other generation, changed on the way,
	// or not a token at all, as the cookie of a database session is.
	ErrInvalid = errors.New("authjs: session is not valid")
)
