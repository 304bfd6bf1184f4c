package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Naver signs users in with a Naver account. Create an application with Naver Login at
// https://developers.naver.com/apps. Documentation:
// https://developers.naver.com/docs/login/api/api.md, read 2026-11-22. Nickname, picture and e-mail
// address come only if the application asks for them and the user agrees. The account ID differs
// per application. The e-mail address is the contact address. Naver does not say whether the e-mail
// address is verified.
func Naver(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "naver",
		Name:             "Naver",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		ClientAuth:       oauth.AuthClientSecretPost,
		AuthorizationURL: "https://nid.naver.com/oauth2.0/authorize",
		TokenURL:         "https://nid.naver.com/oauth2.0/token",
		UserinfoURL:      "https://openapi.naver.com/v1/nid/me",
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			user := raw.Object("response")
			return oauth.Profile{
				ID:    user.String("id"),
				Name:  cmp.Or(user.String("nickname"), user.String("name")),
				Email: user.String("email"),
				Image: user.String("profile_image"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#03c75a", Logo: naverLogo},
	}
}

// naverLogo is from Simple Icons (CC0-1.0).
const naverLogo = "M16.273 12.845 7.376 0H0v24h7.726V11.156L16.624 24H24V0h-7.727v12.845Z"
