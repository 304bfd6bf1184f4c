package oidc_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/oidc"
	"github.com/cardea-auth/cardea/internal/outbound"
)

// metadataOf returns the metadata from a discovery document with these additional members.
func metadataOf(t *testing.T, more map[string]any, configured oidc.Metadata) (*oidc.Metadata, error) {
	t.Helper()
	document := map[string]any{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(document)
	}))
	t.Cleanup(server.Close)
	document["issuer"] = server.URL
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"} {
		document[name] = "https://idp.example/" + name
	}
	for name, value := range more {
		document[name] = value
	}
	configured.Issuer = server.URL
	return oidc.NewIssuer(configured, outbound.Client(true), time.Now).Metadata(t.Context())
}

func TestAliasesForCertificates(t *testing.T) {
	t.Parallel()
	const push = "pushed_authorization_request_endpoint"
	more := map[string]any{
		push: "https://idp.example/par",
		"mtls_endpoint_aliases": map[string]any{
			"token_endpoint": "https://mtls.example/token", push: "https://mtls.example/par",
		},
	}
	m, err := metadataOf(t, more, oidc.Metadata{})
	if err != nil {
		t.Fatal(err)
	}
	if m.TokenURL != "https://idp.example/token_endpoint" || m.PushURL != "https://idp.example/par" || m.RequirePush {
		t.Errorf("without a certificate: %+v", m)
	}
	with := m.WithCertificate()
	if with.TokenURL != "https://mtls.example/token" || with.PushURL != "https://mtls.example/par" ||
		with.UserinfoURL != m.UserinfoURL {
		t.Errorf("with a certificate: %+v", with)
	}
	m, err = metadataOf(t, more, oidc.Metadata{
		TokenURL: "https://own.example/token", PushURL: "https://own.example/par",
	})
	if err != nil {
		t.Fatal(err)
	}
	if with := m.WithCertificate(); with.TokenURL != "https://own.example/token" ||
		with.PushURL != "https://own.example/par" {
		t.Errorf("a configured endpoint is replaced: %+v", with)
	}
}

// These members count only if they are the boolean true, because they change the authorization
// request.
func TestWhatAnIssuerRequires(t *testing.T) {
	t.Parallel()
	for _, value := range []any{true, false, "true", 1, nil} {
		m, err := metadataOf(t, map[string]any{
			"require_pushed_authorization_requests": value, "authorization_response_iss_parameter_supported": value,
		}, oidc.Metadata{})
		if want := value == true; err != nil || m.RequirePush != want || m.RequireIss != want {
			t.Errorf("%v: got %+v, %v", value, m, err)
		}
	}
}

func TestUnsafeAliasesAreRefused(t *testing.T) {
	t.Parallel()
	for _, more := range []map[string]any{
		{"pushed_authorization_request_endpoint": "http://idp.example/par"},
		{"mtls_endpoint_aliases": map[string]any{"token_endpoint": "http://idp.example/token"}},
		{"mtls_endpoint_aliases": map[string]any{"userinfo_endpoint": "ftp://idp.example/"}},
	} {
		if m, err := metadataOf(t, more, oidc.Metadata{}); err == nil {
			t.Errorf("%v: got %+v", more, m)
		}
	}
}
