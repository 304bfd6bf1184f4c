package cardea

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// TokenRules are how a service departs from the token request and answer of RFC 6749 § 4.1.3, § 5.1
// and § 6. Sloppiness that is harmless needs no rule: a missing token_type, a scope as list or with
// commas, a lifetime as text, null for absent, errors with status 200.
type TokenRules struct {
	Method  string            // POST, or GET for parameters in the query; defaults to POST
	JSON    bool              // the parameters are sent as a JSON object
	Headers map[string]string // added; cannot replace Authorization and Content-Type

	// Params are added to the request; they cannot replace what the flow sets. A name in braces is
	// one of CallbackParams.
	Params url.Values

	// Names are the service's own for parameters and members of the standard, such as client_id:
	// appid or access_token: accessToken.
	Names map[string]string

	Envelope string // the member in which the answer stands, such as data; defaults to none
}

// UserinfoRules are how a service departs from the userinfo request of OpenID Connect Core 1.0 §
// 5.3.
type UserinfoRules struct {
	Method string         // GET or POST; defaults to POST with a JSON body and GET without
	JSON   map[string]any // the body, such as a GraphQL query
	List   bool           // the answer is a list, with the person as its only element
	Signed bool           // the answer is a JWT (§ 5.3.2), which is verified with the issuer's keys; OIDC only
}

// EmailMembers names the members of the answer of EmailsURL. Of the addresses that are verified the
// primary one counts, else the first.
type EmailMembers struct {
	List     string // the member with the list; defaults to none: the answer is the list
	Email    string // defaults to email
	Primary  string // boolean; defaults to primary
	Verified string // boolean; defaults to verified
}

// EmailVerification says what an e-mail address from a provider is worth, when a new account is
// linked to an existing user or the address is stored.
type EmailVerification string

// The kinds of verification. The zero value believes Profile.EmailVerified, which is false unless
// the provider said it of this very address.
const (
	EmailVerifiedByClaim EmailVerification = ""
	// the service documents that it gives out no address that it has not verified
	EmailAlwaysVerified EmailVerification = "always"
	EmailNeverVerified  EmailVerification = "never" // the service does not verify addresses, or does not say
	EmailNotGiven       EmailVerification = "none"  // the service gives out none
)

// tokenParams are the parameters of the token request that belong to the flow alone.
var tokenParams = []string{"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "client_secret"}

func (t TokenRules) validate(field string, callback []string, f *faults) {
	switch {
	case !slices.Contains([]string{"", http.MethodGet, http.MethodPost}, t.Method):
		f.add(field+".Method", "want GET or POST, have %q", t.Method)
	case t.JSON && t.Method == http.MethodGet:
		f.add(field+".JSON", "is for POST")
	}
	for name, templates := range t.Params {
		if slices.Contains(tokenParams, name) {
			f.add(field+".Params", "%s is set by the flow", name)
		}
		for _, template := range templates {
			for _, placeholder := range oauth2.Placeholders(template) {
				if !slices.Contains(callback, placeholder) {
					f.add(field+".Params", "{%s} is none of CallbackParams", placeholder)
				}
			}
		}
	}
}

func (u UserinfoRules) validate(field string, f *faults) {
	switch {
	case !slices.Contains([]string{"", http.MethodGet, http.MethodPost}, u.Method):
		f.add(field+".Method", "want GET or POST, have %q", u.Method)
	case u.JSON != nil && u.Method == http.MethodGet:
		f.add(field+".JSON", "is for POST")
	case u.Signed && u.List:
		f.add(field+".List", "is not for a signed answer")
	}
	if _, err := json.Marshal(u.JSON); err != nil {
		f.add(field+".JSON", "cannot be written as JSON")
	}
}
