package relyingparty

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/cardea-auth/cardea/oauth"
)

// Client is this site as a client of one provider. It is safe for concurrent use. Nothing of a
// sign-in is kept in it, so that no sign-in can see anything of another.
type Client struct {
	*oauth.Provider
	http   *http.Client // for all requests except those for metadata and keys
	log    *slog.Logger
	now    func() time.Time
	issuer *oidc.Issuer   // nil for OAuth2
	secret *clientSecret  // nil without ClientSecretFunc
	prover *oauth2.Prover // nil with hooks
}

// Config is what [New] needs besides the provider.
type Config struct {
	// HTTP makes the requests. Nil means a client with timeouts that follows no redirects and
	// refuses loopback addresses unless the provider is configured on one.
	HTTP *http.Client

	// Secret is the site's secret, from which the DPoP key is derived.
	Secret string

	// Logger gets what does not fail a sign-in but should be put right. Defaults to no log.
	Logger *slog.Logger

	// Now is the clock.
	Now func() time.Time
}

// New returns the client for a provider in which [Validate] finds no fault. It makes no requests.
func New(p *oauth.Provider, config Config) (*Client, error) {
	client := config.HTTP
	if client == nil {
		client = outbound.Client(onLoopback(p))
	}
	c := &Client{Provider: p, log: config.Logger, now: config.Now}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if c.http, err = certificateClient(p, client); err != nil {
		return nil, fmt.Errorf("provider %q: ClientCertificate: %w", p.ID, err)
	}
	if c.prover, err = newProver(p, config.Secret); err != nil {
		return nil, fmt.Errorf("provider %q: DPoP key: %w", p.ID, err)
	}
	if p.ClientSecretFunc != nil {
		c.secret = &clientSecret{make: p.ClientSecretFunc, now: config.Now}
	}
	if p.Type == oauth.TypeOIDC {
		c.issuer = oidc.NewIssuer(oidc.Metadata{
			Issuer: p.Issuer, IssuerAlias: p.IssuerAlias, AllowedIssuers: p.AllowedIssuers,
			DiscoveryURL:     p.DiscoveryURL,
			AuthorizationURL: p.AuthorizationURL, TokenURL: p.TokenURL, UserinfoURL: p.UserinfoURL, JWKSURL: p.JWKSURL,
			PushURL: p.PushedAuthorizationURL,
		}, client, config.Now)
	}
	return c, nil
}

// onLoopback reports whether the provider runs on this machine, as in development and in tests.
func onLoopback(p *oauth.Provider) bool {
	return outbound.IsLoopbackURL(cmp.Or(p.DiscoveryURL, p.Issuer, p.TokenURL))
}

// certificateClient returns the HTTP client for the endpoints that want the provider's
// ClientCertificate. Without a certificate it is the given client.
func certificateClient(p *oauth.Provider, client *http.Client) (*http.Client, error) {
	if p.ClientCertificate == nil {
		return client, nil
	}
	return oauth2.WithCertificate(client, *p.ClientCertificate)
}

// metadata returns what is known about the server: the configuration for OAuth2, the discovered
// metadata for OIDC.
func (c *Client) metadata(ctx context.Context) (*oidc.Metadata, error) {
	if c.issuer == nil {
		return &oidc.Metadata{
			Issuer: c.Issuer, AuthorizationURL: c.AuthorizationURL, TokenURL: c.TokenURL, UserinfoURL: c.UserinfoURL,
			PushURL: c.PushedAuthorizationURL,
		}, nil
	}
	m, err := c.issuer.Metadata(ctx)
	if err != nil || c.ClientCertificate == nil {
		return m, err
	}
	return m.WithCertificate(), nil
}

// oauth2Client returns a client for a server with this metadata. It belongs to one sign-in or
// refresh.
func (c *Client) oauth2Client(m *oidc.Metadata, redirectURI string) *oauth2.Client {
	scopes := c.Scopes
	if scopes == nil && c.Type == oauth.TypeOIDC {
		scopes = []string{"openid", "profile", "email"}
	}
	client := &oauth2.Client{
		ID: c.ClientID, Secret: c.ClientSecret, Auth: c.clientAuth(m), IDParam: c.ClientIDParam,
		Key: oauth2.Key(c.ClientKey), Audience: cmp.Or(c.AssertionAudience, m.Issuer), Prover: c.prover,
		AssertionAlgorithms: m.AssertionAlgorithms, RequireDPoP: c.DPoP,
		AuthorizationURL: m.AuthorizationURL, TokenURL: m.TokenURL, RedirectURI: redirectURI,
		Scopes: scopes, ScopeSeparator: c.ScopeSeparator,
		Params: c.AuthorizationParams, Fragment: c.AuthorizationFragment,
		SkipPKCE: c.InsecureSkipPKCE, Rules: oauth2.Rules(c.Token), HTTP: c.http, Now: c.now,
	}
	client.Rules.Params = withoutPlaceholders(c.Token.Params)
	if c.secret != nil {
		client.MakeSecret = c.secret.get
	}
	return client
}

// withoutPlaceholders returns the parameters without those that are filled in from a callback. Only
// a request that redeems a code has a callback.
func withoutPlaceholders(params url.Values) url.Values {
	rest := maps.Clone(params)
	maps.DeleteFunc(rest, func(_ string, values []string) bool {
		return slices.ContainsFunc(values, func(template string) bool { return oauth2.Placeholders(template) != nil })
	})
	return rest
}

// clientAuth returns ClientAuth. If that is empty, the metadata decides: the standard's default is
// client_secret_basic, so the secret is sent in the form only to a server that lists
// client_secret_post without client_secret_basic.
func (c *Client) clientAuth(m *oidc.Metadata) string {
	if c.ClientAuth == "" && (c.ClientSecret != "" || c.secret != nil) && m.TokenAuthMethods != nil &&
		!slices.Contains(m.TokenAuthMethods, oauth2.SecretBasic) &&
		slices.Contains(m.TokenAuthMethods, oauth2.SecretPost) {
		return oauth2.SecretPost
	}
	return string(c.ClientAuth)
}
