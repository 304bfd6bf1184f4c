package cardea

import (
	"context"
	"errors"
	"fmt"
)

// What an [Adapter] returns, possibly wrapped, so that errors.Is finds it.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("conflict with a row that exists")
)

// What methods of [Auth] return, possibly wrapped.
var (
	ErrNoSession = errors.New("cardea: nobody is signed in") // by [UserAs]
	// by [Auth.AccessToken]: nothing is left that the provider gives a token for
	ErrGrantRevoked   = errors.New("the person must sign in again")
	ErrLastCredential = errors.New("without this account the user could not sign in") // by [Auth.UnlinkAccount]
)

// Error is a failed sign-in. The visitor learns its Code, the log its cause; neither holds a token,
// cookie, code or secret. A callback of the application returns one to choose the code that the
// visitor sees.
type Error struct {
	Code Code
	Err  error // the cause, for the log
	// with CredentialsSignin: what the form is told as well, as ?code=, at most 64 letters, digits,
	// -, . and _; defaults to credentials
	Reason string
}

func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return fmt.Sprintf("%s: %v", e.Code, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Code names a failure, in the words of Auth.js. Those below reach the visitor as ?error=; any
// other is shown as Configuration.
type Code string

// The codes that a visitor can see.
const (
	CodeConfiguration    Code = "Configuration"         // something is wrong on the server's side; the log says what
	CodeAccessDenied     Code = "AccessDenied"          // the application does not let this person in
	CodeAccountNotLinked Code = "OAuthAccountNotLinked" // the person must sign in the way they did before
	// the provider answered with an error, such as a cancelled consent
	CodeOAuthCallback     Code = "OAuthCallbackError"
	CodeCredentialsSignIn Code = "CredentialsSignin" // the application's check did not accept what was typed
	CodeMissingCSRF       Code = "MissingCSRF"       // the form was not sent by a page of this site
	CodeVerification      Code = "Verification"      // the link was used already or has expired
	CodeEmailSignIn       Code = "EmailSignin"       // no mail could be sent, or the address is none
	CodeRateLimited       Code = "RateLimited"       // too much was asked for in too short a time
	CodeWrongCode         Code = "WrongCode"         // the code of a mail is wrong, was used, or is too old
)

// The codes that only the log sees.
const (
	codeAdapter       Code = "AdapterError"
	codeInvalidCheck  Code = "InvalidCheck"
	codeCallbackRoute Code = "CallbackRouteError"
	codeProfileParse  Code = "OAuthProfileParseError"
	codeOAuthSignIn   Code = "OAuthSignInError"
	codeEmailSend     Code = "EmailSignInError"
	codeUntrustedHost Code = "UntrustedHost"
)

func fail(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// storeError marks a failure of the adapter: nothing is wrong with the request, and trying again
// may help.
func storeError(doing string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: codeAdapter, Err: fmt.Errorf("%s: %w", doing, err)}
}

// applicationError is an error of the application's own code, which may have chosen what the
// visitor sees. Code that ran out of time counts as a store that did: trying again may help.
func applicationError(code Code, where string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		code = codeAdapter
	}
	return fail(code, "%s: %w", where, err)
}

func codeOf(err error) Code { return asError(err).Code }

// asError is the Error that err holds; what holds none is a failure of the site.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: CodeConfiguration, Err: err}
}
