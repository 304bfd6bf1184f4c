package cardea

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/cardea-auth/cardea/internal/relyingparty"
)

// The errors that an [Adapter] returns, possibly wrapped, and those that methods of [Auth] return.
var (
	// ErrNotFound means that there is no such row. [Auth.AccessToken] returns it too.
	ErrNotFound = errors.New("not found")

	// ErrConflict means that another row already has a value that must be unique.
	ErrConflict = errors.New("conflict with a row that exists")

	// ErrUserDeleted means that the user's row is kept but marked as deleted (soft deletion). It is
	// an ErrNotFound too. See [Callbacks].DeletedUser.
	ErrUserDeleted = fmt.Errorf("the user is deleted, and the row is kept: %w", ErrNotFound)

	// ErrRefused means that the store does not take a row, now or later: a value does not fit, or a
	// check, a trigger or a missing column of the application refuses it. A sign-in that fails with
	// it ends with [CodeAccessDenied].
	ErrRefused = errors.New("the store refuses the row")

	// ErrNoSession is returned by [UserAs] if nobody is signed in.
	ErrNoSession = errors.New("cardea: nobody is signed in")

	// ErrGrantRevoked is returned by [Auth.AccessToken] if the grant expired or was revoked. The
	// person must sign in again.
	ErrGrantRevoked = errors.New("the person must sign in again")

	// ErrTokenBound is returned by [Auth.AccessToken] if the token is bound to a key by DPoP (RFC
	// 9449) and cannot be used as a bearer token.
	ErrTokenBound = errors.New("the access token is bound to a key by DPoP and cannot be used as a bearer token")

	// ErrLastCredential is returned by [Auth.UnlinkAccount] if the user could not sign in without
	// the account.
	ErrLastCredential = errors.New("without this account the user could not sign in")
)

// Error is a failed sign-in. The visitor sees its Code; the log gets the Code and Err. Neither may
// contain a token, cookie, code or secret.
//
// A callback of the application returns an Error to choose the code that the visitor sees.
type Error struct {
	// Code names the failure.
	Code Code

	// Err is the cause, for the log. It may be nil.
	Err error

	// Reason tells the sign-in form why a check refused, as the query parameter code. It has an
	// effect only with CodeCredentialsSignIn. At most 64 letters, digits, -, . and _; any other
	// text is replaced by "credentials". Defaults to "credentials".
	Reason string

	// Redirect is the URL to which the visitor must go first, in the error of [Auth.SignIn] if
	// [Callbacks.SignIn] or a feature wants that. It is empty in any other error, and ignored in an
	// Error that a callback returns.
	Redirect string

	// RetryAfter is how long the visitor should wait before the next try, for the header
	// Retry-After and the page. It has an effect only with CodeRateLimited. Defaults to a minute.
	RetryAfter time.Duration
}

// Error returns the code and the cause, for the log.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return fmt.Sprintf("%s: %v", e.Code, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

const (
	defaultReason = "credentials"
	maxReason     = 64 // bytes
)

var reasonPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// isReason reports whether a text may be a Reason. The length is no part of the pattern, nor of
// others in this package: a compiled {1,64} takes 20 KB, whether it is used or not.
func isReason(text string) bool { return len(text) <= maxReason && reasonPattern.MatchString(text) }

// reason is Reason, or its default.
func (e *Error) reason() string {
	if isReason(e.Reason) {
		return e.Reason
	}
	return defaultReason
}

// Code names a failure, as Auth.js does. The visitor gets it as the query parameter error. A code
// without a constant below reaches the visitor as Configuration.
type Code string

// The codes that a visitor can see.
const (
	CodeConfiguration     Code = "Configuration"         // the server is at fault; the log says why
	CodeAccessDenied      Code = "AccessDenied"          // the application does not let this person in
	CodeAccountNotLinked  Code = "OAuthAccountNotLinked" // the person must sign in as they did before
	CodeOAuthCallback     Code = "OAuthCallbackError"    // the provider returned an error, such as access_denied
	CodeInvalidCheck      Code = "InvalidCheck"          // too late, used before, or of another browser: start again
	CodeCredentialsSignIn Code = "CredentialsSignin"     // the application's check refused what was typed
	CodeMissingCSRF       Code = "MissingCSRF"           // the form was not sent by a page of this site
	CodeVerification      Code = "Verification"          // the link was used already or has expired
	CodeEmailSignIn       Code = "EmailSignin"           // the mail could not be sent, or the address is not valid
	CodeRateLimited       Code = "RateLimited"           // too many requests in too short a time
	CodeWrongCode         Code = "WrongCode"             // the code of a mail is wrong, was used or has expired
)

// The codes that only the log sees.
const (
	codeAdapter       Code = "AdapterError"
	codeCallbackRoute Code = "CallbackRouteError"
	codeProfileParse  Code = "OAuthProfileParseError"
	codeOAuthSignIn   Code = "OAuthSignInError"
	codeEmailSend     Code = "EmailSignInError"
	codeUntrustedHost Code = "UntrustedHost"
)

// The codes of the sign-in page that are not of a failed sign-in.
const (
	codeSessionRequired Code = "SessionRequired" // the page needs a session, or a newer or stronger one
	codeUnknownProvider Code = "UnknownProvider" // GET signin/{provider} for a provider that the site does not have
)

// blamesSite reports whether a failure with the code is one of the site: of its configuration, its
// code, its store, or a server that it uses. The visitor is told so, and the log has an error. Any
// other failure can be one of the visitor, and is a warning in the log.
func (c Code) blamesSite() bool {
	_, isVisible := protocols[ProtocolV5].failures[c]
	return !isVisible || c == codeEmailSend
}

// fail returns an Error whose cause has a text as fmt.Errorf makes it.
func fail(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// storeError returns the Error for a failure of the adapter: the request is not at fault, and
// trying again may help, unless the store refuses the row for good. If err contains an Error
// already, it returns that one.
func storeError(doing string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	code := codeAdapter
	if errors.Is(err, ErrRefused) {
		code = CodeAccessDenied
	}
	return &Error{Code: code, Err: fmt.Errorf("%s: %w", doing, err)}
}

// applicationError returns the Error for an error of the application's code. If err contains an
// Error, the application has chosen what the visitor sees. If a context has ended, the code is that
// of a store failure, because trying again may help.
func applicationError(code Code, where string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		code = codeAdapter
	}
	return fail(code, "%s: %w", where, err)
}

// providerError returns the Error for a failed step of a sign-in at a provider. It returns any
// other error, and nil, unchanged.
func providerError(err error) error {
	e, ok := errors.AsType[*relyingparty.Error](err)
	if !ok {
		return err
	}
	code := map[relyingparty.Kind]Code{
		relyingparty.NotStarted:    codeOAuthSignIn,
		relyingparty.CheckFailed:   CodeInvalidCheck,
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

// codeOf returns the code of the Error in err, as asError does.
func codeOf(err error) Code { return asError(err).Code }

// asError returns the Error in err. Any other error is a failure of the site.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: CodeConfiguration, Err: err}
}

// noAdapter is the error of a method that needs an adapter.
func noAdapter(doing string) error {
	return fmt.Errorf("cardea: %s: nothing is stored without an Adapter: %w", doing, errors.ErrUnsupported)
}

// ignoreNotFound returns nil for ErrNotFound, and any other error unchanged.
func ignoreNotFound(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
