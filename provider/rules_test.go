package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/oauth"
)

// plain returns an OAuth 2.0 provider that follows the standards in everything. Tests change it.
func plain() *oauth.Provider {
	return &oauth.Provider{
		ID: "acme", Name: "Acme", Type: oauth.TypeOAuth2, ClientID: "app-id", ClientSecret: secret,
		AuthorizationURL: "https://acme.example/authorize", TokenURL: "https://acme.example/token",
		UserinfoURL: "https://acme.example/user",
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID: raw.String("id"), Name: raw.String("name"), Email: raw.String("email"),
				EmailVerified: raw.True("email_verified"),
			}, nil
		},
	}
}

func openID() *oauth.Provider {
	return &oauth.Provider{
		ID: "acme", Name: "Acme", Type: oauth.TypeOIDC, ClientID: "app-id", ClientSecret: secret,
		Issuer: "https://acme.example",
	}
}

const (
	plainToken = `"token":{"access_token":"at-1"}`
	plainUser  = `"urls":{"https://acme.example/user":{"id":"7"}}`
	plainMails = `"urls":{"https://acme.example/user":{"id":"7","email":"old@a.example","email_verified":true},"https://acme.example/mails":`
)

// Each rule changes the transcript of a sign-in through the real handler as expected.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		provider *oauth.Provider
		change   func(*oauth.Provider)
		answers  string
		want     []string // lines that the transcript contains
		not      []string // text that it does not contain
	}{
		{
			name: "no PKCE", provider: plain(), answers: plainToken + "," + plainUser,
			change: func(p *oauth.Provider) { p.InsecureSkipPKCE = true },
			want:   []string{"?state=*"}, not: []string{"code_challenge", "code_verifier"},
		},
		{
			name: "no nonce", provider: openID(),
			answers: plainToken + `,"id_token":{"sub":"7","nonce":"the vendor's own"}`,
			change:  func(p *oauth.Provider) { p.InsecureSkipNonce = true },
			want:    []string{"?state=*", "?code_challenge_method=S256"}, not: []string{"?nonce"},
		},
		{
			name: "the authorization request", provider: plain(), answers: plainToken + "," + plainUser,
			change: func(p *oauth.Provider) {
				p.Scopes, p.ScopeSeparator = []string{"a", "b"}, ","
				p.ClientIDParam, p.AuthorizationFragment = "appid", "wechat_redirect"
			},
			want: []string{"?scope=a,b", "?appid=app-id", "#wechat_redirect"}, not: []string{"?client_id"},
		},
		{
			name: "no scope", provider: openID(), answers: plainToken + `,"id_token":{"sub":"7"}`,
			change: func(p *oauth.Provider) { p.Scopes = []string{} },
			not:    []string{"scope="},
		},
		{
			name: "a token request by GET", provider: plain(),
			answers: `"token":{"access_token":"at-1","openid":"o-1","errcode":0},` + plainUser,
			change: func(p *oauth.Provider) {
				p.ClientAuth = oauth.AuthClientSecretPost
				p.Token = oauth.TokenRules{
					Method: http.MethodGet, Names: map[string]string{"client_id": "appid", "client_secret": "secret"},
				}
				p.UserinfoURL += "?access_token={access_token}&openid={openid}"
			},
			want: []string{
				"server: GET https://acme.example/token", "?appid=app-id", "?secret=" + secret, "?code=the-code",
				"?access_token=*", "?openid=o-1",
			},
			not: []string{"Bearer", "Basic"},
		},
		{
			name: "a token request in JSON", provider: plain(),
			answers: `"token":{"data":{"accessToken":"at-1","expireIn":"60"}},` + plainUser,
			change: func(p *oauth.Provider) {
				p.ClientAuth = oauth.AuthClientSecretPost
				p.Token = oauth.TokenRules{
					JSON: true, Envelope: "data", Params: url.Values{"v": {"5"}},
					Headers: map[string]string{"X-Version": "1"},
					Names: map[string]string{
						"client_id": "clientId", "access_token": "accessToken", "expires_in": "expireIn",
					},
				}
				p.Headers = map[string]string{"X-Acme-Token": "{access_token}"}
			},
			want: []string{
				".clientId=app-id", ".v=5", ".code=the-code", "X-Version: 1", "X-Acme-Token: *", "expires true",
			},
			not: []string{"Bearer", "&code"},
		},
		{
			name: "parameters of the callback", provider: plain(),
			answers: plainToken + "," + plainUser + `,"callback":{"device_id":"d-1","more":"m"}`,
			change: func(p *oauth.Provider) {
				p.CallbackParams = []string{"device_id"}
				p.Token.Params = url.Values{"device_id": {"{device_id}"}}
				p.Profile = func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
					return oauth.Profile{
						ID:   raw.String("id"),
						Name: raw.String("callback", "device_id") + raw.String("callback", "more"),
					}, nil
				}
			},
			want: []string{"&device_id=d-1", `name "d-1"`},
		},
		{
			name: "parameters of the callback beside what is proven", provider: plain(),
			answers: plainToken + `,"urls":{"https://acme.example/user":{"id":"7","callback":{"name":"Eve"}}},"callback":{"id":"8","name":"Ann"}`,
			change: func(p *oauth.Provider) {
				p.CallbackParams = []string{"id", "name"}
				p.Profile = func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
					return oauth.Profile{ID: raw.String("id"), Name: raw.String("callback", "name")}, nil
				}
			},
			want: []string{"acme:7", `name "Ann"`},
		},
		{
			name: "a callback of the service's own", provider: plain(),
			answers: plainToken + `,"urls":{"https://acme.example/user":{"id":"7","callback":"Ann"}}`,
			change: func(p *oauth.Provider) {
				p.Profile = func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
					return oauth.Profile{ID: raw.String("id"), Name: raw.String("callback")}, nil
				}
			},
			want: []string{`name "Ann"`},
		},
		{
			name: "userinfo by GraphQL", provider: plain(),
			answers: plainToken + "," + `"urls":{"https://acme.example/user":{"data":{"viewer":{"id":7}}}}`,
			change: func(p *oauth.Provider) {
				p.Userinfo.JSON = map[string]any{"query": "{viewer{id}}"}
				p.Profile = func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
					return oauth.Profile{ID: raw.String("data", "viewer", "id")}, nil
				}
			},
			want: []string{"server: POST https://acme.example/user", ".query={viewer{id}}", "acme:7"},
		},
		{
			name: "userinfo by POST", provider: plain(), answers: plainToken + "," + plainUser,
			change: func(p *oauth.Provider) { p.Userinfo.Method = http.MethodPost },
			want:   []string{"server: POST https://acme.example/user", "Authorization: Bearer *"},
		},
		{
			name: "userinfo as a list, another scheme", provider: plain(),
			answers: plainToken + "," + `"urls":{"https://acme.example/user":[{"id":9007199254740993}]}`,
			change: func(p *oauth.Provider) {
				p.Userinfo.List = true
				p.Headers = map[string]string{"Authorization": "OAuth {access_token}"}
			},
			want: []string{"Authorization: OAuth *", "acme:9007199254740993"},
		},
		{
			name: "a member of the token answer in the path", provider: plain(),
			answers: `"token":{"access_token":"at-1","user":{"id":42}},"urls":{"https://acme.example/users/42":{"id":"7"}}`,
			change:  func(p *oauth.Provider) { p.UserinfoURL = "https://acme.example/users/{user.id}" },
			want:    []string{"server: GET https://acme.example/users/42", "acme:7"},
		},
		{
			name: "the token answer as profile", provider: plain(),
			answers: `"token":{"access_token":"at-1","id":"8","name":"Ann"}`,
			change:  func(p *oauth.Provider) { p.UserinfoURL, p.UseTokenAnswer = "", true },
			want:    []string{"acme:8", `name "Ann"`}, not: []string{"server: GET"},
		},
		{
			name: "the token answer below the userinfo", provider: plain(),
			answers: `"token":{"access_token":"at-1","id":"8","email":"ann@a.example"},` + plainUser,
			change:  func(p *oauth.Provider) { p.UseTokenAnswer = true },
			want:    []string{"acme:7", `e-mail "ann@a.example"`},
		},
		{
			name: "signed userinfo", provider: openID(),
			answers: plainToken + `,"id_token":{"sub":"7"},"urls":{"https://acme.example/userinfo":{"sub":"7","name":"Signed"}}`,
			change:  func(p *oauth.Provider) { p.UseUserinfo, p.Userinfo.Signed = true, true },
			want:    []string{"Accept: application/jwt", `name "Signed"`},
		},
		{
			name: "addresses, the primary one", provider: plain(),
			answers: plainToken + "," + plainMails +
				`{"values":[{"mail":"b@a.example","ok":true},{"mail":"c@a.example","ok":true,"main":true}]}}`,
			change: func(p *oauth.Provider) {
				p.EmailsURL, p.Emails = "https://acme.example/mails", oauth.EmailMembers{
					List: "values", Email: "mail", Primary: "main", Verified: "ok",
				}
			},
			want: []string{`e-mail "c@a.example", verified true`},
		},
		{
			name: "addresses, none of them verified", provider: plain(),
			answers: plainToken + "," + plainMails + `[{"email":"b@a.example","verified":"true","primary":true}]}`,
			change:  func(p *oauth.Provider) { p.EmailsURL = "https://acme.example/mails" },
			want:    []string{`e-mail "old@a.example", verified false`},
		},
		{
			name: "addresses always verified", provider: plain(),
			answers: plainToken + `,"urls":{"https://acme.example/user":{"id":"7","email":"a@a.example"}}`,
			change:  func(p *oauth.Provider) { p.EmailVerification = oauth.EmailAlwaysVerified },
			want:    []string{`e-mail "a@a.example", verified true`},
		},
		{
			name: "no address, always verified", provider: plain(), answers: plainToken + "," + plainUser,
			change: func(p *oauth.Provider) { p.EmailVerification = oauth.EmailAlwaysVerified },
			want:   []string{`e-mail "", verified false`},
		},
		{
			name: "addresses never verified", provider: plain(),
			answers: plainToken + "," + `"urls":{"https://acme.example/user":{"id":"7","email":"a@a.example","email_verified":true}}`,
			change:  func(p *oauth.Provider) { p.EmailVerification = oauth.EmailNeverVerified },
			want:    []string{`e-mail "a@a.example", verified false`},
		},
		{
			name: "no addresses", provider: plain(),
			answers: plainToken + "," + `"urls":{"https://acme.example/user":{"id":"7","email":"a@a.example","email_verified":true}}`,
			change:  func(p *oauth.Provider) { p.EmailVerification = oauth.EmailNotGiven },
			want:    []string{`e-mail "", verified false`},
		},
		{
			name: "a secret made for the occasion", provider: plain(), answers: plainToken + "," + plainUser,
			change: func(p *oauth.Provider) {
				p.ClientSecret = ""
				p.ClientSecretFunc = func(_ context.Context, now time.Time) (string, time.Time, error) {
					return "minted", now.Add(time.Hour), nil
				}
			},
			want: []string{"Authorization: Basic app-id:minted"},
		},
		{
			name: "a secret made for a hook", provider: plain(), answers: plainToken + "," + plainUser,
			change: func(p *oauth.Provider) {
				p.ClientSecret = ""
				p.ClientSecretFunc = func(_ context.Context, now time.Time) (string, time.Time, error) {
					return "minted", now.Add(time.Hour), nil
				}
				p.Exchange = func(_ context.Context, g *oauth.CodeGrant) (oauth.Claims, error) {
					return oauth.Claims{"access_token": "at-1", "scope": g.ClientSecret}, nil
				}
			},
			want: []string{`scope "minted"`},
		},
		{
			name: "hooks", provider: plain(), answers: `"urls":{"https://acme.example/legacy":{"uid":7}}`,
			change: func(p *oauth.Provider) {
				p.UserinfoURL = ""
				p.Exchange = func(_ context.Context, g *oauth.CodeGrant) (oauth.Claims, error) {
					if g.Code != theCode || g.ClientSecret != secret || len(g.Verifier) != 43 ||
						g.RedirectURI != app+"/api/auth/callback/acme" || g.Token != nil {
						return nil, errors.New("the grant is not complete")
					}
					return oauth.Claims{"access_token": "at-example", "uid": json.Number("7")}, nil
				}
				p.FetchUserinfo = func(ctx context.Context, g *oauth.CodeGrant) (oauth.Claims, error) {
					req, err := http.NewRequestWithContext(ctx, http.MethodGet,
						"https://acme.example/legacy?t="+g.AccessToken+"&u="+g.Token.String("uid"), nil)
					if err != nil {
						return nil, err
					}
					raw, err := g.Do(req)
					return oauth.Claims{"id": raw.String("uid")}, err
				}
			},
			want: []string{"?t=*", "?u=7", "acme:7"}, not: []string{"/token"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.change(tc.provider)
			var a answers
			if err := json.Unmarshal([]byte("{"+tc.answers+"}"), &a); err != nil {
				t.Fatal(err)
			}
			said := signIn(t, tc.provider, a)
			for _, line := range tc.want {
				if !strings.Contains(said, line) {
					t.Errorf("%s is missing", line)
				}
			}
			for _, text := range tc.not {
				if strings.Contains(said, text) {
					t.Errorf("%s is there", text)
				}
			}
			if t.Failed() {
				t.Log(said)
			}
		})
	}
}
