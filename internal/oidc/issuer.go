// Package oidc implements what a relying party of OpenID Connect Core 1.0 needs beyond OAuth 2.0:
// discovery, the issuer's keys, ID tokens and userinfo.
package oidc

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Issuer is one OpenID provider. Its methods may be called concurrently.
type Issuer struct {
	configured Metadata
	client     *http.Client
	now        func() time.Time
	discovered *document[*Metadata]

	mu   sync.Mutex
	keys *KeySet // of the JWKS URL that was used last
}

// NewIssuer returns the issuer with the identifier configured.Issuer. The other fields of
// configured, if set, replace those that discovery returns. If the authorization, token and JWKS
// URLs are all set, there is no discovery. NewIssuer itself fetches nothing.
func NewIssuer(configured Metadata, client *http.Client, now func() time.Time) *Issuer {
	if configured.complete() && configured.Algorithms == nil {
		configured.Algorithms = algorithms
	}
	i := &Issuer{configured: configured, client: client, now: now}
	i.discovered = &document[*Metadata]{now: now, fetch: i.discover}
	return i
}

// Metadata returns the issuer's metadata. They are fetched when first needed, and again when they
// are older than an hour; if that fails, the old copy stays in use. If there is no copy, the error
// is that of the fetch. The caller must not change the result.
func (i *Issuer) Metadata(ctx context.Context) (*Metadata, error) {
	if i.configured.complete() {
		return &i.configured, nil
	}
	m, err := i.discovered.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("discover issuer: %w", err)
	}
	return m.value, nil
}

func (i *Issuer) discover(ctx context.Context) (*Metadata, error) {
	m, err := discover(ctx, i.client, i.configured)
	if err != nil {
		return nil, err
	}
	m.override(i.configured)
	if err := m.check(); err != nil {
		return nil, err
	}
	return m, nil
}

// Verify checks an ID token of this issuer with [KeySet.Verify]. It sets Issuer, IssuerAlias,
// AllowedIssuers, Algorithms and Now of e. The other errors are those of [Issuer.Metadata].
func (i *Issuer) Verify(ctx context.Context, rawIDToken string, e Expect) (map[string]any, error) {
	m, err := i.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	e.Issuer, e.IssuerAlias, e.AllowedIssuers = m.Issuer, m.IssuerAlias, m.AllowedIssuers
	e.Algorithms, e.Now = m.Algorithms, i.now()
	return i.keySet(m.JWKSURL).Verify(ctx, rawIDToken, e)
}

// VerifyUserinfo checks a signed response of the userinfo endpoint with [KeySet.VerifyUserinfo].
// The other errors are those of [Issuer.Metadata].
func (i *Issuer) VerifyUserinfo(ctx context.Context, raw, clientID string) (map[string]any, error) {
	m, err := i.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	e := Expect{
		ClientID: clientID, Issuer: m.Issuer, IssuerAlias: m.IssuerAlias, AllowedIssuers: m.AllowedIssuers,
		Now: i.now(),
	}
	return i.keySet(m.JWKSURL).VerifyUserinfo(ctx, raw, e)
}

// keySet returns the keys at a URL, whose cached copy lasts as long as the URL does not change.
func (i *Issuer) keySet(url string) *KeySet {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.keys == nil || i.keys.url != url {
		i.keys = NewKeySet(url, i.client, i.now)
	}
	return i.keys
}
