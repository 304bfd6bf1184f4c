package provider

import (
	"cmp"
	"context"
	"net/url"

	"github.com/cardea-auth/cardea/oauth"
)

// Yandex signs users in with a Yandex account. Create an application at https://oauth.yandex.com.
// Documentation: https://yandex.ru/dev/id/doc/en/codes/code-url, read 2026-11-22. Yandex does not
// say whether the e-mail address is verified.
func Yandex(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "yandex",
		Name:             "Yandex",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://oauth.yandex.ru/authorize",
		TokenURL:         "https://oauth.yandex.ru/token",
		UserinfoURL:      "https://login.yandex.ru/info?format=json",
		Headers:          map[string]string{"Authorization": "OAuth {access_token}"},
		Scopes:           []string{"login:info", "login:email", "login:avatar"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("id"),
				Name:  cmp.Or(raw.String("display_name"), raw.String("real_name"), raw.String("first_name")),
				Email: cmp.Or(raw.String("default_email"), raw.String("emails", "0")),
				Image: yandexImage(raw),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#fc3f1d"},
	}
}

func yandexImage(raw oauth.Claims) string {
	id := raw.String("default_avatar_id")
	if id == "" || raw.True("is_avatar_empty") {
		return ""
	}
	return (&url.URL{Scheme: "https", Host: "avatars.yandex.net", Path: "/get-yapic/" + id + "/islands-200"}).String()
}
