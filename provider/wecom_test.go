package provider_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/provider"
)

var (
	wecom = provider.WeCom(client, provider.WeComOptions{AgentID: "1000000"})

	_ = add(service{"wecom", wecom}, service{"wecom-older", wecom})
	_ = func() bool {
		loginPages["https://login.work.weixin.qq.com/wwlogin/sso/login"] = wecomCallback
		return true
	}()
)

func wecomCallback(asked url.Values) string {
	return asked.Get("redirect_uri") + "?" + url.Values{"code": {theCode}, "state": {asked.Get("state")},
		"appid": {asked.Get("appid")}}.Encode()
}

// wecomAPI responds with a body for each path.
type wecomAPI map[string]string

func (a wecomAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.WriteString(a[strings.TrimPrefix(r.URL.Path, "/cgi-bin/")])
	return w.Result(), nil
}

// WeCom reports errors with status 200, and also identifies users who are not members.
func TestWeComRefuses(t *testing.T) {
	t.Parallel()
	const token, who = `{"errcode":0,"access_token":"at-of-the-app"}`, `{"errcode":0,"userid":"ann"}`
	for reason, api := range map[string]wecomAPI{
		"gettoken: errcode 40001": {
			"gettoken": `{"errcode":40001,"errmsg":"invalid credential at-of-the-app"}`,
		},
		"auth/getuserinfo: errcode 40029": {
			"gettoken": token, "auth/getuserinfo": `{"errcode":40029,"errmsg":"invalid code"}`,
		},
		"the user is not a member": {
			"gettoken": token, "auth/getuserinfo": `{"errcode":0,"openid":"o1","external_userid":"e1"}`,
		},
		"user/get: errcode 60011": {
			"gettoken": token, "auth/getuserinfo": who, "user/get": `{"errcode":60011}`,
		},
		"the profile is another user's": {
			"gettoken": token, "auth/getuserinfo": who, "user/get": `{"errcode":0,"userid":"eve"}`,
		},
		"gettoken: answer is not a JSON object": {"gettoken": `[]`},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			s := newNonOAuthSite(t, wecom, api)
			s.refused(t, wecomCallback(s.beginSignIn(t)), reason, "at-of-the-app", theCode)
		})
	}
	t.Run("no code", func(t *testing.T) {
		t.Parallel()
		s := newNonOAuthSite(t, wecom, wecomAPI{"gettoken": token, "auth/getuserinfo": who, "user/get": who})
		s.refused(t, app+"/api/auth/callback/wecom?state="+s.beginSignIn(t).Get("state"), "the callback has no code")
	})
}
