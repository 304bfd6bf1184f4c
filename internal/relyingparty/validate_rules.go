package relyingparty

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/oauth"
)

// tokenParams are the parameters of the token request that only the flow sets.
var tokenParams = []string{"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "client_secret"}

func (v *validation) validateTokenRules() {
	rules := v.Token
	switch {
	case !isMethod(rules.Method):
		v.add("Token.Method", "want GET or POST, have %q", rules.Method)
	case rules.JSON && rules.Method == http.MethodGet:
		v.add("Token.JSON", "needs the method POST")
	}
	for name, templates := range rules.Params {
		if slices.Contains(tokenParams, name) {
			v.add("Token.Params", "%s is set by the flow", name)
		}
		for _, template := range templates {
			for _, placeholder := range oauth2.Placeholders(template) {
				if !slices.Contains(v.CallbackParams, placeholder) {
					v.add("Token.Params", "{%s} is not one of CallbackParams", placeholder)
				}
			}
		}
	}
}

// validateClaims reports checks of claims that could never fail or never pass.
func (v *validation) validateClaims() {
	for name, values := range v.RequiredClaims {
		if name == "" || len(values) == 0 {
			v.add("RequiredClaims", "claim %q: want a name and one value or more", name)
		}
	}
	for i, rule := range v.ParamClaims {
		if param, claim, _ := strings.Cut(rule, "="); param == "" || claim == "" {
			v.add(fmt.Sprintf("ParamClaims[%d]", i), "want parameter=claim, have %q", rule)
		}
	}
	if params := withQuery(v.AuthorizationURL, v.AuthorizationParams); v.Type == oauth.TypeOIDC &&
		params.Has("max_age") {
		if _, err := maxAge(params.Get("max_age")); err != nil {
			v.add("AuthorizationParams", "max_age: want a number of seconds, have %q", params.Get("max_age"))
		}
	}
}

func (v *validation) validateUserinfo() {
	v.validateUserinfoRequest()
	if v.Userinfo.Signed && v.Type != oauth.TypeOIDC {
		v.add("Userinfo.Signed", "needs type %s, which has keys", oauth.TypeOIDC)
	}
	if v.UseTokenAnswer && v.Type != oauth.TypeOAuth2 {
		v.add("UseTokenAnswer", "needs type %s", oauth.TypeOAuth2)
	}
	if v.FetchUserinfo != nil && v.UserinfoURL != "" {
		v.add("UserinfoURL", "has no effect if FetchUserinfo is set; set only one of the two")
	}
	if v.FetchUserinfo != nil && v.Type == oauth.TypeOIDC && !v.UseUserinfo {
		v.add("FetchUserinfo", "has no effect without UseUserinfo")
	}
	for name, value := range v.Headers {
		if http.CanonicalHeaderKey(name) == "Authorization" && !strings.Contains(value, "{access_token}") {
			v.add("Headers", "Authorization must contain {access_token}")
		}
	}
}

func (v *validation) validateEmails() {
	kinds := []oauth.EmailVerification{
		oauth.EmailVerifiedByClaim, oauth.EmailAlwaysVerified, oauth.EmailNeverVerified, oauth.EmailNotGiven,
	}
	if !slices.Contains(kinds, v.EmailVerification) {
		v.add("EmailVerification", "want one of %q, have %q", kinds, v.EmailVerification)
	}
	if v.EmailsURL != "" && v.EmailVerification != oauth.EmailVerifiedByClaim {
		v.add("EmailVerification", "has no effect with EmailsURL, which says which addresses are verified; have %q",
			v.EmailVerification)
	}
}

func (v *validation) validateUserinfoRequest() {
	rules := v.Userinfo
	switch {
	case !isMethod(rules.Method):
		v.add("Userinfo.Method", "want GET or POST, have %q", rules.Method)
	case rules.JSON != nil && rules.Method == http.MethodGet:
		v.add("Userinfo.JSON", "needs the method POST")
	case rules.Signed && rules.List:
		v.add("Userinfo.List", "cannot be used with Signed")
	}
	if _, err := json.Marshal(rules.JSON); err != nil {
		v.add("Userinfo.JSON", "cannot be written as JSON")
	}
}

func isMethod(m string) bool { return m == "" || m == http.MethodGet || m == http.MethodPost }
