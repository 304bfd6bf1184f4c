package provider

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// WorkOS signs users in through the SSO connections of a WorkOS environment
// (https://dashboard.workos.com). Documentation:
// https://workos.com/docs/reference/sso/get-authorization-url and
// https://github.com/workos/workos-node/blob/main/src/sso/sso.ts, read 2026-11-22. The client
// secret is the API key. Exactly one option must be set and selects the connection. A response for
// another one is refused. The account ID is the ID of the WorkOS profile. The e-mail address comes
// from the company's identity provider and counts as unverified.
func WorkOS(c Client, o WorkOSOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:                  "workos",
		Name:                "WorkOS",
		Type:                oauth.TypeOAuth2,
		ClientID:            c.ID,
		ClientSecret:        c.Secret,
		ClientAuth:          oauth.AuthClientSecretPost,
		AuthorizationURL:    "https://api.workos.com/sso/authorize",
		TokenURL:            "https://api.workos.com/sso/token",
		UserinfoURL:         "https://api.workos.com/sso/profile",
		AuthorizationParams: o.params(),
		ParamClaims: []string{
			"connection=connection_id", "organization=organization_id", "provider=connection_type",
		},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID: raw.String("id"),
				Name: cmp.Or(raw.String("name"),
					strings.TrimSpace(raw.String("first_name")+" "+raw.String("last_name"))),
				Email: raw.String("email"),
				Image: raw.String("raw_attributes", "picture"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#6363f1", Logo: workOSLogo},
		Err:               o.check(),
	}
}

// WorkOSOptions choose a connection. Exactly one field must be set.
type WorkOSOptions struct {
	Connection   string // the ID of a connection
	Organization string // the ID of an organization, to use its connection
	Provider     string // an OAuth connection, such as GoogleOAuth or MicrosoftOAuth
}

func (o WorkOSOptions) params() url.Values {
	params := url.Values{}
	for name, value := range map[string]string{
		"connection": o.Connection, "organization": o.Organization, "provider": o.Provider,
	} {
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

// workOSLogo is from SVG Logos (CC0-1.0).
const workOSLogo = "M13.98 1.59a4.14 4.14 0 0 0-1.14 1.22l-0.06 0.09-1.01 1.76-4.23 7.33 4 6.93-1.01 1.76c-0.81 1.42-2.52 2.06-4.07 1.53-0.79-0.26-1.43-0.84-1.86-1.55l-0.04-0.07-4.21-7.29c-0.23-0.39-0.35-0.85-0.35-1.31a2.57 2.57 0 0 1 0.31-1.22l0.04-0.08 4.33-7.5c0.56-0.97 1.58-1.57 2.69-1.6l0.08 0z m1.34 0.19c1.52-0.51 3.19 0.1 4.03 1.46l0.03 0.07 4.27 7.38c0.23 0.39 0.35 0.85 0.35 1.3 0 0.43-0.11 0.85-0.31 1.23l-0.04 0.08-4.33 7.49c-0.56 0.97-1.58 1.57-2.69 1.6l-0.08 0h-6.53c0.45-0.32 0.84-0.73 1.14-1.2l0.06-0.1 1.01-1.76 4.23-7.34-4-6.93 0.96-1.66c0.43-0.74 1.09-1.35 1.9-1.62"
