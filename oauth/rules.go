package oauth

import "net/url"

// TokenRules say how a service departs from the token request and answer of RFC 6749 § 4.1.3, § 5.1
// and § 6.
//
// Harmless departures need no rule: a missing token_type, scopes as a list or with commas, a
// lifetime as text, null instead of absent, errors with status 200.
type TokenRules struct {
	// Method is POST, or GET for parameters in the query. Defaults to POST.
	Method string

	// JSON sends the parameters as a JSON object instead of a form. Only for POST.
	JSON bool

	// Headers are added to the request. They cannot replace Authorization and Content-Type.
	Headers map[string]string

	// Params are added to the request. They cannot replace what the flow sets. A name in braces in
	// a value is replaced by that one of the CallbackParams.
	Params url.Values

	// Names are the service's names for parameters and members of the standard, such as
	// "client_id": "appid" or "access_token": "accessToken".
	Names map[string]string

	// Envelope is the member that contains the answer, such as data. Defaults to the answer itself.
	Envelope string
}

// UserinfoRules say how a service departs from the userinfo request of OpenID Connect Core 1.0
// § 5.3.
type UserinfoRules struct {
	// Method is GET or POST. Defaults to POST if JSON is set, and to GET otherwise.
	Method string

	// JSON is the body of the request, such as a GraphQL query. Defaults to no body.
	JSON map[string]any

	// List says that the answer is a list with the person as its only element.
	List bool

	// Signed says that the answer is a JWT (§ 5.3.2), which is verified with the issuer's keys.
	// Only for OIDC.
	Signed bool
}

// EmailMembers names the members of the answer of Provider.EmailsURL. The primary address is taken
// if it is verified, otherwise the first verified one.
type EmailMembers struct {
	List     string // member with the list; defaults to the answer being the list
	Email    string // member with the address; defaults to email
	Primary  string // boolean member; defaults to primary
	Verified string // boolean member; defaults to verified
}

// EmailVerification says whether the e-mail addresses of a provider count as verified. That matters
// when a new account is linked to an existing user, and when the address is stored.
type EmailVerification string

// The values of EmailVerification. The zero value uses Profile.EmailVerified, which is false unless
// the provider stated it of that very address.
const (
	EmailVerifiedByClaim EmailVerification = ""       // as Profile.EmailVerified says
	EmailAlwaysVerified  EmailVerification = "always" // the service documents that it returns verified addresses only
	EmailNeverVerified   EmailVerification = "never"  // the service does not verify addresses, or does not say so
	EmailNotGiven        EmailVerification = "none"   // the service returns no addresses
)
