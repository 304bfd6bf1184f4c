package cardea

import (
	"fmt"

	"github.com/cardea-auth/cardea/internal/configerr"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/language"
	"github.com/cardea-auth/cardea/oauth"
)

// Provider is one way to sign in: an [*oauth.Provider], an [*EmailProvider], a
// [*CredentialsProvider] or a [Feature] that has an id of a provider. Applications get them from
// packages provider, email, credentials and password. [New] accepts no other type.
type Provider interface {
	// ProviderID returns the id of the provider in URLs and in the rows of accounts.
	ProviderID() string
}

// ProviderType is the kind of a provider, in the answer of GET providers and in the rows of
// accounts.
type ProviderType string

// The types of providers. The values are those of Auth.js.
const (
	TypeOAuth       ProviderType = "oauth"       // an oauth.Provider with oauth.TypeOAuth2
	TypeOIDC        ProviderType = "oidc"        // an oauth.Provider with oauth.TypeOIDC
	TypeEmail       ProviderType = "email"       // an EmailProvider
	TypeCredentials ProviderType = "credentials" // a CredentialsProvider
)

// definition is what [New] needs to know about a [Provider]. Each kind of provider implements it.
type definition interface {
	info() providerInfo

	// validate adds everything that is missing or wrong to faults. Field names the provider in the
	// texts of the faults, such as Providers[0].
	validate(c *Config, field string, faults *configerr.List)

	// button returns the provider as the sign-in page shows it.
	button(basePath string) page.Provider

	// open returns the method that serves requests. The configuration has been validated.
	open(a *Auth) (signInMethod, error)
}

// providerInfo is what the handler knows about a provider without knowing its kind.
type providerInfo struct {
	id    string
	name  string
	kind  ProviderType
	style oauth.Style

	// postsCallback says that the provider's page posts the callback, so that POST callback has no
	// CSRF token of this site.
	postsCallback bool

	// needsNoForm says that POST signin begins the sign-in without anything that somebody types.
	needsNoForm bool

	// leadsToHTTP says that the form of the provider leads to a page on http, as far as the
	// configuration tells.
	leadsToHTTP bool

	// provesEmail says that users sign in by proving their e-mail address, without an account.
	provesEmail bool

	// storesCredentials says that users sign in with something that the application stores, such as
	// a password.
	storesCredentials bool

	// statusOnRefusal says that the status tells the client of next-auth 4 about a refused sign-in.
	statusOnRefusal bool

	// messages are the application's texts for each Error.Reason.
	messages map[string]string
}

// signInMethod serves the requests of one [Provider] of this site. It is safe for concurrent use.
type signInMethod interface {
	info() providerInfo

	// signIn answers POST signin/{id}.
	signIn(e *exchange) error

	// getCallback answers GET callback/{id}.
	getCallback(e *exchange) error

	// postCallback answers POST callback/{id}.
	postCallback(e *exchange) error
}

// definitionOf returns the definition of a provider, and nil for a type that this package does not
// know. No other code lists the types of providers.
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

// signInMethods are the methods of all providers, in the order of Config.Providers.
type signInMethods []signInMethod

// method returns the method of the provider with that id, and nil if there is none.
func (a *Auth) method(id string) signInMethod {
	for _, m := range a.methods {
		if m.info().id == id {
			return m
		}
	}
	return nil
}

// unknown is the error for an id that no provider has, or no provider with such an endpoint.
func (s signInMethods) unknown() error {
	return noFlow("", fmt.Sprintf("no provider with this id has such an endpoint; Config.Providers has %q", s.ids()))
}

func (s signInMethods) ids() []string {
	var ids []string
	for _, m := range s {
		ids = append(ids, m.info().id)
	}
	return ids
}

// buttons returns the providers as the sign-in page shows them, without those of an unknown type.
func (c Config) buttons(*language.Texts) []page.Provider {
	var list []page.Provider
	for _, p := range c.Providers {
		if d := definitionOf(p); d != nil {
			list = append(list, d.button(c.BasePath))
		}
	}
	return list
}
