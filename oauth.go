package cardea

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// oauthClient is an OAuthProvider at work. It is never changed after New, so that no sign-in can
// see anything of another.
type oauthClient struct {
	*OAuthProvider
	http   *http.Client // of all calls but for metadata and keys
	now    func() time.Time
	issuer *oidc.Issuer  // nil for OAuth2
	secret *mintedSecret // nil without ClientSecretFunc
	prover *oauth2.Prover // nil with hooks
}

func newOAuthClient(p *OAuthProvider, client *http.Client, now func() time.Time) *oauthClient {
	if client == nil {
		client = outbound.Client(p.onLoopback())
	}
	c := &oauthClient{OAuthProvider: p, http: p.presenting(client), now: now}
	if p.ClientSecretFunc != nil {
		c.secret = &mintedSecret{mint: p.ClientSecretFunc, now: now}
	}
	if p.Type == TypeOIDC {
		c.issuer = oidc.NewIssuer(oidc.Metadata{
			Issuer: p.Issuer, AllowedIssuers: p.AllowedIssuers, DiscoveryURL: p.DiscoveryURL,
			AuthorizationURL: p.AuthorizationURL, TokenURL: p.TokenURL, UserinfoURL: p.UserinfoURL, JWKSURL: p.JWKSURL,
			PushURL: p.PushedAuthorizationURL,
		}, client, now)
	}
	return c
}

// metadata is what is known of the server: configured for OAuth2, discovered for OIDC.
func (c *oauthClient) metadata(ctx context.Context) (*oidc.Metadata, error) {
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

func (c *oauthClient) codeParam() string { return cmp.Or(c.CodeParam, "code") }

func (c *oauthClient) client(m *oidc.Metadata, redirectURI string) *oauth2.Client {
	scopes := c.Scopes
	if scopes == nil && c.Type == TypeOIDC {
		scopes = []string{"openid", "profile", "email"}
	}
	client := &oauth2.Client{
		ID: c.ClientID, Secret: c.ClientSecret, Auth: c.clientAuth(m), IDParam: c.ClientIDParam,
		Key: oauth2.Key(c.ClientKey), Audience: c.audience(m), Prover: c.prover, RequireDPoP: c.DPoP,
		AuthorizationURL: m.AuthorizationURL, TokenURL: m.TokenURL, RedirectURI: redirectURI,
		Scopes: scopes, ScopeSeparator: c.ScopeSeparator, Params: c.AuthorizationParams,
		Fragment: c.AuthorizationFragment, SkipPKCE: c.InsecureSkipPKCE,
		Rules: oauth2.Rules(c.Token), HTTP: c.http, Now: c.now,
	}
	client.Rules.Params = constant(c.Token.Params)
	if c.secret != nil {
		client.MakeSecret = c.secret.get
	}
	return client
}

// constant leaves out the parameters that are made from those of a callback: there is one only when
// a code is redeemed.
func constant(params url.Values) url.Values {
	rest := maps.Clone(params)
	maps.DeleteFunc(rest, func(_ string, values []string) bool {
		return slices.ContainsFunc(values, func(template string) bool { return oauth2.Placeholders(template) != nil })
	})
	return rest
}

// clientAuth follows the metadata when the configuration is silent: basic is the default of the
// standard, so only a server that lists other methods, but not it, gets the secret in the body.
func (c *oauthClient) clientAuth(m *oidc.Metadata) string {
	if c.ClientAuth == "" && (c.ClientSecret != "" || c.secret != nil) && m.TokenAuthMethods != nil &&
		!slices.Contains(m.TokenAuthMethods, oauth2.SecretBasic) && slices.Contains(m.TokenAuthMethods, oauth2.SecretPost) {
		return oauth2.SecretPost
	}
	return string(c.ClientAuth)
}

// forwardable are the parameters of a sign-in request that reach the provider: hints from which
// nothing is to be gained.
var forwardable = []string{
	"login_hint", "prompt", "ui_locales", "acr_values", "max_age", "display", "screen_hint", "hd",
}

// authorizationURL is where the visitor's browser goes to sign in.
func (c *oauthClient) authorizationURL(
	ctx context.Context, at attempt, redirectURI string, query url.Values,
) (string, error) {
	if c.Redirect != nil {
		return c.depart(ctx, at, redirectURI)
	}
	m, err := c.metadata(ctx)
	if err != nil {
		return "", fail(codeOAuthSignIn, "%w", err)
	}
	client := c.client(m, redirectURI)
	client.Params = url.Values{}
	for name, values := range c.AuthorizationParams {
		client.Params[name] = values
	}
	for _, name := range slices.Concat(forwardable, c.ForwardParams) {
		if v := query.Get(name); v != "" {
			client.Params.Set(name, v)
		}
	}
	if c.FormPost {
		client.Params.Set("response_mode", "form_post")
	}
	if c.DPoP && m.ProofAlgorithms != nil && !slices.Contains(m.ProofAlgorithms, oauth2.ProofAlgorithm) {
		return "", fail(codeOAuthSignIn, "DPoP: the provider takes proofs by %q, and none by %s", m.ProofAlgorithms,
			oauth2.ProofAlgorithm)
	}
	if client.PushURL, err = c.pushURL(m); err != nil {
		return "", err
	}
	u, err := client.Start(ctx, at.State, at.Verifier, at.Nonce)
	if err != nil {
		return "", fail(codeOAuthSignIn, "%w", err)
	}
	return u, nil
}

// checkIssuer keeps the answer of one server from being taken for another's (RFC 9207 § 2.4).
func (c *oauthClient) checkIssuer(m *oidc.Metadata, iss string, present bool) error {
	switch {
	case present && m.Issuer != "" && !oidc.MatchesTemplate(m.Issuer, iss):
		return fail(codeInvalidCheck, "the callback's iss is not the issuer %q", m.Issuer)
	case !present && m.RequireIss:
		return fail(codeInvalidCheck, "the callback has no iss, which %q promises to send", m.Issuer)
	}
	return nil
}
