package oidc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cardea-auth/cardea/internal/jsonvalue"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// Metadata is what a relying party must know of an issuer (OpenID Connect Discovery 1.0 § 3).
type Metadata struct {
	// Issuer is the issuer identifier, or a template with claims in braces if each tenant has an
	// issuer of its own.
	Issuer string

	// IssuerAlias is another spelling of Issuer that tokens may contain; "" if there is none. Only
	// for an Issuer that is not a template.
	IssuerAlias string

	// AllowedIssuers are the identifiers accepted for a template. Defaults to all that match it.
	AllowedIssuers []string

	// DiscoveryURL is the URL of the discovery document. Defaults to Issuer followed by
	// /.well-known/openid-configuration.
	DiscoveryURL string

	AuthorizationURL string // the authorization endpoint
	TokenURL         string // the token endpoint
	UserinfoURL      string // the userinfo endpoint; "" if the issuer has none
	JWKSURL          string // the URL of the issuer's keys

	// Algorithms are those with which the issuer signs ID tokens. If there are none, RS256 is
	// accepted after discovery, and every asymmetric algorithm without discovery.
	Algorithms []string

	// TokenAuthMethods are those by which clients may authenticate at the token endpoint; nil if
	// the issuer does not publish them.
	TokenAuthMethods []string

	// AssertionAlgorithms are those that the token endpoint accepts for the assertions of clients;
	// nil if the issuer does not publish them.
	AssertionAlgorithms []string

	// RequireIss says that every authorization response has the parameter iss (RFC 9207 § 3).
	RequireIss bool

	// PushURL is the endpoint of pushed authorization requests (RFC 9126 § 5); "" if the issuer has
	// none.
	PushURL string

	// RequirePush says that the issuer accepts no other authorization requests.
	RequirePush bool

	// ProofAlgorithms are those that the issuer accepts for DPoP proofs (RFC 9449 § 5.1); nil if it
	// does not publish them.
	ProofAlgorithms []string

	// Claims are the names of claims of which the issuer may send values; nil if it does not
	// publish them.
	Claims []string

	// Aliases are the endpoints for clients that present a certificate.
	Aliases Aliases
}

// Aliases are the endpoints for clients that present a certificate (RFC 8705 § 5). An endpoint
// without an alias is "".
type Aliases struct {
	TokenURL    string // replaces Metadata.TokenURL
	UserinfoURL string // replaces Metadata.UserinfoURL
	PushURL     string // replaces Metadata.PushURL
}

// WithCertificate returns a copy of the metadata that has the endpoints for clients that present a
// certificate.
func (m *Metadata) WithCertificate() *Metadata {
	c := *m
	c.TokenURL = cmp.Or(m.Aliases.TokenURL, m.TokenURL)
	c.UserinfoURL = cmp.Or(m.Aliases.UserinfoURL, m.UserinfoURL)
	c.PushURL = cmp.Or(m.Aliases.PushURL, m.PushURL)
	return &c
}

// complete reports whether the metadata suffice without discovery.
func (m *Metadata) complete() bool {
	return m.AuthorizationURL != "" && m.TokenURL != "" && m.JWKSURL != ""
}

// discover fetches the metadata of an issuer (OpenID Connect Discovery 1.0 § 4).
func discover(ctx context.Context, client *http.Client, configured Metadata) (*Metadata, error) {
	body, err := get(ctx, client, configured.discoveryURL())
	if status := (statusError)(0); errors.As(err, &status) && status == http.StatusNotFound {
		return nil, fmt.Errorf("%w; Issuer must be the URL below which the provider has "+
			"/.well-known/openid-configuration", err)
	}
	if err != nil {
		return nil, err
	}
	answer, err := outbound.Object(body)
	if err != nil {
		return nil, err
	}
	issuer, err := agreedIssuer(configured.Issuer, jsonvalue.String(answer["issuer"]))
	if err != nil {
		return nil, err
	}
	aliases, _ := answer["mtls_endpoint_aliases"].(map[string]any)
	return &Metadata{
		Issuer:              issuer,
		AuthorizationURL:    jsonvalue.String(answer["authorization_endpoint"]),
		TokenURL:            jsonvalue.String(answer["token_endpoint"]),
		UserinfoURL:         jsonvalue.String(answer["userinfo_endpoint"]),
		JWKSURL:             jsonvalue.String(answer["jwks_uri"]),
		Algorithms:          stringsOf(answer["id_token_signing_alg_values_supported"]),
		TokenAuthMethods:    stringsOf(answer["token_endpoint_auth_methods_supported"]),
		AssertionAlgorithms: stringsOf(answer["token_endpoint_auth_signing_alg_values_supported"]),
		RequireIss:          answer["authorization_response_iss_parameter_supported"] == true,
		PushURL:             jsonvalue.String(answer["pushed_authorization_request_endpoint"]),
		RequirePush:         answer["require_pushed_authorization_requests"] == true,
		ProofAlgorithms:     stringsOf(answer["dpop_signing_alg_values_supported"]),
		Claims:              stringsOf(answer["claims_supported"]),
		Aliases: Aliases{
			TokenURL:    jsonvalue.String(aliases["token_endpoint"]),
			UserinfoURL: jsonvalue.String(aliases["userinfo_endpoint"]),
			PushURL:     jsonvalue.String(aliases["pushed_authorization_request_endpoint"]),
		},
	}, nil
}

func (m *Metadata) discoveryURL() string {
	if m.DiscoveryURL != "" {
		return m.DiscoveryURL
	}
	return strings.TrimSuffix(m.Issuer, "/") + "/.well-known/openid-configuration"
}

// agreedIssuer returns the issuer, or the template of issuers, that tokens must have. The
// discovered issuer must be one of these:
//
//   - exactly the configured one (Section 4.3)
//   - the configured template, with other names in the braces
//   - the issuer of one tenant that matches the configured template; it is then the only one
//     accepted
func agreedIssuer(configured, discovered string) (string, error) {
	switch {
	case discovered == configured || HasPlaceholders(configured) && sameTemplate(configured, discovered):
		return configured, nil
	case HasPlaceholders(configured) && MatchesTemplate(configured, discovered):
		return discovered, nil
	}
	return "", fmt.Errorf("discovered issuer is not the configured one; set Issuer to exactly what the provider says%s",
		quoted(discovered))
}

// quoted returns an issuer for an error, if it is a URL of the usual kind. A hostile document may
// have any text there.
func quoted(issuer string) string {
	if outbound.CheckEndpoint(issuer) != nil || len(issuer) > 200 || strings.ContainsFunc(issuer, func(r rune) bool {
		return r <= ' ' || r >= 0x7f
	}) {
		return ""
	}
	return ", " + issuer
}

// override replaces discovered metadata by what is set in configured. An endpoint that is
// configured is also used by clients that present a certificate, so it has no alias.
func (m *Metadata) override(configured Metadata) {
	set := func(to *string, value string, alias *string) {
		if value != "" {
			*to, *alias = value, ""
		}
	}
	var noAlias string
	m.IssuerAlias, m.AllowedIssuers = configured.IssuerAlias, configured.AllowedIssuers
	set(&m.AuthorizationURL, configured.AuthorizationURL, &noAlias)
	set(&m.TokenURL, configured.TokenURL, &m.Aliases.TokenURL)
	set(&m.UserinfoURL, configured.UserinfoURL, &m.Aliases.UserinfoURL)
	set(&m.PushURL, configured.PushURL, &m.Aliases.PushURL)
	set(&m.JWKSURL, configured.JWKSURL, &noAlias)
	if configured.Algorithms != nil {
		m.Algorithms = configured.Algorithms
	}
	if configured.TokenAuthMethods != nil {
		m.TokenAuthMethods = configured.TokenAuthMethods
	}
	m.RequireIss = m.RequireIss || configured.RequireIss
}

// check returns an error for the first endpoint that is missing or that must not be called.
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
		if err := outbound.CheckEndpoint(e.url); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

// get returns the body of the document at a URL. Any status but 2xx is an error.
func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	resp, err := outbound.Do(client, req)
	if err != nil {
		return nil, err
	}
	if !resp.OK() {
		return nil, statusError(resp.Status)
	}
	return resp.Body, nil
}

// statusError is an HTTP status that is not 2xx.
type statusError int

// Error returns the number.
func (e statusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// stringsOf returns those elements of a JSON array that are strings and not empty.
func stringsOf(v any) []string {
	list, _ := v.([]any)
	var all []string
	for _, e := range list {
		if s := jsonvalue.String(e); s != "" {
			all = append(all, s)
		}
	}
	return all
}
