package provider

import (
	"cmp"
	"context"

	"github.com/cardea-auth/cardea/oauth"
)

// Osso signs users in through the SAML connections of an Osso server. Documentation:
// https://ossoapp.com/docs/ and
// https://github.com/enterprise-oss/osso-rb/blob/main/lib/osso/routes/oauth.rb, read 2026-11-22.
// c.Issuer is the server's address. Osso asks for the user's company, unless ForwardParams contains
// domain or email. If AuthorizationParams contains one of them, a response for another company is
// refused. The e-mail address comes from the company's identity provider and counts as
// unverified.
func Osso(c Client) *oauth.Provider {
	return &oauth.Provider{
		ID:               "osso",
		Name:             "Osso",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: server(c, "") + "/oauth/authorize",
		TokenURL:         server(c, "") + "/oauth/token",
		UserinfoURL:      server(c, "") + "/oauth/me",
		ParamClaims:      []string{"domain=requested.domain", "email=requested.email"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    cmp.Or(raw.String("sub"), raw.String("id")),
				Name:  raw.String("name"),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#4958bc"},
		Err:               needsIssuer(c),
	}
}
