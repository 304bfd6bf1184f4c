package cardea

import (
	"cmp"
	"strings"

	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/internal/relyingparty"
	"github.com/cardea-auth/cardea/oauth"
)

// oauthDefinition is the definition of an [oauth.Provider].
type oauthDefinition struct{ *oauth.Provider }

func (d oauthDefinition) info() providerInfo {
	return providerInfo{
		id: d.ID, name: d.Name, kind: ProviderType(d.Type), style: d.Style, postsCallback: d.FormPost,
		needsNoForm: true,
	}
}

func (d oauthDefinition) validate(c *Config, field string, faults *configerr.List) {
	relyingparty.Validate(d.Provider, field, c.HTTPClient, faults)
}

func (d oauthDefinition) button(basePath string) page.Provider {
	return page.Provider{
		ID: d.ID, Name: d.Name, Kind: page.OAuth, Action: basePath + "/signin/" + d.ID,
		BrandColor: d.Style.BrandColor, Logo: d.Style.Logo,
		PlainHTTP: strings.HasPrefix(cmp.Or(d.AuthorizationURL, d.DiscoveryURL, d.Issuer), "http://"),
	}
}

func (d oauthDefinition) open(a *Auth) (signInMethod, error) {
	client, err := relyingparty.New(d.Provider, relyingparty.Config{
		HTTP: a.config.HTTPClient, Secret: a.config.Secret, Logger: a.log, Now: a.clock,
	})
	if err != nil {
		return nil, err
	}
	return &oauthMethod{oauthDefinition: d, client: client}, nil
}
