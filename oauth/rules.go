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

	// JSON sends the parameters as a JSON object. Only for POST. Defaults to a form.
	JSON bool

	// Headers are added to the request. They cannot replace Authorization and Content-Type.
	// Defaults to none.
	Headers map[string]string `json:"-"`

	// Params are added to the request. They cannot replace a parameter that the flow sets. A name
	// in braces in a value is replaced by the parameter of the callback with that name, which must
	// be one of CallbackParams. Defaults to none.
	Params url.Values `json:"-"`

	// Names maps the standard's names of parameters and members to those of the service, such as
	// "client_id": "appid" or "access_token": "accessToken". Defaults to the standard's names.
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

	// List says that the answer is a list with the person as its only element. Defaults to an
	// object.
	List bool

	// Signed says that the answer is a JWT (OpenID Connect Core 1.0 § 5.3.2), which is verified
	// with the issuer's keys. Only for OIDC. Defaults to JSON.
	Signed bool
}

// EmailMembers names the members of the answer of Provider.EmailsURL. The primary address is taken
// if it is verified, otherwise the first verified one.
type EmailMembers struct {
	List     string // member with the list; by default the answer itself is the list
	Email    string // member with the address; defaults to email
	Primary  string // boolean member; defaults to primary
	Verified string // boolean member; defaults to verified
}

// EmailVerification says whether a provider counts as having verified e-mail addresses. If the
// application trusts the provider with addresses (Provider.LinkByVerifiedEmail), a verified one is
// proven: it links new accounts to existing users, and is stored as verified.
type EmailVerification string

// The values of EmailVerification. The default is EmailVerifiedByClaim: Profile.EmailVerified is
// false unless the provider says that this very address is verified.
const (
	EmailVerifiedByClaim EmailVerification = ""       // Profile.EmailVerified says whether the address is verified
	EmailAlwaysVerified  EmailVerification = "always" // the service documents that it returns verified addresses only
	EmailNeverVerified   EmailVerification = "never"  // the service does not verify addresses, or does not say so
	EmailNotGiven        EmailVerification = "none"   // the service returns no addresses
)
