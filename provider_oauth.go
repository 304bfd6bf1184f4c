package cardea

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/internal/relyingparty"
	"github.com/cardea-auth/cardea/oauth"
)

// oauthDefinition is the definition of an [oauth.Provider].
type oauthDefinition struct{ *oauth.Provider }

// leadsToHTTP reports whether forms lead to http URLs, as in development: to a provider, or back to
// a front end.
func (c Config) leadsToHTTP() bool {
	return slices.ContainsFunc(c.TrustedOrigins, isHTTP) ||
		slices.ContainsFunc(c.Providers, func(p Provider) bool {
			d := definitionOf(p)
			return d != nil && d.info().leadsToHTTP
		})
}

func (d oauthDefinition) info() providerInfo {
	return providerInfo{
		id: d.ID, name: d.Name, kind: ProviderType(d.Type), style: d.Style, postsCallback: d.FormPost,
		needsNoForm: true, leadsToHTTP: d.leadsToHTTP(),
	}
}

func (d oauthDefinition) validate(c *Config, field string, faults *configerr.List) {
	relyingparty.Validate(d.Provider, field, c.HTTPClient, faults)
}

func (d oauthDefinition) button(basePath string) page.Provider {
	return page.Provider{
		ID: d.ID, Name: d.Name, Kind: page.OAuth, Action: basePath + "/signin/" + d.ID,
		BrandColor: d.Style.BrandColor, Logo: d.Style.Logo,
	}
}

// leadsToHTTP reports whether the provider is on http, as far as the configuration tells.
func (d oauthDefinition) leadsToHTTP() bool {
	return isHTTP(cmp.Or(d.AuthorizationURL, d.DiscoveryURL, d.Issuer))
}

// isHTTP reports whether a URL, which need not be valid, has the scheme http.
func isHTTP(raw string) bool {
	scheme, _, ok := strings.Cut(raw, ":")
	return ok && strings.EqualFold(scheme, "http")
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
