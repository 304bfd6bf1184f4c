package provider_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
)

// An error of a service, a mapping or a hook signs nobody in. The log names the error and contains
// no secrets.
func TestRulesFailClosed(t *testing.T) {
	t.Parallel()
	mapTo := func(id string) func(*oauth.Provider) {
		return func(p *oauth.Provider) {
			p.Profile = func(context.Context, oauth.Claims) (oauth.Profile, error) {
				return oauth.Profile{ID: id}, nil
			}
		}
	}
	for _, tc := range []struct {
		name     string
		provider *oauth.Provider
		change   func(*oauth.Provider)
		answers  string
		cause    string
	}{
		{"no id", plain(), mapTo(""), plainToken + "," + plainUser, "the profile has no id"},
		{"a made-up id", plain(), mapTo("<nil>"), plainToken + "," + plainUser, "the profile has no id"},
		{"a refusal with status 200", plain(), mapTo("7"),
			`"token":{"access_token":"at-1","errcode":40029,"errmsg":"at-1"}`, "refused with status 200: 40029"},
		{"no envelope", plain(), func(p *oauth.Provider) {
			p.Token.Envelope = "data"
		}, plainToken, "answer has no envelope"},
		{"no such member for the URL", plain(), func(p *oauth.Provider) {
			p.UserinfoURL += "/{user_id}"
		}, plainToken, "there is no value for {user_id}"},
		{"no such parameter of the callback", plain(), func(p *oauth.Provider) {
			p.CallbackParams, p.Token.Params = []string{"device_id"}, url.Values{"device_id": {"{device_id}"}}
		}, plainToken, "there is no value for {device_id}"},
		{"a list of nobody", plain(), func(p *oauth.Provider) {
			p.Userinfo.List = true
		}, plainToken + `,"urls":{"https://acme.example/user":[]}`, "a list of 0"},
		{"a list of two", plain(), func(p *oauth.Provider) {
			p.Userinfo.List = true
		}, plainToken + `,"urls":{"https://acme.example/user":[{"id":1},{"id":2}]}`, "a list of 2"},
		{"a list where there should be none", plain(), mapTo("7"),
			plainToken + `,"urls":{"https://acme.example/user":[{"id":1}]}`, "not a JSON object"},
		{"no list of addresses", plain(), func(p *oauth.Provider) {
			p.EmailsURL, p.Emails.List = "https://acme.example/mails", "values"
		}, plainToken + "," + plainMails + `{"values":null}}`, "answer has no list"},
		{"a tenant that is not allowed", openID(), func(p *oauth.Provider) {
			p.Issuer, p.DiscoveryURL = "https://acme.example/{tid}/v2.0", "https://acme.example/d"
			p.AllowedIssuers = []string{"https://acme.example/a/v2.0"}
		}, plainToken + `,"id_token":{"sub":"7","tid":"b","iss":"https://acme.example/b/v2.0"},
			"urls":{"https://acme.example/d":{
			"issuer":"https://acme.example/{tenantid}/v2.0","authorization_endpoint":"https://acme.example/authorize",
			"token_endpoint":"https://acme.example/token","jwks_uri":"https://acme.example/jwks"}}`, "id token: iss: a tenant that is not allowed"},
		{"a nonce that is another's", openID(), func(*oauth.Provider) {},
			plainToken + `,"id_token":{"sub":"7","nonce":"x"}`, "id token: nonce"},
		{"signed userinfo of somebody else", openID(), func(p *oauth.Provider) {
			p.UseUserinfo, p.UserinfoURL = true, "https://acme.example/user"
			p.Userinfo.Signed = true
		}, plainToken + `,"id_token":{"sub":"7"},"urls":{"https://acme.example/user":{"sub":"8"}}`, "userinfo: sub"},
		{"userinfo that is signed for another client", openID(), func(p *oauth.Provider) {
			p.UseUserinfo, p.Userinfo.Signed = true, true
		}, plainToken + `,"id_token":{"sub":"7"},"urls":{"https://acme.example/userinfo":{"sub":"7","aud":"another"}}`,
			"userinfo: aud"},
		{"a secret that cannot be made", plain(), func(p *oauth.Provider) {
			p.ClientSecret = ""
			p.ClientSecretFunc = func(context.Context, time.Time) (string, time.Time, error) {
				return "", time.Time{}, errors.New("no key")
			}
		}, plainToken, "make client secret: no key"},
		{"a failing exchange", plain(), func(p *oauth.Provider) {
			p.Exchange = func(context.Context, *oauth.CodeGrant) (oauth.Claims, error) {
				return oauth.Claims{"access_token": "at-1"}, errors.New("broken")
			}
		}, plainToken, "Exchange: broken"},
		{"an exchange that is refused", plain(), func(p *oauth.Provider) {
			p.Exchange = func(context.Context, *oauth.CodeGrant) (oauth.Claims, error) {
				return oauth.Claims{"access_token": "at-1", "error": "invalid_grant"}, nil
			}
		}, plainToken, "refused with status 200: invalid_grant"},
		{"an exchange of nothing", plain(), func(p *oauth.Provider) {
			p.Exchange = noClaims
		}, plainToken, "no access_token"},
		{"userinfo of nobody", plain(), func(p *oauth.Provider) {
			p.UserinfoURL, p.FetchUserinfo = "", noClaims
		}, plainToken, "FetchUserinfo: it returned nothing"},
		{"a hook that leaves the bounds", plain(), func(p *oauth.Provider) {
			p.UserinfoURL = ""
			p.FetchUserinfo = func(ctx context.Context, g *oauth.CodeGrant) (oauth.Claims, error) {
				req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://acme.example/user", nil)
				res, err := g.HTTP.Do(req)
				if err == nil {
					res.Body.Close()
				}
				return oauth.Claims{"id": "7"}, err
			}
		}, plainToken, "URL must be https"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.change(tc.provider)
			var a answers
			if err := json.Unmarshal([]byte("{"+tc.answers+"}"), &a); err != nil {
				t.Fatal(err)
			}
			log := refused(t, tc.provider, a)
			if !strings.Contains(log, tc.cause) {
				t.Errorf("the log says %s; want %q", log, tc.cause)
			}
			for _, text := range []string{secret, "at-1", theCode} {
				if strings.Contains(log, text) {
					t.Errorf("the log has %q: %s", text, log)
				}
			}
		})
	}
}

// Responses for another client, tenant or service sign nobody in.
func TestServicesRefuseWhatIsForOthers(t *testing.T) {
	t.Parallel()
	polis := provider.Client{ID: "dummy", Secret: "dummy", Issuer: "https://sso.example"}
	acme := provider.BoxyHQOptions{Tenant: "acme.example", Product: "crm"}
	requested := func(members string) string {
		return plainToken + `,"urls":{"https://sso.example/api/oauth/userinfo":{"id":"7","requested":{` + members +
			`}}}`
	}
	introspected := func(answer string) string {
		return plainToken + `,"urls":{"https://api.hubapi.com/oauth/2026-03/token/introspect":` + answer + `}`
	}
	eve := func(claims string) string {
		return `"token":{"access_token":"e30.` + base64.RawURLEncoding.EncodeToString([]byte(claims)) + `.sig"}`
	}
	for _, tc := range []struct {
		name     string
		provider *oauth.Provider
		answers  string
		cause    string
	}{
		{"BoxyHQ: another tenant", provider.BoxyHQ(polis, acme),
			requested(`"client_id":"dummy","tenant":"evil.example","product":"crm"`), "for another connection"},
		{"BoxyHQ: another product", provider.BoxyHQ(polis, acme),
			requested(`"client_id":"dummy","tenant":"acme.example","product":"shop"`), "for another connection"},
		{"BoxyHQ: another client", provider.BoxyHQ(polis, acme),
			requested(`"client_id":"other","tenant":"acme.example","product":"crm"`), "for another connection"},
		{"BoxyHQ: a tenant beside the client",
			provider.BoxyHQ(provider.Client{ID: "app-id", Secret: secret, Issuer: polis.Issuer},
				provider.BoxyHQOptions{}),
			requested(`"client_id":"app-id","tenant":"evil.example","product":"crm"`), "for another connection"},
		{"BoxyHQ: no tenant", provider.BoxyHQ(polis, provider.BoxyHQOptions{}),
			requested(`"client_id":"dummy","product":"crm"`), "does not name its connection"},
		{"HubSpot: a token that ended", provider.HubSpot(client),
			introspected(`{"active":false,"user_id":7,"user":"ann@example.com"}`), "the access token is not active"},
		{"HubSpot: no answer", provider.HubSpot(client), plainToken, "FetchUserinfo"},
		{"WeChat: an application bound to no account", provider.WeChat(client, provider.WeChatOptions{}),
			`"token":{"access_token":"at-1","openid":"o"},"urls":{"https://api.weixin.qq.com/sns/userinfo":{"openid":"o","nickname":"Ann"}}`, "there is no unionid"},
		{"EVE Online: another client", provider.EVEOnline(client),
			eve(`{"iss":"https://login.eveonline.com","aud":["other","EVE Online"],"sub":"CHARACTER:EVE:7"}`),
			"for another client"},
		{"EVE Online: another game", provider.EVEOnline(client),
			eve(`{"iss":"https://login.eveonline.com","aud":["app-id"],"sub":"CHARACTER:EVE:7"}`),
			"for another client"},
		{"EVE Online: another issuer", provider.EVEOnline(client),
			eve(`{"iss":"https://login.example","aud":["app-id","EVE Online"],"sub":"CHARACTER:EVE:7"}`),
			"EVE Online did not issue"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var a answers
			if err := json.Unmarshal([]byte("{"+tc.answers+"}"), &a); err != nil {
				t.Fatal(err)
			}
			if log := refused(t, tc.provider, a); !strings.Contains(log, tc.cause) {
				t.Errorf("the log says %s; want %q", log, tc.cause)
			}
		})
	}
}

// refused runs a sign-in that must sign nobody in and store nothing, and returns the log.
func refused(t *testing.T, p *oauth.Provider, answers answers) string {
	t.Helper()
	v := newVendor(t, p, answers)
	var log strings.Builder
	store := memadapter.New()
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: store, BaseURL: app, Providers: []cardea.Provider{p},
		HTTPClient: &http.Client{Transport: v}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Events: cardea.Events{CreateUser: func(context.Context, *cardea.User) { t.Error("a user was created") }},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := cardeatest.NewBrowser(t, app)
	b.Transport = browserTransport{app: auth, vendor: v, said: &transcript{}}
	b.Post("/signin/"+p.ID, url.Values{"callbackUrl": {app + "/api/auth/csrf"}})
	if session := b.Session(); session != nil {
		t.Errorf("somebody is signed in: %v", session)
	}
	return log.String()
}
