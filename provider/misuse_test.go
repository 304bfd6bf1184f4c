package provider_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/oauth"
)

// New reports each mistake in a provider with the name of the field.
func TestMisuseNamesTheField(t *testing.T) {
	t.Parallel()
	const tenants = "https://acme.example/{tid}/v2.0"
	for _, tc := range []struct {
		want     string
		provider *oauth.Provider
		change   func(*oauth.Provider)
	}{
		{".ClientSecretFunc: has no effect if ClientSecret is set", plain(), func(p *oauth.Provider) {
			p.ClientSecretFunc = func(context.Context, time.Time) (string, time.Time, error) {
				return "", time.Time{}, nil
			}
		}},
		{".IDTokenHS256: needs type oidc", plain(), func(p *oauth.Provider) { p.IDTokenHS256 = true }},
		{".ClientSecret: want 32 bytes or more to verify ID tokens with, have 31", openID(),
			func(p *oauth.Provider) {
				p.IDTokenHS256, p.ClientSecret = true, strings.Repeat("s", 31)
			}},
		{".ClientSecret: want 32 bytes or more to sign assertions with, have 31", openID(),
			func(p *oauth.Provider) {
				p.ClientAuth, p.ClientSecret = oauth.AuthClientSecretJWT, strings.Repeat("s", 31)
			}},
		{".Issuer: has a claim in braces", plain(), func(p *oauth.Provider) { p.Issuer = tenants }},
		{".DiscoveryURL: is empty; an Issuer with braces needs it", openID(), func(p *oauth.Provider) {
			p.Issuer = tenants
		}},
		{".DiscoveryURL: needs type oidc", plain(), func(p *oauth.Provider) {
			p.DiscoveryURL = "https://acme.example/d"
		}},
		{".DiscoveryURL: URL must be https", openID(), func(p *oauth.Provider) {
			p.DiscoveryURL = "http://acme.example/d"
		}},
		{".Issuer: not a URL", openID(), func(p *oauth.Provider) {
			p.Issuer, p.DiscoveryURL = "https://{tid}.acme.example", "https://acme.example/d"
		}},
		{".AllowedIssuers: has no effect on an Issuer without braces", openID(), func(p *oauth.Provider) {
			p.AllowedIssuers = []string{"https://acme.example"}
		}},
		{".AllowedIssuers[1]: want an issuer like " + tenants, openID(), func(p *oauth.Provider) {
			p.Issuer, p.DiscoveryURL = tenants, "https://acme.example/d"
			p.AllowedIssuers = []string{"https://acme.example/a/v2.0", "a"}
		}},
		{".AuthorizationParams: response_mode is set by the flow", plain(), func(p *oauth.Provider) {
			p.AuthorizationParams = url.Values{"response_mode": {"form_post"}}
		}},
		{".AuthorizationParams: appid is set by the flow", plain(), func(p *oauth.Provider) {
			p.ClientIDParam, p.AuthorizationParams = "appid", url.Values{"appid": {"x"}}
		}},
		{".ForwardParams: redirect_uri is set by the flow", plain(), func(p *oauth.Provider) {
			p.ForwardParams = []string{"redirect_uri"}
		}},
		{".CallbackParams: state is read by the flow", plain(), func(p *oauth.Provider) {
			p.CallbackParams = []string{"state"}
		}},
		{".CodeParam: state is read by the flow", plain(), func(p *oauth.Provider) { p.CodeParam = "state" }},
		{".InsecureSkipNonce: needs type oidc", plain(), func(p *oauth.Provider) { p.InsecureSkipNonce = true }},
		{".Token.Method: want GET or POST", plain(), func(p *oauth.Provider) { p.Token.Method = http.MethodPut }},
		{".Token.JSON: needs the method POST", plain(), func(p *oauth.Provider) {
			p.Token.Method, p.Token.JSON = http.MethodGet, true
		}},
		{".Token.Params: code is set by the flow", plain(), func(p *oauth.Provider) {
			p.Token.Params = url.Values{"code": {"x"}}
		}},
		{".Token.Params: {device_id} is not one of CallbackParams", plain(), func(p *oauth.Provider) {
			p.Token.Params = url.Values{"d": {"{device_id}"}}
		}},
		{".Userinfo.Method: want GET or POST", plain(), func(p *oauth.Provider) { p.Userinfo.Method = "QUERY" }},
		{".Userinfo.JSON: needs the method POST", plain(), func(p *oauth.Provider) {
			p.Userinfo.Method, p.Userinfo.JSON = http.MethodGet, map[string]any{}
		}},
		{".Userinfo.JSON: cannot be written as JSON", plain(), func(p *oauth.Provider) {
			p.Userinfo.JSON = map[string]any{"f": func() {}}
		}},
		{".Userinfo.List: cannot be used with Signed", openID(), func(p *oauth.Provider) {
			p.Userinfo.Signed, p.Userinfo.List = true, true
		}},
		{".Userinfo.Signed: needs type oidc", plain(), func(p *oauth.Provider) { p.Userinfo.Signed = true }},
		{".UseTokenAnswer: needs type oauth", openID(), func(p *oauth.Provider) { p.UseTokenAnswer = true }},
		{".UserinfoURL: has no effect if FetchUserinfo is set", plain(), func(p *oauth.Provider) {
			p.FetchUserinfo = noClaims
		}},
		{".FetchUserinfo: has no effect without UseUserinfo", openID(), func(p *oauth.Provider) {
			p.FetchUserinfo = noClaims
		}},
		{".UserinfoURL: not a URL", plain(), func(p *oauth.Provider) { p.UserinfoURL = "https://{host}/user" }},
		{".Headers: Authorization must contain {access_token}", plain(), func(p *oauth.Provider) {
			p.Headers = map[string]string{"authorization": "Basic eHg="}
		}},
		{".EmailVerification: want one of", plain(), func(p *oauth.Provider) {
			p.EmailVerification = "sometimes"
		}},
		{`.EmailVerification: has no effect with EmailsURL, which says which`, plain(), func(p *oauth.Provider) {
			p.EmailVerification, p.EmailsURL = oauth.EmailAlwaysVerified, "https://acme.example/mails"
		}},
	} {
		t.Run(tc.want, func(t *testing.T) {
			t.Parallel()
			tc.change(tc.provider)
			_, err := cardea.New(cardea.Config{
				Secret: strings.Repeat("s", 32), Providers: []cardea.Provider{tc.provider},
			})
			if err == nil || !strings.Contains(err.Error(), "cardea: Config.Providers[0] (acme)"+tc.want) {
				t.Errorf("got %v, want %s", err, tc.want)
			}
			if err != nil && strings.Count(err.Error(), "\n") != 0 {
				t.Errorf("more is said to be wrong: %v", err)
			}
		})
	}
}

func noClaims(context.Context, *oauth.CodeGrant) (oauth.Claims, error) { return nil, nil }
