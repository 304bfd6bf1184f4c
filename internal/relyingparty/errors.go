package relyingparty

import (
	"errors"
	"fmt"
)

// Kind says at which step a sign-in failed.
type Kind int

// The kinds of failures.
const (
	NotStarted    Kind = iota // the authorization request could not be made
	CheckFailed               // the callback or its code is not of this request, not valid any more, or ambiguous
	Refused                   // the provider answered with an error, such as a cancelled consent
	NotIdentified             // the code could not be redeemed, or the answer does not prove who signed in
	BadProfile                // the profile could not be mapped
	NotAllowed                // who signed in is proven, but is not let in
)

// Error is a failed step of a sign-in. It never contains a token, code or secret.
type Error struct {
	// Kind says at which step the sign-in failed.
	Kind Kind

	// Err is the cause.
	Err error

	// Hook is "Redirect" or "Identify" if that hook returned Err. The application may then have
	// chosen what the visitor sees. Otherwise it is "".
	Hook string
}

// Error returns the cause and, if a hook failed, its name.
func (e *Error) Error() string {
	if e.Hook != "" {
		return fmt.Sprintf("hook %s: %v", e.Hook, e.Err)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// failed returns an Error whose cause has a text as fmt.Errorf makes it.
func failed(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// hookFailed returns an Error for what a hook has returned.
func hookFailed(kind Kind, hook string, err error) error {
	return &Error{Kind: kind, Err: err, Hook: hook}
}

// The errors of [Client.Refresh].
var (
	// ErrRevoked means that the provider says that the refresh token is no longer valid.
	ErrRevoked = errors.New("the provider no longer accepts the refresh token")

	// ErrNoRefresh means that the provider cannot refresh tokens, because the hook Exchange
	// replaces its token request.
	ErrNoRefresh = errors.New("the provider's tokens cannot be refreshed")
)
