package provider

import (
	"cmp"
	"context"
	"net/url"

	"github.com/cardea-auth/cardea"
)

// Yandex signs in with a Yandex account, by an application (https://oauth.yandex.com; rules:
// https://yandex.ru/dev/id/doc/en/codes/code-url, read 2026-11-22). Whether the e-mail was verified is not told.
func Yandex(c Client) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:               "yandex",
		Name:             "Yandex",
		Type:             cardea.OAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: "https://oauth.yandex.ru/authorize",
		TokenURL:         "https://oauth.yandex.ru/token",
		UserinfoURL:      "https://login.yandex.ru/info?format=json",
		Headers:          map[string]string{"Authorization": "OAuth {access_token}"},
		Scopes:           []string{"login:info", "login:email", "login:avatar"},
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{
				ID:    raw.String("id"),
				Name:  cmp.Or(raw.String("display_name"), raw.String("real_name"), raw.String("first_name")),
				Email: cmp.Or(raw.String("default_email"), raw.String("emails", "0")),
				Image: yandexImage(raw),
			}, nil
		},
		EmailVerification: cardea.NeverVerified,
		Style:             cardea.Style{BrandColor: "#fc3f1d", Logo: yandexLogo},
	}
}

func yandexImage(raw cardea.Claims) string {
	id := raw.String("default_avatar_id")
	if id == "" || raw.True("is_avatar_empty") {
		return ""
	}
	return (&url.URL{Scheme: "https", Host: "avatars.yandex.net", Path: "/get-yapic/" + id + "/islands-200"}).String()
}

// yandexLogo is from Simple Icons 4 (CC0-1.0).
const yandexLogo = "M1.902 16.349v-2.85L0 8.398h.957l1.4 3.938L3.97 7.573h.877l-2.069 5.96v2.815h-.876zm5.638 0h-.734c-.033-.125-.065-.3-.075-.447h-.057c-.246.313-.559.525-1.051.525-.798 0-1.344-.601-1.344-1.704 0-1.2.611-1.956 2.18-1.956h.123v-.333c0-.735-.246-1.048-.735-1.048-.445 0-.824.234-1.112.49l-.167-.766c.256-.213.766-.447 1.336-.447.99 0 1.533.424 1.533 1.781v2.636c0 .534.055 1.002.1 1.267l.003.002zm-.955-2.925h-.101c-1.08 0-1.313.479-1.313 1.2 0 .645.21 1.067.655 1.067.3 0 .601-.2.757-.445l.002-1.822zm2.802 2.925h-.869v-5.621h.869v.491h.056c.154-.21.578-.556 1.101-.556.732 0 1.121.412 1.121 1.268v4.418h-.878v-4.34c0-.423-.188-.57-.524-.57-.364 0-.675.279-.877.559v4.35l.001.001zm3.135-2.592c0-2.08.78-3.094 1.901-3.094.268 0 .545.09.713.211V8.398h.869v7.95h-.645l-.069-.445h-.055c-.245.312-.556.521-1.013.521-1.1 0-1.699-.933-1.699-2.667h-.002zm2.615-2.115c-.176-.176-.366-.266-.656-.266-.7 0-1.035 1.057-1.035 2.202 0 1.313.246 2.114.881 2.114.436 0 .666-.213.811-.435v-3.615zm3.604 4.785c-1.155 0-1.869-.924-1.869-2.647 0-1.804.501-3.116 1.69-3.116.935 0 1.544.701 1.544 2.604v.478h-2.331c0 1.268.355 1.935 1.045 1.935.489 0 .847-.222 1.068-.378l.2.667c-.354.278-.79.456-1.345.456l-.002.001zm-.957-3.394h1.435c0-.957-.155-1.657-.656-1.657-.532 0-.72.657-.78 1.657h.001zm6.095-2.292l-1.045 2.625L24 16.349h-.899l-.87-2.314-.844 2.313h-.855l1.166-2.904-1.057-2.702h.901l.727 2.035.765-2.036h.846z"
