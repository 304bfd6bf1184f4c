package cardea

import (
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/seal"
)

// Protocol is a generation of Auth.js, for [Config].
type Protocol int

// The generations. They differ in cookies, tokens, the answer to a visitor without a session, and
// how failures are told. With either of them a sign-in answers the clients of both, as each
// expects.
const (
	ProtocolV5 Protocol = iota // Auth.js: @auth/core and next-auth 5
	ProtocolV4                 // next-auth 4
)

// generation is all that the generations do differently.
type generation struct {
	names     func(secure bool) cookie.Names
	scheme    seal.Scheme
	noSession any // what GET session tells a stranger, as JSON
	// the pages for signing in and for errors take the code of a failure as the last segment of
	// their path, too
	codeInPath bool
	openID     ProviderType // what GET providers calls an OpenID Connect provider

	failures map[Code]failure
	others   failure // of any other code
	refusal  func(reason, provider string) (query []string)

	// forwarded are the codes that the error page passes on to the sign-in page.
	forwarded []string
}

// failure is how a failure is told to the visitor.
type failure struct {
	page  func(*exchange) string // its URL
	name  string                 // of the query parameter
	value string
}

// generations are the two. In v5 a failure leads straight to the application's page; in v4 always
// to an endpoint, which goes on from there.
var generations = [...]generation{
	ProtocolV5: {
		names:     cookie.NamesV5,
		scheme:    seal.SchemeV5,
		noSession: nil, // null; the client of v5 takes {} for a session
		openID:    TypeOIDC,
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
		noSession:  struct{}{}, // {}; the client of v4 stumbles over null
		codeInPath: true,
		openID:     TypeOAuth, // pages made for v4 know no other
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
			CodeMissingCSRF:       {(*exchange).formEndpoint, "csrf", "true"},
			CodeEmailSignIn:       {(*exchange).errorEndpoint, "error", "EmailSignin"},
			codeEmailSend:         {(*exchange).errorEndpoint, "error", "EmailSignin"},
			CodeRateLimited:       {(*exchange).signInPage, "error", "RateLimited"},
			CodeWrongCode:         {(*exchange).verifyPage, "error", "WrongCode"},
		},
		others: failure{(*exchange).errorEndpoint, "error", "Configuration"},
		refusal: func(reason, provider string) []string {
			if reason != defaultReason {
				// v4 shows what the application's check threw, and has no other place for it
				return []string{"error", reason}
			}
			return []string{"error", "CredentialsSignin", "provider", provider}
		},
		forwarded: []string{
			"Signin", "OAuthSignin", "OAuthCallback", "OAuthCreateAccount", "EmailCreateAccount", "Callback",
			"OAuthAccountNotLinked", "EmailSignin",
			"CredentialsSignin", "SessionRequired",
		},
	},
}

// tell returns the URL at which the visitor learns of a failure.
func (g *generation) tell(v *exchange, err *Error) string {
	f, ok := g.failures[err.Code]
	if !ok {
		f = g.others
	}
	query := []string{f.name, f.value}
	if err.Code == CodeCredentialsSignIn {
		query = g.refusal(err.reason(), v.provider)
	}
	return withQuery(f.page(v), query...)
}
