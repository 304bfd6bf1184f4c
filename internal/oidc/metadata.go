package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// Metadata is what a relying party must know of an issuer (OpenID Connect Discovery 1.0 § 3).
type Metadata struct {
	Issuer           string
	AuthorizationURL string
	TokenURL         string
	UserinfoURL      string // "" when the issuer has none
	JWKSURL          string
	Algorithms       []string // what it signs ID tokens with; RS256 when discovery does not tell, any when there is no discovery
	TokenAuth        []string // how clients may authenticate at the token endpoint; nil when not told
	RequireIss       bool     // every callback carries iss (RFC 9207 § 3)
}

func (m *Metadata) complete() bool {
	return m.AuthorizationURL != "" && m.TokenURL != "" && m.JWKSURL != ""
}

// discover fetches the metadata of an issuer (OpenID Connect Discovery 1.0 § 4).
func discover(ctx context.Context, client *http.Client, issuer string) (*Metadata, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.RawQuery != "" || u.ForceQuery {
		return nil, errors.New("issuer is not a URL without query")
	}
	body, err := get(ctx, client, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return nil, err
	}
	answer, err := outbound.Object(body)
	if err != nil {
		return nil, err
	}
	if answer["issuer"] != issuer {
		return nil, errors.New("discovered issuer is not the configured one") // Section 4.3: exactly
	}
	return &Metadata{
		Issuer:           issuer,
		AuthorizationURL: text(answer["authorization_endpoint"]),
		TokenURL:         text(answer["token_endpoint"]),
		UserinfoURL:      text(answer["userinfo_endpoint"]),
		JWKSURL:          text(answer["jwks_uri"]),
		Algorithms:       texts(answer["id_token_signing_alg_values_supported"]),
		TokenAuth:        texts(answer["token_endpoint_auth_methods_supported"]),
		RequireIss:       answer["authorization_response_iss_parameter_supported"] == true,
	}, nil
}

func (m *Metadata) override(by Metadata) {
	set := func(to *string, v string) {
		if v != "" {
			*to = v
		}
	}
	set(&m.AuthorizationURL, by.AuthorizationURL)
	set(&m.TokenURL, by.TokenURL)
	set(&m.UserinfoURL, by.UserinfoURL)
	set(&m.JWKSURL, by.JWKSURL)
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
	for _, e := range []struct{ name, url string }{
		{"authorization_endpoint", m.AuthorizationURL},
		{"token_endpoint", m.TokenURL},
		{"userinfo_endpoint", m.UserinfoURL},
		{"jwks_uri", m.JWKSURL},
	} {
		if e.url == "" && e.name == "userinfo_endpoint" {
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
