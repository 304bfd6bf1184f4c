package relyingparty

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/cardea-auth/cardea/oauth"
)

// Validate adds everything that is missing or wrong in p to faults. Field names p in the texts of
// the faults, such as Providers[0]. Client is Config.HTTPClient.
func Validate(p *oauth.Provider, field string, client *http.Client, faults *configerr.List) {
	v := &validation{Provider: p, field: field, faults: faults}
	v.validate()
	v.validateClientCertificate(client)
}

// validation checks one provider.
type validation struct {
	*oauth.Provider
	field  string
	faults *configerr.List
}

// add adds a fault of a field of the provider.
func (v *validation) add(field, format string, args ...any) {
	v.faults.Add(v.field+"."+field, format, args...)
}

func (v *validation) validate() {
	if v.Err != nil {
		v.faults.Add(v.field, "%v", v.Err)
	}
	if v.Profile == nil && v.Type == oauth.TypeOAuth2 {
		v.add("Profile", "is missing; only OIDC has a standard profile")
	}
	v.validateClaims()
	if v.Redirect != nil || v.Identify != nil {
		v.validateRedirection()
		return
	}
	if v.ClientID == "" {
		v.add("ClientID", "is empty; is its environment variable set, as provider.Env(\"AUTH_%s\") reads it?",
			envName(v.ID))
	}
	v.validateClientAuth()
	v.validateDPoP()
	v.validatePush()
	v.validateEndpoints()
	v.validateIssuer()
	v.validateParams()
	v.validateTokenRules()
	v.validateUserinfo()
	v.validateEmails()
}

// envName is an id as it is written in the name of an environment variable.
func envName(id string) string { return strings.ToUpper(strings.ReplaceAll(id, "-", "_")) }

// flowParams are the authorization parameters that only the flow sets. Implicit and hybrid
// flows cannot be configured (RFC 9700 § 2.1.2).
var flowParams = []string{
	"response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
	"code_challenge_method",
}

func (v *validation) validateParams() {
	reserved := func(name string) bool { return slices.Contains(flowParams, name) || name == v.ClientIDParam }
	for name := range v.AuthorizationParams {
		if reserved(name) {
			v.add("AuthorizationParams", "%s is set by the flow", name)
		}
	}
	for _, name := range v.ForwardParams {
		if reserved(name) {
			v.add("ForwardParams", "%s is set by the flow", name)
		}
	}
	if slices.Contains(standardParams, v.CodeParam) && v.CodeParam != "code" {
		v.add("CodeParam", "%s is read by the flow", v.CodeParam)
	}
	for _, name := range v.CallbackParams {
		if slices.Contains(standardParams, name) {
			v.add("CallbackParams", "%s is read by the flow", name)
		}
	}
	for field, values := range map[string][]string{"TwoFactorACR": v.TwoFactorACR, "TwoFactorAMR": v.TwoFactorAMR} {
		if len(values) > 0 && v.Type != oauth.TypeOIDC {
			v.add(field, "needs type %s: only an ID token says it", oauth.TypeOIDC)
		}
		if slices.Contains(values, "") || slices.Contains(values, "*") {
			v.add(field, "want the values that mean two factors, have one that is empty or *")
		}
	}
	if v.InsecureSkipNonce && v.Type != oauth.TypeOIDC {
		v.add("InsecureSkipNonce", "needs type %s", oauth.TypeOIDC)
	}
}

func (v *validation) validateDPoP() {
	if v.DPoP && (v.Exchange != nil || v.FetchUserinfo != nil) {
		v.add("DPoP", "cannot be used with the hooks Exchange and FetchUserinfo, which have no access to the key")
	}
}

// validatePush checks the endpoint for pushed authorization requests.
func (v *validation) validatePush() {
	if v.PushAuthorization && v.Type == oauth.TypeOAuth2 && v.PushedAuthorizationURL == "" {
		v.add("PushedAuthorizationURL", "is empty, and PushAuthorization needs it unless it is discovered")
	}
}

func (v *validation) validateEndpoints() {
	required := map[string]bool{}
	switch v.Type {
	case oauth.TypeOIDC:
		required["Issuer"] = true
	case oauth.TypeOAuth2:
		required["AuthorizationURL"] = true
		required["TokenURL"] = v.Exchange == nil
		required["UserinfoURL"] = v.FetchUserinfo == nil && !v.UseTokenAnswer
	default:
		v.add("Type", "want %q or %q, have %q", oauth.TypeOAuth2, oauth.TypeOIDC, v.Type)
	}
	for _, e := range []struct{ name, url string }{
		{"Issuer", v.Issuer},
		{"DiscoveryURL", v.DiscoveryURL},
		{"AuthorizationURL", v.AuthorizationURL},
		{"TokenURL", v.TokenURL},
		{"RefreshURL", v.RefreshURL},
		{"UserinfoURL", v.UserinfoURL},
		{"EmailsURL", v.EmailsURL},
		{"JWKSURL", v.JWKSURL},
		{"PushedAuthorizationURL", v.PushedAuthorizationURL},
	} {
		if e.url == "" {
			if required[e.name] {
				v.add(e.name, "is empty; type %s needs it", v.Type)
			}
			continue
		}
		if err := outbound.CheckEndpoint(e.url); err != nil {
			v.add(e.name, "%v", err)
		}
	}
}

func (v *validation) validateIssuer() {
	tenants := oidc.HasPlaceholders(v.Issuer)
	switch {
	case tenants && v.Type != oauth.TypeOIDC:
		v.add("Issuer", "has a claim in braces, and type %s has no claims", v.Type)
	case tenants && v.DiscoveryURL == "":
		v.add("DiscoveryURL", "is empty; an Issuer with braces needs it")
	case v.DiscoveryURL != "" && v.Type != oauth.TypeOIDC:
		v.add("DiscoveryURL", "needs type %s", oauth.TypeOIDC)
	case len(v.AllowedIssuers) > 0 && !tenants:
		v.add("AllowedIssuers", "has no effect on an Issuer without braces")
	}
	if v.IssuerAlias != "" && (tenants || v.Issuer == "") {
		v.add("IssuerAlias", "has no effect on an Issuer with braces, and without an Issuer")
	}
	if !tenants && len(v.RefusedIssuers) > 0 {
		v.add("RefusedIssuers", "has no effect on an Issuer without braces")
	}
	if tenants {
		v.validateTenants("AllowedIssuers", v.AllowedIssuers)
		v.validateTenants("RefusedIssuers", v.RefusedIssuers)
	}
}

// validateTenants reports the issuers that are not of the form of an Issuer with braces.
func (v *validation) validateTenants(field string, issuers []string) {
	for i, issuer := range issuers {
		if !oidc.MatchesTemplate(v.Issuer, issuer) {
			v.add(fmt.Sprintf("%s[%d]", field, i), "want an issuer like %s, have %q", v.Issuer, issuer)
		}
	}
}

// validateRedirection checks a provider with Redirect and Identify, and reports the fields that
// have no effect then.
func (v *validation) validateRedirection() {
	if v.Redirect == nil {
		v.add("Redirect", "is missing, and Identify needs it")
	}
	if v.Identify == nil {
		v.add("Identify", "is missing, and Redirect needs it")
	}
	if v.Type != oauth.TypeOAuth2 {
		v.add("Type", "want %q because Redirect is set, have %q", oauth.TypeOAuth2, v.Type)
	}
	for _, e := range []struct {
		name string
		set  bool
	}{
		{"ClientAuth", v.ClientAuth != ""},
		{"AuthorizationURL", v.AuthorizationURL != ""},
		{"TokenURL", v.TokenURL != ""},
		{"RefreshURL", v.RefreshURL != ""},
		{"UserinfoURL", v.UserinfoURL != ""},
		{"EmailsURL", v.EmailsURL != ""},
		{"Scopes", v.Scopes != nil},
		{"FormPost", v.FormPost},
		{"CallbackParams", v.CallbackParams != nil},
		{"ClientSecretFunc", v.ClientSecretFunc != nil},
		{"Exchange", v.Exchange != nil},
		{"FetchUserinfo", v.FetchUserinfo != nil},
		{"ClientKey", v.ClientKey != (oauth.ClientKey{})},
		{"PushAuthorization", v.PushAuthorization},
		{"DPoP", v.DPoP}, {"ParamClaims", v.ParamClaims != nil}, {"IssuerAlias", v.IssuerAlias != ""},
		{"RefusedIssuers", v.RefusedIssuers != nil},
	} {
		if e.set {
			v.add(e.name, "has no effect if Redirect is set")
		}
	}
}
