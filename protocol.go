package cardea

import (
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/seal"
)

// Protocol is a version of the protocol of Auth.js, for [Config].
type Protocol int

// The versions. They differ in cookies, tokens, the answer to a visitor without a session, and how
// failures are reported. With either of them a sign-in answers the clients of both as each expects.
const (
	ProtocolV5 Protocol = iota // Auth.js: @auth/core and next-auth 5
	ProtocolV4                 // next-auth 4
)

// protocol is everything that the versions do differently.
type protocol struct {
	names     func(secure bool) cookie.Names
	scheme    seal.Scheme
	noSession any // what GET session tells a visitor without a session, as JSON

	// codeInPath says that the sign-in and error pages accept the code of a failure as last segment
	// of the path.
	codeInPath bool

	// types are the types of provider that GET providers gives another name.
	types map[ProviderType]ProviderType

	failures map[Code]failure
	others   failure // of any other code
	refusal  func(reason, provider string) (query []string)

	// forwarded are the codes that the error page passes on to the sign-in page.
	forwarded []string
}

// failure says how the visitor learns about a failure.
type failure struct {
	page  func(*exchange) string // the URL of the page
	name  string                 // of the query parameter
	value string                 // of the query parameter
}

// protocols are the two versions. In v5 a failure leads straight to the application's page; in v4
// always to an endpoint, which leads on from there.
var protocols = [...]protocol{
	ProtocolV5: {
		names:     cookie.NamesV5,
		scheme:    seal.SchemeV5,
		noSession: nil, // null; the client of v5 would take {} for a session
		failures: map[Code]failure{
			CodeAccessDenied:      {(*exchange).errorPage, "error", "AccessDenied"},
			CodeVerification:      {(*exchange).errorPage, "error", "Verification"},
			CodeAccountNotLinked:  {(*exchange).signInPage, "error", "OAuthAccountNotLinked"},
			CodeOAuthCallback:     {(*exchange).signInPage, "error", "OAuthCallbackError"},
			CodeCredentialsSignIn: {page: (*exchange).signInPage}, // refusal has the query
			CodeMissingCSRF:       {(*exchange).signInPage, "error", "MissingCSRF"},
			CodeEmailSignIn:       {(*exchange).signInPage, "error", "EmailSignin"},
			codeEmailSend:         {(*exchange).signInPage, "error", "EmailSignin"},
			CodeRateLimited:       {(*exchange).signInPage, "error", "RateLimited"},
			CodeWrongCode:         {(*exchange).verifyPage, "error", "WrongCode"},
		},
		others: failure{(*exchange).errorPage, "error", "Configuration"},
		refusal: func(reason, _ string) []string {
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
			codeInvalidCheck:      {(*exchange).errorEndpoint, "error", "OAuthCallback"},
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
		others: failure{(*exchange).errorEndpoint, "error", "Configuration"},
		refusal: func(reason, provider string) []string {
			if reason != defaultReason {
				// v4 shows what the check threw, and has no other place for it
				return []string{"error", reason}
			}
			return []string{"error", "CredentialsSignin", "provider", provider}
		},
		forwarded: []string{
			"Signin", "OAuthSignin", "OAuthCallback", "OAuthCreateAccount", "EmailCreateAccount", "Callback",
			"OAuthAccountNotLinked", "EmailSignin", "CredentialsSignin", "SessionRequired",
		},
	},
}

// failureURL is where the visitor learns about a failure.
func (p *protocol) failureURL(e *exchange, err *Error) string {
	f, ok := p.failures[err.Code]
	if !ok {
		f = p.others
	}
	query := []string{f.name, f.value}
	if err.Code == CodeCredentialsSignIn {
		query = p.refusal(err.reason(), e.provider)
	}
	return withQuery(f.page(e), query...)
}
