package cardea

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// ProviderType tells how a provider signs people in; it is the type in GET /providers and in an
// account's row.
type ProviderType string

// The types of the protocol.
const (
	TypeOAuth       ProviderType = "oauth"
	TypeOIDC        ProviderType = "oidc"
	TypeCredentials ProviderType = "credentials"
)

// Provider is one way to sign in. Package provider has a constructor for each well-known service
// and one for any other.
type Provider interface {
	identity() (id, name string, kind ProviderType, style Style)
}

// OAuthProvider describes a client at an OAuth 2.0 or OpenID Connect server as data. Applications
// get one from a constructor of package provider; write the literal for a service that has none.
// [New] reports what is missing or wrong in it. The zero value of every field is what the standards
// say; the others are for services that depart from them.
//
// State is always used, as are PKCE with S256 and, for OIDC, a nonce, but where InsecureSkipPKCE or InsecureSkipNonce
// says that the service cannot.
type OAuthProvider struct {
	ID   string // in URLs and in the account's row: lower-case letters, digits, hyphen, underscore
	Name string // for people
	Type ProviderType

	ClientID     string
	ClientSecret string // empty for a public client
	ClientAuth   ClientAuth

	ClientKey ClientKey // for AuthPrivateKeyJWT

	// AssertionAudience is for whom the assertions of AuthPrivateKeyJWT and AuthClientSecretJWT are.
	// Defaults to the Issuer, which no other server can take for itself; set the TokenURL where the
	// service insists on it.
	AssertionAudience string

	// ClientCertificate is presented to the endpoints for tokens, userinfo, e-mail addresses and
	// pushed authorization requests, for AuthTLS and AuthSelfSignedTLS, or where a
	// service binds its tokens to one (RFC 8705 § 3), whatever ClientAuth is. [Config.HTTPClient],
	// if it is set, must have an [http.Transport] of net/http then.
	ClientCertificate *tls.Certificate

	// ClientSecretFunc makes the client secret where that is a token of its own, as Apple's is, and
	// stands in the place of ClientSecret. It may run concurrently. What it returns is used until a
	// minute before it expires; with a zero time it is asked again for each request. Its error
	// fails the sign-in and is logged, so it must hold nothing of the key.
	ClientSecretFunc func(ctx context.Context, now time.Time) (secret string, expires time.Time, err error)

	// Issuer is the exact issuer identifier (RFC 8414 § 2). An OIDC provider must have one: its
	// endpoints are discovered, and its ID tokens must carry it. For OAuth2 it only serves to check
	// the iss parameter of the callback (RFC 9207).
	//
	// A service with an issuer for each tenant is written with a claim of the ID token in braces,
	// such as https://login.microsoftonline.com/{tid}/v2.0. The discovered issuer must then be that
	// text, whatever stands in the braces, or one that fits it; an ID token must carry the issuer
	// that its own claim makes of the text or, if the discovered one has no braces, that one.
	Issuer         string
	AllowedIssuers []string // what an Issuer with braces may turn out to be; empty allows all of the service's tenants
	// of the metadata document; defaults to the Issuer with /.well-known/openid-configuration after
	// it
	DiscoveryURL string

	// Endpoints of an OAuth2 provider; for OIDC they replace the discovered ones. https, or http on
	// a loopback address.
	//
	// In UserinfoURL, behind the host, and in the values of Headers a name in braces is a member of
	// the token answer, as in https://api.example.com/users/{user_id}; a name with dots leads to a
	// nested one. A sign-in for which there is none fails.
	AuthorizationURL string
	TokenURL         string
	RefreshURL       string // where tokens are refreshed; defaults to TokenURL
	UserinfoURL      string
	EmailsURL        string // a list of addresses, read for one that is verified; see Emails
	JWKSURL          string

	// DPoP binds the access tokens to a key of this site's (RFC 9449), which is made of
	// [Config.Secret], and takes no others. They are used for what this provider is asked here, the
	// refresh too, and [Auth.AccessToken] hands out none: whoever calls another API needs the key.
	// A new Secret is a new key, with which the refresh tokens of a public client are worth
	// nothing. A server that demands DPoP gets it without this too, after it has refused a token
	// request; hooks have no key.
	DPoP bool

	// PushedAuthorizationURL takes the authorization request from this server, so that the
	// visitor's browser brings only a reference to it (RFC 9126). Where it is discovered it is used
	// if the service says that it must be, or PushAuthorization is set.
	PushedAuthorizationURL string
	PushAuthorization      bool

	// The authorization request.
	// defaults to openid profile email for OIDC, to none for OAuth2; empty sends no scope
	Scopes                []string
	ScopeSeparator        string     // defaults to a space
	AuthorizationParams   url.Values // added; cannot replace what the flow sets
	AuthorizationFragment string     // after the #, where the service has meaning for one
	// of the query of POST signin, added to those that always reach the provider, such as
	// login_hint
	ForwardParams    []string
	ClientIDParam    string // name of the parameter with ClientID; defaults to client_id
	InsecureSkipPKCE bool   // the service refuses a code_challenge; state, and for OIDC the nonce, are what is left
	// the service's ID tokens have no nonce, or another than the one sent; PKCE and state are what
	// is left
	InsecureSkipNonce bool

	// FormPost asks for the callback as a form that the visitor's browser posts (OAuth 2.0 Form
	// Post Response Mode). The callback is accepted in no other way then.
	FormPost bool

	CodeParam string // name of the callback's parameter with the code; defaults to code

	// CallbackParams are parameters that the service adds to the callback, such as Apple's user.
	// Profile finds them in raw below callback, parsed if they are JSON objects. They came through
	// the visitor's browser, so nothing in them is proven.
	CallbackParams []string

	Token TokenRules
	// ID tokens are signed with ClientSecret by HS256, and by nothing else; the secret must have 32
	// bytes or more
	IDTokenHS256 bool

	// UseUserinfo makes an OIDC provider's profile the ID token's claims with those of the userinfo
	// endpoint over them.
	UseUserinfo bool

	// UseTokenAnswer makes the members of the token answer, but the tokens, part of an OAuth2
	// provider's profile, with those of the userinfo endpoint over them. UserinfoURL may be empty
	// then.
	UseTokenAnswer bool

	Userinfo UserinfoRules
	Emails   EmailMembers

	// Headers are added to the requests for userinfo and e-mail addresses. Where {access_token}
	// stands in one of them or in the UserinfoURL, the token is not sent as bearer; Authorization
	// may be set only to say so.
	Headers map[string]string

	// Exchange, for what no rule here can say, redeems the code in place of the token request. It
	// returns the token answer, with the names of RFC 6749 § 5.1, which is judged as any other. Its
	// error fails the sign-in and is logged.
	Exchange func(ctx context.Context, g *CodeGrant) (Claims, error)

	// FetchUserinfo tells of the person in place of the request to UserinfoURL. Its error fails the
	// sign-in and is logged.
	FetchUserinfo func(ctx context.Context, g *CodeGrant) (Claims, error)

	// Redirect and Identify take the place of the whole flow, for a service whose sign-in is not
	// OAuth. Redirect returns where the browser goes, an absolute URL. Identify judges what the
	// browser brings back, and returns what it proves of the person: it alone stands between a
	// forged answer and a session. Their errors fail the sign-in and are logged, so they must hold
	// nothing of the answer; an [Error] chooses what the visitor sees. There are no tokens,
	// ClientID may be empty, and PKCE, Issuer and the rules of the token endpoint have no meaning.
	Redirect func(ctx context.Context, r *Redirection) (string, error)
	Identify func(ctx context.Context, r *Redirection) (Claims, error)

	// Profile maps what the provider tells of the person. An empty Profile.ID fails the sign-in.
	// Defaults, for OIDC only, to the standard claims (OpenID Connect Core 1.0 § 5.1), with the
	// e-mail verified only if email_verified is the boolean true.
	Profile func(ctx context.Context, raw Claims) (Profile, error)

	// EmailVerification is what an e-mail address of this provider is worth, whatever Profile says.
	EmailVerification EmailVerification

	// LinkByVerifiedEmail lets a new account of this provider join an existing user of the same
	// e-mail without being asked to sign in the old way first, if both the provider and the user's
	// row say that the address is verified. Switch it on only for a provider that you trust to
	// verify addresses. Defaults to refusing with OAuthAccountNotLinked.
	LinkByVerifiedEmail bool

	Style Style

	// Err is what a constructor of package provider found wrong with its options; New reports it.
	Err error
}

func (p *OAuthProvider) identity() (id, name string, kind ProviderType, style Style) {
	return p.ID, p.Name, p.Type, p.Style
}

// Style is how a provider looks on the sign-in page.
type Style struct {
	BrandColor string // background of the button as #rrggbb; text is black or white, whichever reads better on it
	// the d attribute of an SVG path in a 24 by 24 box, drawn in the text's color; defaults to the
	// name's initial
	Logo string
}

// Profile is a person as a provider describes it, mapped to what sign-in uses.
type Profile struct {
	ID            string // the provider's own immutable id of the person, never a handle or an address
	Name          string
	Email         string
	EmailVerified bool // the provider states that it verified that the address is the person's
	Image         string
	Raw           Claims // all that the provider sent
}

// validate reports everything that is missing or wrong in p; field is where it stands in the
// configuration.
func (p *OAuthProvider) validate(field string, f *faults) {
	if p.Err != nil {
		f.add(field, "%v", p.Err)
	}
	if p.Profile == nil && p.Type == TypeOAuth {
		f.add(field+".Profile", "is missing; only OIDC has a standard profile")
	}
	if p.Redirect != nil || p.Identify != nil {
		p.validateRedirection(field, f)
		return
	}
	if p.ClientID == "" {
		f.add(field+".ClientID", "is empty; is its environment variable set, as provider.Env(\"AUTH_%s\") reads it?",
			envName(p.ID))
	}
	p.validateClientAuth(field, f)
	p.validateEndpoints(field, f)
	p.validateIssuer(field, f)
	p.validateParams(field, f)
	p.Token.validate(field+".Token", p.CallbackParams, f)
	p.validateUserinfo(field, f)
}

// flowParams are the authorization parameters that belong to the flow alone; implicit and hybrid
// flows cannot be configured (RFC 9700 § 2.1.2).
var flowParams = []string{
	"response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
	"code_challenge_method",
}

// callbackParams are those of the standard.
var callbackParams = []string{"state", "code", "iss", "error"}

func (p *OAuthProvider) validateParams(field string, f *faults) {
	own := func(name string) bool { return slices.Contains(flowParams, name) || name == p.ClientIDParam }
	for name := range p.AuthorizationParams {
		if own(name) {
			f.add(field+".AuthorizationParams", "%s is set by the flow", name)
		}
	}
	for _, name := range p.ForwardParams {
		if own(name) {
			f.add(field+".ForwardParams", "%s is set by the flow", name)
		}
	}
	if slices.Contains(callbackParams, p.CodeParam) && p.CodeParam != "code" {
		f.add(field+".CodeParam", "%s is read by the flow", p.CodeParam)
	}
	for _, name := range p.CallbackParams {
		if slices.Contains(callbackParams, name) {
			f.add(field+".CallbackParams", "%s is read by the flow", name)
		}
	}
	if p.InsecureSkipNonce && p.Type != TypeOIDC {
		f.add(field+".InsecureSkipNonce", "is for type %s", TypeOIDC)
	}
}

func (p *OAuthProvider) validateEndpoints(field string, f *faults) {
	required := map[string]bool{}
	switch p.Type {
	case TypeOIDC:
		required["Issuer"] = true
	case TypeOAuth:
		required["AuthorizationURL"] = true
		required["TokenURL"] = p.Exchange == nil
		required["UserinfoURL"] = p.FetchUserinfo == nil && !p.UseTokenAnswer
	default:
		f.add(field+".Type", "want %q or %q, have %q", TypeOAuth, TypeOIDC, p.Type)
	}
	for _, e := range []struct{ name, url string }{
		{"Issuer", p.Issuer}, {"DiscoveryURL", p.DiscoveryURL}, {"AuthorizationURL", p.AuthorizationURL},
		{"TokenURL", p.TokenURL},
		{"RefreshURL", p.RefreshURL}, {"UserinfoURL", p.UserinfoURL}, {"EmailsURL", p.EmailsURL},
		{"JWKSURL", p.JWKSURL}, {"PushedAuthorizationURL", p.PushedAuthorizationURL},
	} {
		if e.url == "" {
			if required[e.name] {
				f.add(field+"."+e.name, "is empty; type %s needs it", p.Type)
			}
			continue
		}
		if err := outbound.CheckEndpoint(e.url); err != nil {
			f.add(field+"."+e.name, "%v", err)
		}
	}
}

func (p *OAuthProvider) validateIssuer(field string, f *faults) {
	tenants := oidc.HasPlaceholders(p.Issuer)
	switch {
	case tenants && p.Type != TypeOIDC:
		f.add(field+".Issuer", "has a claim in braces, and type %s has no claims", p.Type)
	case tenants && p.DiscoveryURL == "":
		f.add(field+".DiscoveryURL", "is empty; an Issuer with braces needs it")
	case p.DiscoveryURL != "" && p.Type != TypeOIDC:
		f.add(field+".DiscoveryURL", "is for type %s", TypeOIDC)
	case len(p.AllowedIssuers) > 0 && !tenants:
		f.add(field+".AllowedIssuers", "has no effect on an Issuer without braces")
	}
	for i, issuer := range p.AllowedIssuers {
		if tenants && !oidc.MatchesTemplate(p.Issuer, issuer) {
			f.add(fmt.Sprintf("%s.AllowedIssuers[%d]", field, i), "want an issuer like %s, have %q", p.Issuer, issuer)
		}
	}
}

func (p *OAuthProvider) validateUserinfo(field string, f *faults) {
	p.Userinfo.validate(field+".Userinfo", f)
	if p.Userinfo.Signed && p.Type != TypeOIDC {
		f.add(field+".Userinfo.Signed", "is for type %s, which has the keys", TypeOIDC)
	}
	if p.UseTokenAnswer && p.Type != TypeOAuth {
		f.add(field+".UseTokenAnswer", "is for type %s", TypeOAuth)
	}
	if p.FetchUserinfo != nil && p.UserinfoURL != "" {
		f.add(field+".UserinfoURL", "has no effect beside FetchUserinfo; set one of the two")
	}
	if p.FetchUserinfo != nil && p.Type == TypeOIDC && !p.UseUserinfo {
		f.add(field+".FetchUserinfo", "has no effect without UseUserinfo")
	}
	for name, value := range p.Headers {
		if http.CanonicalHeaderKey(name) == "Authorization" && !strings.Contains(value, "{access_token}") {
			f.add(field+".Headers", "Authorization is the access token's; say where in it with {access_token}")
		}
	}
	kinds := []EmailVerification{EmailVerifiedByClaim, EmailAlwaysVerified, EmailNeverVerified, EmailNotGiven}
	if !slices.Contains(kinds, p.EmailVerification) {
		f.add(field+".EmailVerification", "want one of %q, have %q", kinds, p.EmailVerification)
	}
	if p.EmailsURL != "" && p.EmailVerification != EmailVerifiedByClaim {
		f.add(field+".EmailVerification", "is %q, and EmailsURL tells which address is verified", p.EmailVerification)
	}
}

// onLoopback reports whether the provider runs on this machine, as in development and in tests.
func (p *OAuthProvider) onLoopback() bool {
	return outbound.IsLoopbackURL(cmp.Or(p.DiscoveryURL, p.Issuer, p.TokenURL))
}

func envName(id string) string { return strings.ToUpper(strings.ReplaceAll(id, "-", "_")) }
