package provider

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea"
)

// WorkOS signs in through the SSO connections of an environment at WorkOS (https://dashboard.workos.com; rules:
// https://workos.com/docs/reference/sso). The client secret is the API key. One of the options says which connection. The account's id is the
// profile's; the e-mail is what the company's identity provider says, and counts as unverified.
func WorkOS(c Client, o WorkOSOptions) *cardea.OAuthProvider {
	return &cardea.OAuthProvider{
		ID:                  "workos",
		Name:                "WorkOS",
		Type:                cardea.OAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		ClientAuth:          cardea.ClientSecretPost,
		AuthorizationURL:    "https://api.workos.com/sso/authorize",
		TokenURL:            "https://api.workos.com/sso/token",
		UserinfoURL:         "https://api.workos.com/sso/profile",
		AuthorizationParams: o.params(),
		Profile: func(_ context.Context, raw cardea.Claims) (cardea.Profile, error) {
			return cardea.Profile{
				ID:    raw.String("id"),
				Name:  strings.TrimSpace(raw.String("first_name") + " " + raw.String("last_name")),
				Email: raw.String("email"),
				Image: raw.String("raw_attributes", "picture"),
			}, nil
		},
		EmailVerification: cardea.NeverVerified,
		Style:             cardea.Style{BrandColor: "#6363f1"},
		Err:               o.check(),
	}
}

// WorkOSOptions choose a connection. Exactly one must be set.
type WorkOSOptions struct {
	Connection   string // a connection's id
	Organization string // an organization's id, for its connection
	Provider     string // such as GoogleOAuth, or authkit
}

func (o WorkOSOptions) params() url.Values {
	params := url.Values{}
	for name, value := range map[string]string{"connection": o.Connection, "organization": o.Organization, "provider": o.Provider} {
		if value != "" {
			params.Set(name, value)
		}
	}
	return params
}

func (o WorkOSOptions) check() error {
	if len(o.params()) != 1 {
		return errors.New("WorkOSOptions: set one of Connection, Organization and Provider")
	}
	return nil
}
