package oauth

import (
	"context"
	"crypto/tls"
	"net/url"
	"time"
)

// Type says which protocol a provider speaks.
type Type string

// The types of providers. The values are those of Auth.js.
const (
	TypeOAuth2 Type = "oauth" // OAuth 2.0 (RFC 6749), with a profile from a userinfo endpoint
	TypeOIDC   Type = "oidc"  // OpenID Connect Core 1.0, with a verified ID token
)

// Provider describes a client at an OAuth 2.0 or OpenID Connect server as data. It must not be
// changed after it was passed to cardea.New, and is then safe for concurrent use.
//
// With the zero value of a field the client does what the standards say. The fields after Scopes
// are mostly for services that depart from the standards.
//
// State is always sent, as are PKCE (S256) and, for OIDC, a nonce, unless InsecureSkipPKCE or
// InsecureSkipNonce is set.
type Provider struct {
	// ID names the provider in URLs and in the account's row: lower-case letters, digits, hyphens
	// and underscores. No other provider of the site has the same.
	ID string

	// Name is shown to people, such as "GitHub". It must not be empty.
	Name string

	// Type is TypeOAuth2 or TypeOIDC. It must be set.
	Type Type

	// ClientID is the client identifier from the registration at the service.
	ClientID string

	// ClientSecret is the secret from the same registration. It is empty for a public client.
	ClientSecret string `json:"-"`

	// ClientAuth is how the client authenticates at the token endpoint. Defaults to
	// AuthClientSecretBasic if there is a secret, and to AuthNone otherwise. For OIDC, a server
	// whose metadata lists AuthClientSecretPost but not AuthClientSecretBasic gets
	// AuthClientSecretPost.
	ClientAuth ClientAuth

	// ClientKey signs the assertions of AuthPrivateKeyJWT, which needs it. No other method uses it.
	ClientKey ClientKey

	// AssertionAudience is the aud claim of client assertions, for AuthPrivateKeyJWT and
	// AuthClientSecretJWT. Defaults to the Issuer, which no other server can claim as its own. Set
	// it to the TokenURL if the service insists on that.
	AssertionAudience string

	// ClientCertificate is presented to the endpoints for tokens, userinfo, e-mail addresses and
	// pushed authorization requests.
	//
	// AuthTLS and AuthSelfSignedTLS need it. With any other ClientAuth it serves services that bind
	// their tokens to a certificate (RFC 8705 § 3). If cardea.Config.HTTPClient is set, its
	// Transport must be an *http.Transport. Defaults to no certificate.
	ClientCertificate *tls.Certificate `json:"-"`

	// ClientSecretFunc makes the client secret, for a service such as Apple whose secret is a token
	// that expires. It replaces ClientSecret, and may be called concurrently.
	//
	// The secret is used until a minute before it expires. With a zero expiry the function is
	// called for each request. An error fails the sign-in and is logged, so it must not contain the
	// key.
	ClientSecretFunc func(ctx context.Context, now time.Time) (secret string, expires time.Time, err error)

	// Issuer is the exact issuer identifier (RFC 8414 § 2). An OIDC provider must have one: its
	// endpoints are discovered from it, and its ID tokens must contain it. For OAuth2 it only
	// serves to check the iss parameter of the callback (RFC 9207).
	//
	// If a service has one issuer for each tenant, Issuer is a template, with the name of a claim
	// of the ID token in braces, such as https://login.microsoftonline.com/{tid}/v2.0. The issuer
	// of the metadata document must then be the same template, with any names in the braces, or an
	// issuer that matches it. In the first case the issuer of an ID token must be the template with
	// the ID token's own claim filled in; in the second case, the issuer of the metadata document.
	//
	// The claim sub is unique within one issuer only (OpenID Connect Core 1.0 § 2). If Issuer is a
	// template and there is no Profile function, the account ID is therefore made of the claims in
	// the braces and sub, joined by slashes. If that has more than 255 bytes, although sub has not,
	// the account ID is sha256: and the SHA-256 of it, in hexadecimal digits.
	Issuer string

	// IssuerAlias is another spelling of the Issuer that ID tokens and callbacks may contain, for a
	// service that documents it. Not for an Issuer that is a template. Defaults to none.
	IssuerAlias string

	// AllowedIssuers are the issuers that are accepted if Issuer is a template. Defaults to all
	// that match it, which lets every tenant of the service sign in.
	AllowedIssuers []string

	// RefusedIssuers are issuers that are not accepted although they match the template and
	// AllowedIssuers. Such a sign-in fails with AccessDenied. Defaults to none.
	RefusedIssuers []string

	// DiscoveryURL is the URL of the metadata document of an OIDC provider. Defaults to the Issuer
	// followed by /.well-known/openid-configuration. An Issuer with braces needs it.
	DiscoveryURL string

	// AuthorizationURL is the authorization endpoint. OAuth2 needs it. For OIDC, this and the other
	// endpoints replace the discovered ones. All are https URLs, or http URLs on a loopback
	// address.
	AuthorizationURL string

	// TokenURL is the token endpoint. OAuth2 needs it unless Exchange is set.
	TokenURL string

	// RefreshURL is the endpoint at which tokens are refreshed. Defaults to TokenURL.
	RefreshURL string

	// UserinfoURL is the endpoint that describes the person. OAuth2 needs it unless FetchUserinfo
	// or UseTokenAnswer is set.
	//
	// After the host, a name in braces is replaced by that member of the token answer, as in
	// https://api.example.com/users/{user_id}. A name with dots reads a nested member. The sign-in
	// fails if there is no such member. The values of Headers are filled in the same way.
	UserinfoURL string

	// EmailsURL is an endpoint with the list of the person's e-mail addresses, from which a
	// verified one is taken; see Emails. If it refuses the request with status 403 or 404, the
	// person signs in without an address, and the log has a warning. Defaults to no request for a
	// list.
	EmailsURL string

	// JWKSURL is the key set of an OIDC provider. Defaults to the discovered one.
	JWKSURL string

	// DPoP binds the access tokens to a key of this site (RFC 9449), and accepts no other tokens.
	// The key is derived from cardea.Config.Secret.
	//
	// The bound tokens are used for the requests to this provider, the refresh included.
	// cardea.Auth.AccessToken returns none of them, because an API accepts such a token only with a
	// proof that is made with the key. A new Secret is a new key, and makes the refresh tokens of a
	// public client useless.
	//
	// A server that demands DPoP gets it without this field, after it has refused a token request.
	// Hooks have no access to the key. Defaults to bearer tokens.
	DPoP bool

	// PushedAuthorizationURL is the endpoint to which this server sends the authorization request,
	// so that the visitor's browser carries only a reference to it (RFC 9126).
	//
	// A discovered endpoint is used if the metadata requires it or PushAuthorization is set.
	// Defaults to sending the parameters with the browser.
	PushedAuthorizationURL string

	// PushAuthorization pushes the authorization request even if the metadata does not require it.
	// Defaults to what the metadata requires.
	PushAuthorization bool

	// Scopes are requested at the authorization endpoint. Nil means openid, profile and email for
	// OIDC, and no scope for OAuth2. A list that is empty but not nil sends no scope.
	Scopes []string

	// ScopeSeparator stands between two scopes. Defaults to a space.
	ScopeSeparator string

	// AuthorizationParams are added to the authorization request. They cannot replace a parameter
	// that the flow sets, such as state, and the query of POST signin cannot replace them. Defaults
	// to none.
	//
	// The request goes through the visitor's browser, where the visitor can change it. To rely on a
	// parameter, check the answer: see ParamClaims and RequiredClaims. With max_age, which must be
	// a number of seconds, the ID token must contain an auth_time that is recent enough.
	AuthorizationParams url.Values

	// ParamClaims say with which claim the service answers an authorization parameter, as in
	// "organization=org_id". If AuthorizationParams or AuthorizationURL has the parameter, the
	// claim must have the same value, or one of the claims if the parameter has several. Otherwise
	// the sign-in fails with AccessDenied.
	//
	// Names of claims are written as in RequiredClaims. Defaults to no such check.
	ParamClaims []string

	// RequiredClaims are claims that the provider's answer must contain, each with one of the
	// listed values, such as "acr" with the authentication methods that are strong enough.
	// Otherwise the sign-in fails with AccessDenied.
	//
	// A name with dots reads a nested member, unless it is a URI. The claim is text, a number,
	// true, or a list that contains one of these. The value * accepts any claim that is not empty.
	// The claims of an ID token count before those of the userinfo endpoint, and CallbackParams do
	// not count. Defaults to no such check.
	RequiredClaims map[string][]string

	// TwoFactorACR and TwoFactorAMR are the values of the claims acr and amr of an ID token with
	// which the provider says that the person has proven two factors. A sign-in with one of them
	// has the method mfa, so that cardea.Session.Level is 2 and package factor asks for no code:
	// whoever gets into the person's account there, or can set these claims, is in here. List only
	// values that the service documents to mean two factors for everybody, such as "mfa" of RFC
	// 8176 or the name of a policy of yours.
	//
	// They are compared byte by byte. Claims of the userinfo endpoint do not count. To make the
	// provider ask for both, set acr_values in AuthorizationParams. Both need TypeOIDC. Defaults to
	// none: whatever the provider says, it is one factor.
	TwoFactorACR []string
	TwoFactorAMR []string // see TwoFactorACR

	// AuthorizationFragment is appended to the authorization URL after a #, for services that give
	// it a meaning. Defaults to no fragment.
	AuthorizationFragment string

	// ForwardParams are the names of more query parameters of POST signin that are passed on to the
	// provider. Hints such as login_hint are always passed on. What AuthorizationParams or
	// AuthorizationURL contains is never replaced. Defaults to none.
	ForwardParams []string

	// ClientIDParam is the name of the parameter with the ClientID. Defaults to client_id.
	ClientIDParam string

	// InsecureSkipPKCE sends no code_challenge, for a service that refuses one. State and, for
	// OIDC, the nonce still bind the answer to the browser. Defaults to PKCE with S256.
	InsecureSkipPKCE bool

	// InsecureSkipNonce sends no nonce and does not check the one of the ID token, for a service
	// that returns no nonce or a wrong one. PKCE and state still bind the answer to the browser.
	// Only for OIDC. Defaults to a nonce.
	InsecureSkipNonce bool

	// InsecureSkipAuthTime lets people who are signed in confirm who they are with this provider
	// although nothing shows that it asks them: coming back from there is enough. It is for a
	// service that asks each time, or whose word the application takes. No prompt and no max_age
	// are added to the request; AuthorizationParams may have them.
	//
	// Defaults to asking with prompt=login and max_age=0 and checking auth_time of the ID token
	// (OpenID Connect Core 1.0 § 3.1.2.1). An OAuth2 provider, and one whose metadata lists claims
	// without auth_time, then confirms nothing; see cardea.Auth.RequireFresh.
	InsecureSkipAuthTime bool

	// FormPost asks for the callback as a form that the visitor's browser posts (OAuth 2.0 Form
	// Post Response Mode). A callback in the query is then refused. Defaults to the query.
	FormPost bool

	// CodeParam is the name of the callback's parameter with the code. Defaults to code.
	CodeParam string

	// CallbackParams are names of parameters that the service adds to the callback, such as Apple's
	// user. Profile finds them in its Claims below "callback", parsed if they are JSON objects.
	//
	// They came through the visitor's browser, so they prove nothing. Defaults to none.
	CallbackParams []string

	// Token says how the service departs from the standard token request and answer. Defaults to
	// the standard.
	Token TokenRules

	// IDTokenHS256 accepts only ID tokens signed with ClientSecret by HS256. The secret must have
	// 32 bytes or more. Defaults to the asymmetric algorithms of the issuer's metadata and keys.
	IDTokenHS256 bool

	// UseUserinfo adds the claims of the userinfo endpoint to those of the ID token, for OIDC. By
	// default that endpoint is not asked. A userinfo claim replaces the ID token's claim of the
	// same name, but not the claims that the token must prove, such as sub. If the endpoint refuses
	// the request with status 403 or 404, the sign-in goes on with the ID token's claims, and the
	// log has a warning.
	UseUserinfo bool

	// BooleanClaims are names of claims that the service sends as text or as a number although they
	// are booleans: "true", "1" and 1 become true, "false", "0" and 0 become false, before anything
	// reads the claims. Defaults to none.
	BooleanClaims []string

	// UseTokenAnswer makes the members of the token answer part of an OAuth2 provider's profile,
	// without the tokens. The members of the userinfo answer replace those of the same name.
	// UserinfoURL may then be empty.
	UseTokenAnswer bool

	// Userinfo says how the service departs from the standard userinfo request. Defaults to the
	// standard.
	Userinfo UserinfoRules

	// Emails names the members of the answer of EmailsURL. Each field has a default.
	Emails EmailMembers

	// Headers are added to the requests to UserinfoURL and EmailsURL. If one of them, or
	// UserinfoURL, contains {access_token}, the token is not also sent as a bearer token. A header
	// Authorization must contain {access_token}. Defaults to none.
	Headers map[string]string `json:"-"`

	// Exchange redeems the code instead of the token request, for a service that Token cannot
	// describe. It returns the token answer with the names of RFC 6749 § 5.1, which is then checked
	// like any other answer.
	//
	// It may be called concurrently. An error fails the sign-in and is logged. Defaults to the
	// token request.
	Exchange func(ctx context.Context, g *CodeGrant) (Claims, error)

	// FetchUserinfo describes the person instead of the request to UserinfoURL.
	//
	// It may be called concurrently. An error, or nil claims, fails the sign-in; the error is
	// logged. Defaults to the request to UserinfoURL.
	FetchUserinfo func(ctx context.Context, g *CodeGrant) (Claims, error)

	// Redirect returns the absolute URL to which the browser goes to sign in. Together with
	// Identify it replaces the whole flow, for a service that does not speak OAuth. From the pages
	// of a site on https, browsers go to an http URL only if the policy allows it, as it does for
	// sites on localhost; the log has a warning.
	//
	// There are then no tokens. ClientID may be empty, and the fields for endpoints, tokens and
	// scopes must be empty. Both hooks may be called concurrently. Their errors fail the sign-in
	// and are logged, so they must contain nothing of the answer. An error of type *cardea.Error
	// chooses what the visitor sees. Both default to nil, for a provider that speaks OAuth.
	Redirect func(ctx context.Context, r *Redirection) (string, error)

	// Identify checks the answer that the browser brought back from the service, and returns what
	// the answer proves about the person. Nothing else checks it: if Identify accepts a forged
	// answer, the forger is signed in. For an answer that is not valid, or not any more, it returns
	// a *cardea.Error with CodeInvalidCheck: the visitor is asked to start again. If Once has
	// returned false, any error means that. Other errors are failures of the service.
	Identify func(ctx context.Context, r *Redirection) (Claims, error)

	// Profile maps what the provider said about the person. It may be called concurrently. A
	// profile with an empty ID fails the sign-in.
	//
	// OAuth2 needs it. For OIDC it defaults to the standard claims (OpenID Connect Core 1.0 § 5.1);
	// the e-mail then counts as verified only if email_verified is the boolean true. See Issuer for
	// the ID, and BooleanClaims for a service that writes booleans as text.
	Profile func(ctx context.Context, raw Claims) (Profile, error)

	// EmailVerification says whether the provider counts as having verified e-mail addresses. Any
	// value but the default overrides Profile.EmailVerified. It does not say that the application
	// trusts the provider; LinkByVerifiedEmail does.
	EmailVerification EmailVerification

	// LinkByVerifiedEmail declares that the application trusts this provider with addresses: if it
	// says that an address is verified, that is a proof like a mail. Set it only for a provider at
	// which nobody can have a verified address that is not theirs.
	//
	// A new account is then linked to the existing user with the same address, without asking the
	// person to sign in as that user first, if the user's row says too that the address is proven,
	// or if nobody can sign in as the user without the address. Otherwise a stranger may have
	// registered the address: the person becomes a new user, and the old user loses the address.
	// The address of a new user counts as proven, and so does that of an existing one who links the
	// account, or signs in with it and has no other credential.
	//
	// Defaults to false: what the provider says about addresses proves nothing. The address of a
	// new user then counts as unproven, and whoever proves it, by mail or at a provider that is
	// trusted, takes it from that user. If another user has the address already, the sign-in is
	// refused with OAuthAccountNotLinked.
	LinkByVerifiedEmail bool

	// Style is how the provider looks on the sign-in page. Each field has a default.
	Style Style

	// Err is the error of a constructor of package provider about its options. cardea.New reports
	// it. Nil means that there is none.
	Err error
}

// ProviderID returns p.ID. With it a *Provider is a cardea.Provider.
func (p *Provider) ProviderID() string { return p.ID }

// Style is how a provider looks on the sign-in page.
type Style struct {
	// BrandColor is the background of the button as #rrggbb. Its text is black or white, whichever
	// is easier to read. Defaults to a neutral color, and for the first form with fields to that of
	// the main button.
	BrandColor string

	// Logo is the d attribute of an SVG path in a 24 by 24 box, drawn in the color of the text.
	// Defaults to the outline of a person. Forms with fields have none.
	Logo string
}
