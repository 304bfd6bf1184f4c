package cardea

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// ProviderType tells how a provider signs people in; it is the type in GET /providers and in an account's row.
type ProviderType string

// The types of the protocol.
const (
	OAuth2      ProviderType = "oauth"
	OIDC        ProviderType = "oidc"
	Credentials ProviderType = "credentials"
)

// Provider is one way to sign in. Package provider has a constructor for each well-known service and one for any other.
type Provider interface {
	identity() (id, name string, kind ProviderType, style Style)
}

// OAuthProvider describes a client at an OAuth 2.0 or OpenID Connect server as data. Applications get one from a constructor of package
// provider; write the literal for a service that has none. [New] reports what is missing or wrong in it.
//
// State, PKCE with S256 and, for OIDC, a nonce are always used and cannot be switched off.
type OAuthProvider struct {
	ID   string // in URLs and in the account's row: lower-case letters, digits, hyphen, underscore
	Name string // for people
	Type ProviderType

	ClientID     string
	ClientSecret string // empty for a public client
	ClientAuth   ClientAuth

	// Issuer is the exact issuer identifier (RFC 8414 § 2). An OIDC provider must have one: its endpoints are discovered, and its ID tokens must
	// carry it. For OAuth2 it only serves to check the iss parameter of the callback (RFC 9207).
	Issuer string

	// Endpoints of an OAuth2 provider; for OIDC they replace the discovered ones. https, or http on a loopback address.
	AuthorizationURL string
	TokenURL         string
	UserinfoURL      string
	EmailsURL        string // a list of {email, primary, verified}, read when the profile has no verified e-mail; as GitHub's
	JWKSURL          string

	// UseUserinfo makes an OIDC provider's profile the ID token's claims with those of the userinfo endpoint over them.
	UseUserinfo bool

	Scopes              []string          // defaults to openid profile email for OIDC, to none for OAuth2
	AuthorizationParams url.Values        // added to the authorization request; cannot replace what the flow sets
	Headers             map[string]string // added to userinfo requests

	// Profile maps what the provider tells of the person. An empty Profile.ID fails the sign-in. Defaults, for OIDC only, to the standard claims
	// (OpenID Connect Core 1.0 § 5.1), with the e-mail verified only if email_verified is the boolean true.
	Profile func(ctx context.Context, raw Claims) (Profile, error)

	// LinkByVerifiedEmail lets a new account of this provider join an existing user of the same e-mail without being asked to sign in the old
	// way first, if both the provider and the user's row say that the address is verified. Switch it on only for a provider that you trust to
	// verify addresses. Defaults to refusing with OAuthAccountNotLinked.
	LinkByVerifiedEmail bool

	Style Style

	// Err is what a constructor of package provider found wrong with its options; New reports it.
	Err error
}

func (p *OAuthProvider) identity() (id, name string, kind ProviderType, style Style) {
	return p.ID, p.Name, p.Type, p.Style
}

// ClientAuth is how a client authenticates at the token endpoint (OpenID Connect Core 1.0 § 9).
type ClientAuth string

// The client authentication methods. The zero value is ClientSecretBasic when there is a secret, and ClientAuthNone otherwise.
const (
	ClientSecretBasic ClientAuth = "client_secret_basic"
	ClientSecretPost  ClientAuth = "client_secret_post"
	ClientAuthNone    ClientAuth = "none"
)

// Style is how a provider looks on the sign-in page.
type Style struct {
	BrandColor string // background of the button as #rrggbb; text is black or white, whichever reads better on it
	Logo       string // the d attribute of an SVG path in a 24 by 24 box, drawn in the text's color
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

// clientAuths are the methods that New accepts; none given is one of them.
var clientAuths = []ClientAuth{"", ClientSecretBasic, ClientSecretPost, ClientAuthNone}

// validate reports everything that is missing or wrong in p; field is where it stands in the configuration.
func (p *OAuthProvider) validate(field string, f *faults) {
	if p.Err != nil {
		f.add(field, "%v", p.Err)
	}
	if p.ClientID == "" {
		f.add(field+".ClientID", "is empty; is its environment variable set, as provider.Env(\"AUTH_%s\") reads it?", envName(p.ID))
	}
	if !slices.Contains(clientAuths, p.ClientAuth) {
		f.add(field+".ClientAuth", "want one of %q, have %q", clientAuths[1:], p.ClientAuth)
	}
	if needsSecret := p.ClientAuth == ClientSecretBasic || p.ClientAuth == ClientSecretPost; needsSecret && p.ClientSecret == "" {
		f.add(field+".ClientSecret", "is empty, and ClientAuth is %s", p.ClientAuth)
	}
	if p.Profile == nil && p.Type == OAuth2 {
		f.add(field+".Profile", "is missing; only OIDC has a standard profile")
	}
	for name := range p.AuthorizationParams {
		if slices.Contains(flowParams, name) {
			f.add(field+".AuthorizationParams", "%s is set by the flow", name)
		}
	}
	p.validateEndpoints(field, f)
}

// flowParams are the authorization parameters that belong to the flow alone; implicit and hybrid flows cannot be configured (RFC 9700 § 2.1.2).
var flowParams = []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"}

func (p *OAuthProvider) validateEndpoints(field string, f *faults) {
	required := map[string]bool{}
	switch p.Type {
	case OIDC:
		required["Issuer"] = true
	case OAuth2:
		required["AuthorizationURL"], required["TokenURL"], required["UserinfoURL"] = true, true, true
	default:
		f.add(field+".Type", "want %q or %q, have %q", OAuth2, OIDC, p.Type)
	}
	for _, e := range []struct{ name, url string }{
		{"Issuer", p.Issuer}, {"AuthorizationURL", p.AuthorizationURL}, {"TokenURL", p.TokenURL},
		{"UserinfoURL", p.UserinfoURL}, {"EmailsURL", p.EmailsURL}, {"JWKSURL", p.JWKSURL},
	} {
		if e.url == "" {
			if required[e.name] {
				f.add(field+"."+e.name, "is empty; type %s needs it", p.Type)
			}
			continue
		}
		if err := outbound.Endpoint(e.url); err != nil {
			f.add(field+"."+e.name, "%v", err)
		}
	}
}

// onLoopback reports whether the provider runs on this machine, as in development and in tests.
func (p *OAuthProvider) onLoopback() bool {
	return outbound.Loopback(cmp.Or(p.Issuer, p.TokenURL))
}

func envName(id string) string { return strings.ToUpper(strings.ReplaceAll(id, "-", "_")) }
