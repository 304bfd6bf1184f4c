package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Lark signs users in with an account of an organization at Lark, or at Feishu, its version for
// China. Create a custom app at https://open.larksuite.com/app or https://open.feishu.cn/app.
// Documentation:
// https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/authentication-management/access-token/get-user-access-token,
// read 2026-11-22, and
// https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/authen-v1/user_info/get, read
// 2026-11-22. Client ID and secret are the app's ID and secret. The account ID is the open_id,
// which differs per app. The token endpoint is version 2. Feishu calls it deprecated in favor of
// version 3, which is reported to refuse codes with PKCE.
//
// The e-mail address comes if the app has the permission contact:user.email:readonly and requests
// it in Scopes. An administrator entered it, and nobody verified it. With the scope offline_access
// there is a refresh token.
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

// LarkOptions choose between Lark and Feishu.
type LarkOptions struct {
	Feishu bool // use Feishu, with the provider ID feishu; defaults to Lark
}

func (o LarkOptions) either(lark, feishu string) string {
	if o.Feishu {
		return feishu
	}
	return lark
}
