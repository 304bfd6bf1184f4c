package oidc

import (
	"crypto/elliptic"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

const tenants = "https://login.example/{tid}/v2.0"

func TestMatchesTemplate(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		identifier, issuer string
		want               bool
	}{
		{"https://idp.example", "https://idp.example", true},
		{"https://idp.example", "https://idp.example/", false},
		{tenants, "https://login.example/a-b/v2.0", true},
		{tenants, "https://login.example/contoso.example/v2.0", true},
		{tenants, "https://login.example//v2.0", false},
		{tenants, "https://login.example/../v2.0", false},
		{tenants, "https://login.example/a/b/v2.0", false},
		{tenants, "https://login.example/a/v2.0/", false},
		{tenants, "https://login.example/a/v2.0/more/v2.0", false},
		{tenants, "https://login.example/a%2Fb/v2.0", false},
		{tenants, "https://login.example/a?b/v2.0", false},
		{tenants, "https://evil.example/a/v2.0", false},
		{tenants, tenants, false},
		{"https://idp.example/{tid}", "https://idp.example/a", true},
		{"https://idp.example/{tid}", "https://idp.example/", false},
		{"https://idp.example/t-{tid}-x/{org}", "https://idp.example/t-1-x/o", true},
		{"https://idp.example/t-{tid}-x/{org}", "https://idp.example/t-1-y/o", false},
	} {
		if got := MatchesTemplate(test.identifier, test.issuer); got != test.want {
			t.Errorf("MatchesTemplate(%q, %q) = %v", test.identifier, test.issuer, got)
		}
	}
}

func TestAgreedIssuer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ configured, discovered, want string }{
		{"https://idp.example", "https://idp.example", "https://idp.example"},
		{"https://idp.example", "https://idp.example/", ""},
		{"https://idp.example", "https://idp.example{x}", ""},
		{tenants, tenants, tenants},
		{tenants, "https://login.example/{tenantid}/v2.0", tenants},
		{tenants, "https://login.example/a/v2.0", "https://login.example/a/v2.0"},
		{tenants, "https://login.example/{tenantid}/v1.0", ""},
		{tenants, "https://evil.example/{tenantid}/v2.0", ""},
		{tenants, "", ""},
		// only a configured issuer can be a template
		{"https://login.example/a/v2.0", "https://login.example/{tenantid}/v2.0", ""},
	} {
		got, err := agreedIssuer(test.configured, test.discovered)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("agreedIssuer(%q, %q) = %q, %v", test.configured, test.discovered, got, err)
		}
	}
}

// Supabase Auth CVE-2026-31813, and what Microsoft requires of multi-tenant applications: the
// issuer must be that of the tenant that the token names.
func TestTokensOfTenants(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	set := NewKeySet(newKeyServer(t, public(key, "k")).url, outbound.Client(true), clock)
	for _, test := range []struct {
		iss, tid any
		allowed  []string
		want     bool
	}{
		{"https://login.example/a/v2.0", "a", nil, true},
		{"https://login.example/a/v2.0", "a", []string{"https://login.example/b/v2.0", "https://login.example/a/v2.0"},
			true},
		{"https://login.example/a/v2.0", "a", []string{"https://login.example/b/v2.0"}, false},
		{"https://login.example/a/v2.0", "b", nil, false},
		{"https://login.example/a/v2.0", nil, nil, false},
		{"https://login.example/a/v2.0", 1, nil, false},
		{"https://login.example//v2.0", "", nil, false},
		{"https://login.example/a/b/v2.0", "a/b", nil, false},
		{"https://login.example/../v2.0", "..", nil, false},
		{tenants, "{tid}", nil, false},
		{"https://evil.example/a/v2.0", "a", nil, false},
	} {
		e := expect()
		e.Issuer, e.AllowedIssuers = tenants, test.allowed
		token := sign(t, jose.ES256, key, "k", "iss", test.iss, "tid", test.tid)
		if !test.want {
			wantRefusal(t, set, token, e, "iss")
		} else if _, err := set.Verify(t.Context(), token, e); err != nil {
			t.Error(err)
		}
	}
}

// A key of one tenant must not be accepted for another. That it was, once allowed attackers to open
// accounts of companies with a stolen key for personal accounts.
func TestKeysOfTenants(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	raw, err := json.Marshal(public(key, "k"))
	if err != nil {
		t.Fatal(err)
	}
	e := expect()
	e.Issuer = tenants
	token := sign(t, jose.ES256, key, "k", "iss", "https://login.example/a/v2.0", "tid", "a")
	for issuer, want := range map[string]bool{
		`"https://login.example/{tenantid}/v2.0"`: true,
		`"https://login.example/a/v2.0"`:          true,
		`"https://login.example/b/v2.0"`:          false,
		`"https://evil.example/{tenantid}/v2.0"`:  false,
		`""`:                                      true,
		`7`:                                       true,
	} {
		jwk := json.RawMessage(strings.Replace(string(raw), "{", `{"issuer":`+issuer+`,`, 1))
		set := NewKeySet(newKeyServer(t, jwk).url, outbound.Client(true), clock)
		if !want {
			wantRefusal(t, set, token, e, "iss")
		} else if _, err := set.Verify(t.Context(), token, e); err != nil {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}

func TestDiscoveryURL(t *testing.T) {
	t.Parallel()
	var requested string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requested = r.RequestURI
		fmt.Fprint(w, `{"issuer":"https://idp.example/tenant/",`+
			`"authorization_endpoint":"https://idp.example/a","token_endpoint":"https://idp.example/t",`+
			`"jwks_uri":"https://idp.example/k"}`)
	}))
	t.Cleanup(server.Close)
	configured := Metadata{
		Issuer:       "https://idp.example/tenant/",
		DiscoveryURL: server.URL + "/flow/.well-known/openid-configuration?p=flow",
	}
	m, err := NewIssuer(configured, outbound.Client(true), clock).Metadata(t.Context())
	if err != nil || requested != "/flow/.well-known/openid-configuration?p=flow" ||
		m.Issuer != "https://idp.example/tenant/" || m.UserinfoURL != "" {
		t.Errorf("requested %s, got %+v, %v", requested, m, err)
	}
	configured.Issuer = "https://idp.example/tenant"
	if m, err := NewIssuer(configured, outbound.Client(true), clock).Metadata(t.Context()); err == nil {
		t.Errorf("document of another issuer: got %+v", m)
	}
}
