package authjs

import "errors"

// The errors of [Sessions.Read]. With any of them the visitor is not signed in.
var (
	// ErrNoSession says that the request has no session cookie and, with [Config].Bearer, no bearer
	// token.
	ErrNoSession = errors.New("authjs: no session")

	// ErrExpired says that the session is genuine, but has expired.
	ErrExpired = errors.New("authjs: session has expired")

	// ErrInvalid says that the session is not genuine, without the reason, so that a forger learns
	// nothing from it. It was made with another secret, for a cookie with another name or by
	// another version of Auth.js, it was changed, or it is not a token, as in the cookie of a
	// database session.
	ErrInvalid = errors.New("authjs: session is not valid")
)
