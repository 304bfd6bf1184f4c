package cardea

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/cardea-auth/cardea/internal/relyingparty"
)

// The errors that an [Adapter] returns, possibly wrapped.
var (
	// ErrNotFound means that there is no such row.
	ErrNotFound = errors.New("not found")

	// ErrConflict means that another row has the key already.
	ErrConflict = errors.New("conflict with a row that exists")
)

// The errors that methods of [Auth] return, possibly wrapped.
var (
	// ErrNoSession is returned by [UserAs] if nobody is signed in.
	ErrNoSession = errors.New("cardea: nobody is signed in")

	// ErrGrantRevoked is returned by [Auth.AccessToken] if the grant expired or was revoked. The
	// person must sign in again.
	ErrGrantRevoked = errors.New("the person must sign in again")

	// ErrTokenBound is returned by [Auth.AccessToken] if the token is bound to a key by DPoP (RFC
	// 9449) and cannot be used as a bearer token.
	ErrTokenBound = errors.New("the access token is bound to a key by DPoP, and is no bearer token")

	// ErrLastCredential is returned by [Auth.UnlinkAccount] if the user could not sign in without
	// the account.
	ErrLastCredential = errors.New("without this account the user could not sign in")
)

// Error is a failed sign-in. The visitor sees its Code and the log its cause. Neither contains a
// token, cookie, code or secret. A callback of the application returns an Error to choose the code
// that the visitor sees.
type Error struct {
	// Code names the failure.
	Code Code

	// Err is the cause, for the log. It may be nil.
	Err error

	// Reason is what a form learns, as ?code=, together with CodeCredentialsSignIn: at most 64
	// letters, digits, -, . and _. Defaults to "credentials", which also replaces any other text.
	Reason string
}

func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return fmt.Sprintf("%s: %v", e.Code, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

const defaultReason = "credentials"

var reasonPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// reason is what the form learns.
func (e *Error) reason() string {
	if reasonPattern.MatchString(e.Reason) {
		return e.Reason
	}
	return defaultReason
}

// Code names a failure, in the words of Auth.js. Those below reach the visitor as ?error=. Any
// other reaches the visitor as Configuration.
type Code string

// The codes that a visitor can see.
const (
	CodeConfiguration    Code = "Configuration"         // the server is at fault; the log says why
	CodeAccessDenied     Code = "AccessDenied"          // the application does not let this person in
	CodeAccountNotLinked Code = "OAuthAccountNotLinked" // the person must sign in as they did before
	// the provider answered with an error, such as a cancelled consent
	CodeOAuthCallback     Code = "OAuthCallbackError"
	CodeCredentialsSignIn Code = "CredentialsSignin" // the application's check refused what was typed
	CodeMissingCSRF       Code = "MissingCSRF"       // the form was not sent by a page of this site
	CodeVerification      Code = "Verification"      // the link was used already or has expired
	CodeEmailSignIn       Code = "EmailSignin"       // the mail could not be sent, or the address is not valid
	CodeRateLimited       Code = "RateLimited"       // too many requests in too short a time
	CodeWrongCode         Code = "WrongCode"         // the code of a mail is wrong, was used or has expired
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

// storeError marks a failure of the adapter: the request is not at fault, and trying again may
// help.
func storeError(doing string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: codeAdapter, Err: fmt.Errorf("%s: %w", doing, err)}
}

// applicationError is an error of the application's code, which may have chosen what the visitor
// sees. Code that ran out of time counts as a store that did: trying again may help.
func applicationError(code Code, where string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		code = codeAdapter
	}
	return fail(code, "%s: %w", where, err)
}

// providerError is a failed step of a sign-in at a provider.
func providerError(err error) error {
	e, ok := errors.AsType[*relyingparty.Error](err)
	if !ok {
		return err
	}
	code := map[relyingparty.Kind]Code{
		relyingparty.NotStarted:    codeOAuthSignIn,
		relyingparty.CheckFailed:   codeInvalidCheck,
		relyingparty.Refused:       CodeOAuthCallback,
		relyingparty.NotIdentified: codeCallbackRoute,
		relyingparty.BadProfile:    codeProfileParse,
		relyingparty.NotAllowed:    CodeAccessDenied,
	}[e.Kind]
	if e.Hook != "" {
		return applicationError(code, "hook "+e.Hook, e.Err)
	}
	return &Error{Code: code, Err: e.Err}
}

func codeOf(err error) Code { return asError(err).Code }

// asError returns the Error in err. An err without one is a failure of the site.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: CodeConfiguration, Err: err}
}
