package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// GitLab signs users in with an account of gitlab.com or another GitLab server. Create an
// application with the scope read_user at https://gitlab.com/-/user_settings/applications, or on
// your server. Documentation: https://docs.gitlab.com/api/oauth2/, read 2026-11-22. For another
// server, set c.Issuer to its address. The e-mail address is the primary one, and is verified if
// GitLab says when it was confirmed: a server that sends no confirmation mails says so of every
// address.
func GitLab(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "gitlab",
		Name:             "GitLab",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: server(c, "https://gitlab.com") + "/oauth/authorize",
		TokenURL:         server(c, "https://gitlab.com") + "/oauth/token",
		UserinfoURL:      server(c, "https://gitlab.com") + "/api/v4/user",
		Scopes:           []string{"read_user"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:            raw.String("id"), // username can be changed
				Name:          cmp.Or(raw.String("name"), raw.String("username")),
				Email:         raw.String("email"),
				EmailVerified: raw.String("confirmed_at") != "",
				Image:         raw.String("avatar_url"),
			}, nil
		},
		Style: oauth.Style{BrandColor: "#fc6d26", Logo: gitLabLogo},
	}
}

// gitLabLogo is from Simple Icons (CC0-1.0).
const gitLabLogo = "m23.6004 9.5927-.0337-.0862L20.3.9814a.851.851 0 0 0-.3362-.405.8748.8748 0 0 0-.9997.0539.8748.8748 0 0 0-.29.4399l-2.2055 6.748H7.5375l-2.2057-6.748a.8573.8573 0 0 0-.29-.4412.8748.8748 0 0 0-.9997-.0537.8585.8585 0 0 0-.3362.4049L.4332 9.5015l-.0325.0862a6.0657 6.0657 0 0 0 2.0119 7.0105l.0113.0087.03.0213 4.976 3.7264 2.462 1.8633 1.4995 1.1321a1.0085 1.0085 0 0 0 1.2197 0l1.4995-1.1321 2.4619-1.8633 5.006-3.7489.0125-.01a6.0682 6.0682 0 0 0 2.0094-7.003z"
