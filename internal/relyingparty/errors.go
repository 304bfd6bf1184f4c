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
	CheckFailed               // the callback is not bound to the request, or is ambiguous
	Refused                   // the provider answered with an error, such as a cancelled consent
	NotIdentified             // the code could not be redeemed, or the answer does not prove who signed in
	BadProfile                // the profile could not be mapped
	NotAllowed                // who signed in is proven, but the configuration does not let them in
)

// Error is a failed step of a sign-in. It never contains a token, code or secret.
type Error struct {
	// Kind is the step.
	Kind Kind

	// Err is the cause.
	Err error

	// Hook is Redirect or Identify if the cause came from that hook, which may choose what the
	// visitor sees. Otherwise it is empty.
	Hook string
}

func (e *Error) Error() string {
	if e.Hook != "" {
		return fmt.Sprintf("hook %s: %v", e.Hook, e.Err)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

func failed(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...)}
}

func hookFailed(kind Kind, hook string, err error) error {
	return &Error{Kind: kind, Err: err, Hook: hook}
}

// What [Client.Refresh] returns.
var (
	// ErrRevoked means that the provider says that the refresh token is no longer valid.
	ErrRevoked = errors.New("the provider no longer accepts the refresh token")

	// ErrNoRefresh means that the provider's token endpoint is not one of RFC 6749.
	ErrNoRefresh = errors.New("the provider's tokens cannot be refreshed")
)
