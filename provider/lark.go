package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Lark signs in with an account of an organization at Lark, or at Feishu, which is the one for
// China, by a custom app (https://open.larksuite.com/app and https://open.feishu.cn/app; rules:
// https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/authentication-management/access-token/get-user-access-token,
// read 2026-11-22, and
// https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/authen-v1/user_info/get, read
// 2026-11-22). The client is the app's id and secret. The account's id is the open_id, which is
// another one for each app. The token endpoint is of version 2, which Feishu calls deprecated in
// favour of version 3: of that it is reported that it refuses codes with PKCE.
//
// The e-mail comes if the app has the permission contact:user.email:readonly and asks for it in
// Scopes; an administrator entered it, and nobody verified it. With offline_access there is a
// refresh token.
func Lark(c Client, o LarkOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:           o.either("lark", "feishu"),
		Name:         o.either("Lark", "Feishu"),
		Type:         oauth.TypeOAuth2,
		ClientID:     c.ID,
		ClientSecret: c.Secret,
		ClientAuth:   oauth.AuthClientSecretPost,
		AuthorizationURL: "https://accounts." + o.either("larksuite.com", "feishu.cn") +
			"/open-apis/authen/v1/authorize",
		TokenURL:    "https://open." + o.either("larksuite.com", "feishu.cn") + "/open-apis/authen/v2/oauth/token",
		UserinfoURL: "https://open." + o.either("larksuite.com", "feishu.cn") + "/open-apis/authen/v1/user_info",
		Token:       oauth.TokenRules{JSON: true},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("data")
			return oauth.Profile{
				ID:    user.String("open_id"),
				Name:  cmp.Or(user.String("name"), user.String("en_name")),
				Email: cmp.Or(user.String("email"), user.String("enterprise_email")),
				Image: user.String("avatar_url"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#3370ff"},
	}
}

// LarkOptions say which of the two.
type LarkOptions struct {
	Feishu bool // the provider's id is feishu then
}

func (o LarkOptions) either(lark, feishu string) string {
	if o.Feishu {
		return feishu
	}
	return lark
}
