package cardea

import (
	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/internal/relyingparty"
	"github.com/cardea-auth/cardea/oauth"
)

// Provider is one way to sign in: an [*oauth.Provider], an [*EmailProvider] or a
// [*CredentialsProvider]. Applications get them from packages provider, email and credentials.
// [New] refuses every other type.
type Provider interface {
	// ProviderID returns the id that names the provider in URLs and in the account's row.
	ProviderID() string
}

// ProviderType is the kind of a provider in GET /providers and in an account's row.
type ProviderType string

// The types of the protocol.
const (
	TypeOAuth       ProviderType = "oauth"
	TypeOIDC        ProviderType = "oidc"
	TypeEmail       ProviderType = "email"
	TypeCredentials ProviderType = "credentials"
)

// definition is a [Provider] as [New] sees it.
type definition interface {
	info() providerInfo

	// validate adds everything that is missing or wrong to faults. Field is where the provider
	// stands in the configuration.
	validate(c *Config, field string, faults *configerr.List)

	// button returns the provider as the sign-in page shows it.
	button(basePath string) page.Provider

	// open returns the provider at work. The configuration is valid.
	open(a *Auth) (method, error)
}

// providerInfo is what the handler knows about a provider without knowing its kind.
type providerInfo struct {
	id    string
	name  string
	kind  ProviderType
	style oauth.Style

	// postsCallback says that the provider's page posts the callback, so that POST callback carries
	// no CSRF token of this site.
	postsCallback bool

	// provesEmail says that users sign in by proving their e-mail address, without an account.
	provesEmail bool

	// storesCredentials says that users sign in with something that the application stores, such as
	// a password.
	storesCredentials bool

	// messages are texts of the application for the reasons of a refusal.
	messages map[string]string
}

// method is a way to sign in, at work: one [Provider] of this site. It is safe for concurrent use.
type method interface {
	info() providerInfo

	// signIn answers POST signin/{id}.
	signIn(e *exchange) error

	// getCallback answers GET callback/{id}.
	getCallback(e *exchange) error

	// postCallback answers POST callback/{id}.
	postCallback(e *exchange) error
}

// definitionOf is the only place that knows the kinds of providers. It returns nil for an unknown
// one.
func definitionOf(p Provider) definition {
	switch p := p.(type) {
	case *oauth.Provider:
		return oauthDefinition{p}
	case *EmailProvider:
		return p
	case *CredentialsProvider:
		return p
	}
	return nil
}

// oauthDefinition makes an oauth.Provider a definition.
type oauthDefinition struct{ *oauth.Provider }

func (d oauthDefinition) info() providerInfo {
	return providerInfo{
		id: d.ID, name: d.Name, kind: ProviderType(d.Type), style: d.Style, postsCallback: d.FormPost,
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

func (d oauthDefinition) open(a *Auth) (method, error) {
	client, err := relyingparty.New(d.Provider, relyingparty.Config{
		HTTP: a.config.HTTPClient, Secret: a.config.Secret, Logger: a.log, Now: a.clock,
	})
	if err != nil {
		return nil, err
	}
	return &oauthMethod{oauthDefinition: d, client: client}, nil
}

// method returns the way to sign in with that id, nil if there is none.
func (a *Auth) method(id string) method {
	for _, m := range a.methods {
		if m.info().id == id {
			return m
		}
	}
	return nil
}

// needMethod is method for an id that a request names.
func (a *Auth) needMethod(id string) (method, error) {
	if m := a.method(id); m != nil {
		return m, nil
	}
	return nil, a.unknownProvider()
}

func (a *Auth) unknownProvider() error {
	return fail(CodeConfiguration, "no provider has this id; Config.Providers has %q", a.providerIDs())
}

func (a *Auth) providerIDs() []string {
	var ids []string
	for _, m := range a.methods {
		ids = append(ids, m.info().id)
	}
	return ids
}
