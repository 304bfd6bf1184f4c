package provider

import (
	"context"
	"errors"
	"strings"

	"github.com/cardea-auth/cardea/oauth"
)

// NetSuite signs in with an account of a company at Oracle NetSuite, by an integration record
// (rules: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_158081944642.html,
// read 2026-11-22). These scopes give no userinfo: deploy a RESTlet or Suitelet there that answers
// with the current user as {"id", "name", "email"}. Whether the e-mail was verified is not told.
func NetSuite(c Client, o NetSuiteOptions) *oauth.Provider {
	return &oauth.Provider{
		ID:               "netsuite",
		Name:             "NetSuite",
		Type:             oauth.TypeOAuth2,
		ClientID:         c.ID,
		ClientSecret:     c.Secret,
		AuthorizationURL: o.authorizationURL(),
		TokenURL:         o.tokenURL(),
		UserinfoURL:      o.UserinfoURL,
		Scopes:           []string{"restlets", "rest_webservices"},
		Profile: func(_ context.Context, raw oauth.Claims) (oauth.Profile, error) {
			return oauth.Profile{
				ID:    raw.String("id"),
				Name:  raw.String("name"),
				Email: raw.String("email"),
			}, nil
		},
		EmailVerification: oauth.EmailNeverVerified,
		Style:             oauth.Style{BrandColor: "#1b2a33"},
		Err:               o.check(),
	}
}

// NetSuiteOptions are those of one company.
type NetSuiteOptions struct {
	AccountID   string // such as 1234567, or 1234567-SB1 for a sandbox
	UserinfoURL string // of the RESTlet or Suitelet that tells of the current user
}

func (o NetSuiteOptions) host() string {
	return strings.ToLower(strings.ReplaceAll(o.AccountID, "_", "-"))
}

func (o NetSuiteOptions) authorizationURL() string {
	return "https://" + o.host() + ".app.netsuite.com/app/login/oauth2/authorize.nl"
}

func (o NetSuiteOptions) tokenURL() string {
	return "https://" + o.host() + ".suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token"
}

func (o NetSuiteOptions) check() error {
	if o.AccountID == "" {
		return errors.New("NetSuiteOptions.AccountID: is empty")
	}
	return nil
}
