package provider_test

import (
	"testing"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// email_verified is a JSON boolean (OpenID Connect Core 1.0 § 5.1). Some services send text: those
// of which that is known are read so, and no others. Like
// https://github.com/logto-io/logto/issues/6843 (LinkedIn) and
// https://github.com/zitadel/oidc/pull/139 (Cognito).
func TestVerifiedAddressesOfServicesThatSendText(t *testing.T) {
	t.Parallel()
	pool := provider.Client{
		ID: "app-id", Secret: secret, Issuer: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E",
	}
	jumpCloud, userinfo, plain := openID(), openID(), plain()
	jumpCloud.BooleanClaims = []string{"email_verified"}
	userinfo.BooleanClaims, userinfo.UseUserinfo = []string{"email_verified"}, true
	plain.BooleanClaims = []string{"email_verified"}
	for _, tc := range []struct {
		name     string
		provider *oauth.Provider
		service  string // the name of its responses; "" for those of a literal
		claim    string
		reads    bool // text
	}{
		{"LinkedIn", provider.LinkedIn(client), "linkedin", "email_verified", true},
		{"Cognito", provider.Cognito(pool), "cognito", "email_verified", true},
		{"Microsoft", provider.MicrosoftEntraID(client, provider.MicrosoftEntraIDOptions{}), "microsoftentraid",
			"xms_edov", true},
		{"an own literal", jumpCloud, "", "email_verified", true},
		{"userinfo", userinfo, "", "email_verified", true},
		{"OAuth 2.0", plain, "", "email_verified", true},
		{"Google", provider.Google(client), "google", "email_verified", false},
		{"a literal without the rule", openID(), "", "email_verified", false},
	} {
		for text, verified := range map[string]bool{
			`true`: true, `false`: false, `null`: false, `"true"`: tc.reads, `"1"`: tc.reads, `1`: tc.reads,
			`"false"`: false, `"0"`: false, `0`: false, `"yes"`: false, `"TRUE "`: false, `["true"]`: false,
			`""`: false,
		} {
			t.Run(tc.name+" "+text, func(t *testing.T) {
				t.Parallel()
				claims := `"sub":"7","id":"7","email":"ann@a.example","` + tc.claim + `":` + text
				a := parse(t, plainToken+`,"id_token":{`+claims+`},"urls":{"https://acme.example/user":{`+claims+`}}`)
				switch {
				case tc.provider == userinfo:
					a = parse(t, plainToken+`,"id_token":{"sub":"7"},"urls":{"https://acme.example/userinfo":{`+claims+
						`}}`)
				case tc.service != "":
					a.URLs = readAnswers(t, tc.service).URLs
				}
				if tc.service == "microsoftentraid" {
					a.IDToken["tid"], a.IDToken["iss"] = entraTenant, "https://login.microsoftonline.com/"+entraTenant+
						"/v2.0"
				}
				seen := visitor{answers: a}.signIn(t, tc.provider)
				seen.accepted(t, "7")
				if got := seen.in.Profile.EmailVerified; got != verified {
					t.Errorf("the address is verified: %v, want %v", got, verified)
				}
				if _, isText := seen.in.Profile.Raw[tc.claim].(string); isText && verified {
					t.Errorf("the profile has %v", seen.in.Profile.Raw[tc.claim])
				}
			})
		}
	}
}
