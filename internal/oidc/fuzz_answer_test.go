package oidc

import (
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// answering is a transport to a server that answers everything alike.
type answering string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(a))), Header: http.Header{}, Request: r}, nil
}

// Evil-OP and Keycloak CVE-2024-10270, for any discovery document: what it tells is of the configured issuer, and all of it may be called.
func FuzzDiscovery(f *testing.F) {
	const issuer = "https://idp.example"
	const good = `{"issuer":"https://idp.example","authorization_endpoint":"https://idp.example/a","token_endpoint":"https://idp.example/t","jwks_uri":"https://idp.example/k"`
	for _, seed := range []string{
		good + "}", good + `,"userinfo_endpoint":"javascript:1"}`, good + `,"userinfo_endpoint":"https://u:p@idp.example"}`, good + `,"jwks_uri":"http://idp.example/k"}`,
		good + `,"issuer":"https://idp.example/"}`, good + `,"id_token_signing_alg_values_supported":["none",1,null],"token_endpoint_auth_methods_supported":"x"}`,
		good + `,"token_endpoint":"file:///etc/passwd"}`, good + `,"token_endpoint":"https://idp.example/\n"}`, good + `,"token_endpoint":["https://idp.example"]}`, "[]", "null", "", "{", good,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		m, err := NewIssuer(Metadata{Issuer: issuer}, &http.Client{Transport: answering(body)}, clock).Metadata(t.Context())
		if (m == nil) == (err == nil) {
			t.Fatalf("got %v and %v", m, err)
		}
		if err != nil {
			return
		}
		if m.Issuer != issuer {
			t.Errorf("issuer %q", m.Issuer)
		}
		for name, endpoint := range map[string]string{"authorization": m.AuthorizationURL, "token": m.TokenURL, "keys": m.JWKSURL, "userinfo": m.UserinfoURL} {
			if endpoint == "" && name == "userinfo" {
				continue
			}
			u, err := url.Parse(endpoint)
			if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
				t.Errorf("%s: %q", name, endpoint)
			}
		}
	})
}

// loopback reports whether a host is this machine's.
func loopback(host string) bool {
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	addr, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && addr.Unmap().IsLoopback()
}

// jwx CVE-2023-49290 and CVE-2024-28122, go-jose CVE-2025-27144, for any key set: a token is verified only by the key that has signed it.
func FuzzKeys(f *testing.F) {
	key := edKey(f)
	token := sign(f, jose.EdDSA, key, "k")
	published, err := public(key, "k").MarshalJSON()
	if err != nil {
		f.Fatal(err)
	}
	var member struct{ X string }
	if err := json.Unmarshal(published, &member); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"KEY", `{"kty":"OKP","crv":"Ed25519","kid":"k","x":""}`, `{"kty":"OKP","crv":"Ed25519","kid":"k","x":"` + strings.Repeat("A", 43) + `"}`, `{"kty":"oct","k":"AAAA","kid":"k","alg":"EdDSA"}`,
		`{"kty":"RSA","kid":"k","n":"AQ","e":"AQ"}`, `{"kty":"EC","crv":"P-256","kid":"k","x":"AA","y":"AA"}`, `{"kty":"OKP","crv":"X25519","kid":"k","x":"` + member.X + `"}`, `{"kty":"oct","x5c":["AA=="],"x5u":"https://evil.example"}`,
		"null", "1", "KEY,KEY", strings.Repeat("KEY,", 100) + "KEY",
	} {
		f.Add(`{"keys":[` + seed + `]}`)
	}
	f.Add("[]")
	f.Add(`{"keys":{}}`)
	f.Fuzz(func(t *testing.T, body string) {
		body = strings.ReplaceAll(body, "KEY", string(published)) // each process of the fuzzer has a key of its own
		set := NewKeySet("https://idp.example/k", &http.Client{Transport: answering(body)}, clock)
		claims, err := set.Verify(t.Context(), token, expect())
		if (claims == nil) == (err == nil) {
			t.Fatalf("got %v and %v", claims, err)
		}
		if err == nil && !strings.Contains(body, member.X) {
			t.Errorf("verified with %s", body)
		}
	})
}
