package provider

import (
	"context"
	"errors"
	"net/http"

	"github.com/cardea-auth/cardea/oauth"
)

// WeChat signs users in with a WeChat account. Create a website application, which shows a QR code,
// or an official account for sign-in inside WeChat, at https://open.weixin.qq.com. Documentation:
// https://developers.weixin.qq.com/doc/oplatform/developers/dev/auth/web and its previous page
// https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html, read
// 2026-11-22. There is no e-mail address.
//
// The account ID is the unionid. WeChat sends it only to applications that are bound to an account
// of the open platform. Other applications cannot sign anybody in: the ID of their users (openid)
// would change once they are bound.
func WeChat(c Client, o WeChatOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:                    "wechat",
		Name:                  "WeChat",
		Type:                  oauth.TypeOAuth2,
		ClientID:              c.ID,
		ClientSecret:          c.Secret,
		ClientAuth:            oauth.AuthClientSecretPost,
		ClientIDParam:         "appid",
		AuthorizationURL:      o.authorizationURL(),
		TokenURL:              "https://api.weixin.qq.com/sns/oauth2/access_token",
		RefreshURL:            "https://api.weixin.qq.com/sns/oauth2/refresh_token",
		UserinfoURL:           "https://api.weixin.qq.com/sns/userinfo?access_token={access_token}&openid={openid}&lang=zh_CN",
		Scopes:                o.scopes(),
		AuthorizationFragment: "wechat_redirect",
		InsecureSkipPKCE:      true,
		Token: oauth.TokenRules{
			Method: http.MethodGet, Names: map[string]string{"client_id": "appid", "client_secret": "secret"},
		},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			profile := oauth.Profile{
				ID: raw.String("unionid"), Name: raw.String("nickname"), Image: raw.String("headimgurl"),
			}
			if profile.ID == "" {
				return profile, errors.New(
					"there is no unionid; bind the application to an account at open.weixin.qq.com",
				)
			}
			return profile, nil
		},
		EmailVerification: oauth.EmailNotGiven,
		Style:             oauth.Style{BrandColor: "#07c160", Logo: weChatLogo},
	}
}

// WeChatOptions choose between a website application and an official account.
type WeChatOptions struct {
	OfficialAccount bool // sign in inside WeChat; defaults to a QR code on a website
}

func (o WeChatOptions) authorizationURL() string {
	if o.OfficialAccount {
		return "https://open.weixin.qq.com/connect/oauth2/authorize"
	}
	return "https://open.weixin.qq.com/connect/qrconnect"
}

func (o WeChatOptions) scopes() []string {
	if o.OfficialAccount {
		return []string{"snsapi_userinfo"}
	}
	return []string{"snsapi_login"}
}

// weChatLogo is from Simple Icons (CC0-1.0).
const weChatLogo = "M8.691 2.188C3.891 2.188 0 5.476 0 9.53c0 2.212 1.17 4.203 3.002 5.55a.59.59 0 0 1 .213.665l-.39 1.48c-.019.07-.048.141-.048.213 0 .163.13.295.29.295a.326.326 0 0 0 .167-.054l1.903-1.114a.864.864 0 0 1 .717-.098 10.16 10.16 0 0 0 2.837.403c.276 0 .543-.027.811-.05-.857-2.578.157-4.972 1.932-6.446 1.703-1.415 3.882-1.98 5.853-1.838-.576-3.583-4.196-6.348-8.596-6.348zM5.785 5.991c.642 0 1.162.529 1.162 1.18a1.17 1.17 0 0 1-1.162 1.178A1.17 1.17 0 0 1 4.623 7.17c0-.651.52-1.18 1.162-1.18zm5.813 0c.642 0 1.162.529 1.162 1.18a1.17 1.17 0 0 1-1.162 1.178 1.17 1.17 0 0 1-1.162-1.178c0-.651.52-1.18 1.162-1.18zm5.34 2.867c-1.797-.052-3.746.512-5.28 1.786-1.72 1.428-2.687 3.72-1.78 6.22.942 2.453 3.666 4.229 6.884 4.229.826 0 1.622-.12 2.361-.336a.722.722 0 0 1 .598.082l1.584.926a.272.272 0 0 0 .14.047c.134 0 .24-.111.24-.247 0-.06-.023-.12-.038-.177l-.327-1.233a.582.582 0 0 1-.023-.156.49.49 0 0 1 .201-.398C23.024 18.48 24 16.82 24 14.98c0-3.21-2.931-5.837-6.656-6.088V8.89c-.135-.01-.27-.027-.407-.03zm-2.53 3.274c.535 0 .969.44.969.982a.976.976 0 0 1-.969.983.976.976 0 0 1-.969-.983c0-.542.434-.982.97-.982zm4.844 0c.535 0 .969.44.969.982a.976.976 0 0 1-.969.983.976.976 0 0 1-.969-.983c0-.542.434-.982.969-.982z"
