package cardea

import (
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/seal"
)

// Protocol is the version of the protocol of Auth.js that a site speaks. Defaults to ProtocolV5.
type Protocol int

// The versions. They differ in cookies, tokens, the answer to a visitor without a session, and how
// failures are reported. A sign-in answers the clients of both versions, whichever is set.
const (
	ProtocolV5 Protocol = iota // Auth.js: @auth/core and next-auth 5
	ProtocolV4                 // next-auth 4
)

// protocol is everything that the versions do differently.
type protocol struct {
	names     func(secure bool) cookie.Names
	scheme    seal.Scheme
	noSession any // what GET session tells a visitor without a session, as JSON

	// codeInPath says that GET signin and GET error accept the code of a failure as the last
	// segment of the path.
	codeInPath bool

	// types are the types of provider that GET providers gives another name.
	types map[ProviderType]ProviderType

	failures     map[Code]failure
	otherFailure failure                                        // of any other code
	refusalQuery func(reason, provider string) (query []string) // of CodeCredentialsSignIn

	// signInPageCodes are the codes of failures that the error page passes on to the sign-in page.
	signInPageCodes []string
}

// failure is the page that shows a failure to the visitor.
type failure struct {
	page  func(*exchange) string // returns the URL of the page
	name  string                 // name of the query parameter
	value string                 // value of the query parameter
}

// protocols are the two versions. In v5 a failure redirects straight to the application's page; in
// v4 mostly to an endpoint, which redirects to the page.
var protocols = [...]protocol{
	ProtocolV5: {
		names:     cookie.NamesV5,
		scheme:    seal.SchemeV5,
		noSession: nil, // null; the client of v5 would take {} for a session
		failures: map[Code]failure{
			CodeAccessDenied:      {(*exchange).errorPage, "error", "AccessDenied"},
			CodeVerification:      {(*exchange).errorPage, "error", "Verification"},
			CodeInvalidCheck:      {(*exchange).errorPage, "error", "InvalidCheck"},
			CodeAccountNotLinked:  {(*exchange).signInPage, "error", "OAuthAccountNotLinked"},
			CodeOAuthCallback:     {(*exchange).signInPage, "error", "OAuthCallbackError"},
			CodeCredentialsSignIn: {page: (*exchange).signInPage}, // refusal has the query
			CodeMissingCSRF:       {(*exchange).signInPage, "error", "MissingCSRF"},
			CodeEmailSignIn:       {(*exchange).signInPage, "error", "EmailSignin"},
			codeEmailSend:         {(*exchange).signInPage, "error", "EmailSignin"},
			CodeRateLimited:       {(*exchange).signInPage, "error", "RateLimited"},
			CodeWrongCode:         {(*exchange).verifyPage, "error", "WrongCode"},
		},
		otherFailure: failure{(*exchange).errorPage, "error", "Configuration"},
		refusalQuery: func(reason, _ string) []string {
			return []string{"error", "CredentialsSignin", "code", reason}
		},
	},
	ProtocolV4: {
		names:      cookie.NamesV4,
		scheme:     seal.SchemeV4,
		noSession:  struct{}{}, // {}; the client of v4 fails on null
		codeInPath: true,
		types:      map[ProviderType]ProviderType{TypeOIDC: TypeOAuth}, // pages made for v4 do not know oidc
		failures: map[Code]failure{
			CodeAccessDenied:      {(*exchange).errorEndpoint, "error", "AccessDenied"},
			CodeVerification:      {(*exchange).errorEndpoint, "error", "Verification"},
			CodeAccountNotLinked:  {(*exchange).errorEndpoint, "error", "OAuthAccountNotLinked"},
			CodeOAuthCallback:     {(*exchange).errorEndpoint, "error", "Callback"},
			CodeInvalidCheck:      {(*exchange).errorEndpoint, "error", "InvalidCheck"},
			codeCallbackRoute:     {(*exchange).errorEndpoint, "error", "OAuthCallback"},
			codeProfileParse:      {(*exchange).errorEndpoint, "error", "OAuthCallback"},
			codeOAuthSignIn:       {(*exchange).errorEndpoint, "error", "OAuthSignin"},
			CodeCredentialsSignIn: {page: (*exchange).errorEndpoint},
			CodeMissingCSRF:       {(*exchange).formPage, "csrf", "true"},
			CodeEmailSignIn:       {(*exchange).errorEndpoint, "error", "EmailSignin"},
			codeEmailSend:         {(*exchange).errorEndpoint, "error", "EmailSignin"},
			CodeRateLimited:       {(*exchange).signInPage, "error", "RateLimited"},
			CodeWrongCode:         {(*exchange).verifyPage, "error", "WrongCode"},
		},
		otherFailure: failure{(*exchange).errorEndpoint, "error", "Configuration"},
		refusalQuery: func(reason, provider string) []string {
			if reason != defaultReason {
				// v4 shows the text of the exception, and has no parameter code
				return []string{"error", reason}
			}
			return []string{"error", "CredentialsSignin", "provider", provider}
		},
		signInPageCodes: []string{
			"Signin", "OAuthSignin", "OAuthCallback", "OAuthCreateAccount", "EmailCreateAccount", "Callback",
			"OAuthAccountNotLinked", "EmailSignin", "CredentialsSignin", "SessionRequired",
		},
	},
}

// failureURL is the URL of the page that shows a failure to the visitor.
func (p *protocol) failureURL(e *exchange, err *Error) string {
	f, ok := p.failures[err.Code]
	if !ok {
		f = p.otherFailure
	}
	query := []string{f.name, f.value}
	switch err.Code {
	case CodeCredentialsSignIn:
		query = p.refusalQuery(err.reason(), e.provider)
	case CodeInvalidCheck:
		query = append(query, restart{e}.params()...)
	}
	return withQuery(f.page(e), query...)
}
