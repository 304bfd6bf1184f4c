package oidc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// Metadata is what a relying party must know of an issuer (OpenID Connect Discovery 1.0 § 3).
type Metadata struct {
	Issuer           string   // may have claims in braces, where tenants have issuers of their own
	AllowedIssuers   []string // what the braces may make of it; none allows all
	DiscoveryURL     string   // defaults to the issuer with /.well-known/openid-configuration after it
	AuthorizationURL string
	TokenURL         string
	UserinfoURL      string // "" when the issuer has none
	JWKSURL          string
	// what it signs ID tokens with; RS256 when discovery does not tell, any when there is no
	// discovery
	Algorithms []string
	TokenAuth  []string // how clients may authenticate at the token endpoint; nil when not told
	RequireIss bool     // every callback carries iss (RFC 9207 § 3)

	PushURL     string   // takes pushed authorization requests (RFC 9126 § 5); "" when the issuer does not
	RequirePush bool     // and takes no others
	Proofs      []string // the algorithms of the proofs that it takes (RFC 9449 § 5.1); nil when not told
	Aliases     Aliases
}

// Aliases are the endpoints for clients that present a certificate (RFC 8705 § 5). What is "" has
// none.
type Aliases struct{ TokenURL, UserinfoURL, PushURL string }

// WithCertificate returns the metadata with the endpoints for clients that present a certificate.
func (m *Metadata) WithCertificate() *Metadata {
	own := *m
	own.TokenURL = cmp.Or(m.Aliases.TokenURL, m.TokenURL)
	own.UserinfoURL = cmp.Or(m.Aliases.UserinfoURL, m.UserinfoURL)
	own.PushURL = cmp.Or(m.Aliases.PushURL, m.PushURL)
	return &own
}

func (m *Metadata) complete() bool {
	return m.AuthorizationURL != "" && m.TokenURL != "" && m.JWKSURL != ""
}

// discover fetches the metadata of an issuer (OpenID Connect Discovery 1.0 § 4).
func discover(ctx context.Context, client *http.Client, configured Metadata) (*Metadata, error) {
	body, err := get(ctx, client, configured.discoveryURL())
	if err != nil {
		return nil, err
	}
	answer, err := outbound.Object(body)
	if err != nil {
		return nil, err
	}
	issuer, err := agreed(configured.Issuer, text(answer["issuer"]))
	if err != nil {
		return nil, err
	}
	aliases, _ := answer["mtls_endpoint_aliases"].(map[string]any)
	return &Metadata{
		Issuer:           issuer,
		AuthorizationURL: text(answer["authorization_endpoint"]),
		TokenURL:         text(answer["token_endpoint"]),
		UserinfoURL:      text(answer["userinfo_endpoint"]),
		JWKSURL:          text(answer["jwks_uri"]),
		Algorithms:       texts(answer["id_token_signing_alg_values_supported"]),
		TokenAuth:        texts(answer["token_endpoint_auth_methods_supported"]),
		RequireIss:       answer["authorization_response_iss_parameter_supported"] == true,
		PushURL:          text(answer["pushed_authorization_request_endpoint"]),
		RequirePush:      answer["require_pushed_authorization_requests"] == true,
		Proofs:           texts(answer["dpop_signing_alg_values_supported"]),
		Aliases: Aliases{
			TokenURL: text(aliases["token_endpoint"]), UserinfoURL: text(aliases["userinfo_endpoint"]),
			PushURL: text(aliases["pushed_authorization_request_endpoint"]),
		},
	}, nil
}

func (m *Metadata) discoveryURL() string {
	if m.DiscoveryURL != "" {
		return m.DiscoveryURL
	}
	return strings.TrimSuffix(m.Issuer, "/") + "/.well-known/openid-configuration"
}

// agreed is the issuer that tokens must carry, when the configured one is not contradicted by what
// was discovered: exactly it (Section 4.3), or for a service with tenants its text with other names
// in the braces, or the issuer of one tenant, which then is the only one.
func agreed(configured, discovered string) (string, error) {
	switch {
	case discovered == configured || HasClaims(configured) && sameIdentifier(configured, discovered):
		return configured, nil
	case HasClaims(configured) && Fits(configured, discovered):
		return discovered, nil
	}
	return "", errors.New("discovered issuer is not the configured one")
}

func (m *Metadata) override(by Metadata) {
	set := func(to *string, v string, alias *string) {
		if v != "" {
			*to, *alias = v, ""
		}
	}
	var none string
	m.AllowedIssuers = by.AllowedIssuers
	set(&m.AuthorizationURL, by.AuthorizationURL, &none)
	set(&m.TokenURL, by.TokenURL, &m.Aliases.TokenURL)
	set(&m.UserinfoURL, by.UserinfoURL, &m.Aliases.UserinfoURL)
	set(&m.PushURL, by.PushURL, &m.Aliases.PushURL)
	set(&m.JWKSURL, by.JWKSURL, &none)
	if by.Algorithms != nil {
		m.Algorithms = by.Algorithms
	}
	if by.TokenAuth != nil {
		m.TokenAuth = by.TokenAuth
	}
	m.RequireIss = m.RequireIss || by.RequireIss
}

// check reports the first endpoint that is missing or must not be called.
func (m *Metadata) check() error {
	for _, e := range []struct {
		name, url string
		optional  bool
	}{
		{"authorization_endpoint", m.AuthorizationURL, false},
		{"token_endpoint", m.TokenURL, false},
		{"userinfo_endpoint", m.UserinfoURL, true},
		{"jwks_uri", m.JWKSURL, false},
		{"pushed_authorization_request_endpoint", m.PushURL, true},
		{"mtls_endpoint_aliases: token_endpoint", m.Aliases.TokenURL, true},
		{"mtls_endpoint_aliases: userinfo_endpoint", m.Aliases.UserinfoURL, true},
		{"mtls_endpoint_aliases: pushed_authorization_request_endpoint", m.Aliases.PushURL, true},
	} {
		if e.url == "" && e.optional {
			continue
		}
		if err := outbound.Endpoint(e.url); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	resp, err := outbound.Do(client, req)
	if err != nil {
		return nil, err
	}
	if resp.Status != http.StatusOK {
		return nil, fmt.Errorf("status %d", resp.Status)
	}
	return resp.Body, nil
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		if s := text(e); s != "" {
			out = append(out, s)
		}
	}
	return out
}
