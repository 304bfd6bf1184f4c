package oidc

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

// fixedResponse is a transport that always returns a response with this body.
type fixedResponse string

func (body fixedResponse) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(body))), Header: http.Header{},
		Request: r,
	}, nil
}

// Keycloak CVE-2024-10270, for any discovery document: metadata that are accepted are those of the
// configured issuer, and requests may be sent to all of its endpoints.
func FuzzDiscovery(f *testing.F) {
	const issuer = "https://idp.example"
	const good = `{"issuer":"https://idp.example","authorization_endpoint":"https://idp.example/a",` +
		`"token_endpoint":"https://idp.example/t","jwks_uri":"https://idp.example/k"`
	for _, seed := range []string{
		good + "}", good + `,"userinfo_endpoint":"javascript:1"}`,
		good + `,"userinfo_endpoint":"https://u:p@idp.example"}`, good + `,"jwks_uri":"http://idp.example/k"}`,
		good + `,"issuer":"https://idp.example/"}`,
		good + `,"id_token_signing_alg_values_supported":["none",1,null],"token_endpoint_auth_methods_supported":"x"}`,
		good + `,"token_endpoint":"file:///etc/passwd"}`, good + `,"token_endpoint":"https://idp.example/\n"}`,
		good + `,"token_endpoint":["https://idp.example"]}`, "[]", "null", "", "{", good,
		good + `,"jwks_uri":"http://evil-localhost/k"}`, good + `,"jwks_uri":"https://idp.example/k#"}`,
		good + `,"pushed_authorization_request_endpoint":"http://idp.example/p"}`,
		good + `,"mtls_endpoint_aliases":{"token_endpoint":"http://idp.example/t"}}`,
		good + `,"mtls_endpoint_aliases":{"userinfo_endpoint":"ftp://idp.example/u"}}`,
		good + `,"mtls_endpoint_aliases":{"pushed_authorization_request_endpoint":"https://u:p@idp.example/p"}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		m, err := NewIssuer(Metadata{Issuer: issuer}, &http.Client{Transport: fixedResponse(body)},
			clock).Metadata(t.Context())
		if (m == nil) == (err == nil) || body == good+"}" && err != nil || err != nil &&
			strings.Contains(err.Error(), "panicked") {
			t.Fatalf("got %v and %v", m, err)
		}
		if err != nil {
			return
		}
		if m.Issuer != issuer {
			t.Errorf("issuer %q", m.Issuer)
		}
		with := m.WithCertificate()
		for name, endpoint := range map[string]string{
			"authorization": m.AuthorizationURL, "token": m.TokenURL, "keys": m.JWKSURL,
			"userinfo, if any": m.UserinfoURL, "push, if any": m.PushURL,
			"token with a certificate": with.TokenURL, "userinfo with one, if any": with.UserinfoURL,
			"push with one, if any": with.PushURL,
		} {
			if endpoint == "" && strings.HasSuffix(name, "if any") {
				continue
			}
			u, err := url.Parse(endpoint)
			if err != nil || u.Host == "" || u.User != nil || strings.Contains(endpoint, "#") || u.Scheme != "https" &&
				!(u.Scheme == "http" && loopback(u.Hostname())) {
				t.Errorf("%s: %q", name, endpoint)
			}
		}
	})
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	addr, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && addr.Unmap().IsLoopback()
}

// jwx CVE-2023-49290 and CVE-2024-28122, go-jose CVE-2025-27144, for any key set: a token is
// verified only by the key that signed it.
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
		"KEY", `{"kty":"OKP","crv":"Ed25519","kid":"k","use":"enc","x":"MEMBER"}`,
		`{"kty":"OKP","crv":"Ed25519","kid":"k","alg":"ES256","x":"MEMBER"}`,
		`{"kty":"OKP","crv":"Ed25519","kid":"K","x":"MEMBER"}`,
		`{"kty":"OKP","crv":"Ed25519","kid":"k","issuer":"https://other.example","x":"MEMBER"}`,
		`{"kty":"OKP","crv":"Ed25519","kid":"k","x":""}`, `{"kty":"OKP","crv":"Ed25519","kid":[],"x":"MEMBER=="}`,
		`{"kty":"OKP","crv":"Ed25519","alg":["Ed25519"],"use":["sig"],"x5c":["AAAA"],"x":"MEMBER\n"}`,
		`{"kty":"OKP","crv":["Ed25519"],"kid":1,"x":["MEMBER"]}`, `{"kty":"OKP","crv":"Ed25519","d":1,"x":"MEMBER"}`,
		`{"kty":"OKP","crv":"Ed25519","kid":"k","x":"` + strings.Repeat("A", 43) + `"}`,
		`{"kty":"oct","k":"AAAA","kid":"k","alg":"EdDSA"}`,
		`{"kty":"RSA","kid":"k","n":"AQ","e":"AQ"}`, `{"kty":"EC","crv":"P-256","kid":"k","x":"AA","y":"AA"}`,
		`{"kty":"OKP","crv":"X25519","kid":"k","x":"MEMBER"}`,
		`{"kty":"oct","x5c":["AA=="],"x5u":"https://evil.example"}`,
		"null", "1", "KEY,KEY", strings.Repeat("KEY,", 100) + "KEY",
	} {
		f.Add(`{"keys":[` + seed + `]}`)
	}
	f.Add("[]")
	f.Add(`{"keys":{}}`)
	f.Fuzz(func(t *testing.T, body string) {
		good := body == `{"keys":[KEY]}`
		// each process of the fuzzer has another key
		body = strings.NewReplacer("KEY", string(published), "MEMBER", member.X).Replace(body)
		set := NewKeySet("https://idp.example/k", &http.Client{Transport: fixedResponse(body)}, clock)
		claims, err := set.Verify(t.Context(), token, expect())
		if (claims == nil) == (err == nil) || good && err != nil || err != nil &&
			strings.Contains(err.Error(), "panicked") {
			t.Fatalf("got %v and %v", claims, err)
		}
		if err == nil && !mayVerify(body, member.X) {
			t.Errorf("verified with %s", body)
		}
	})
}

// mayVerify reports whether a key set contains the key x for tokens that meet expect.
func mayVerify(body, x string) bool {
	var set struct{ Keys []json.RawMessage }
	if outbound.Decode([]byte(body), &set) != nil {
		return false
	}
	want, _ := base64.RawURLEncoding.DecodeString(x)
	return slices.ContainsFunc(set.Keys, func(raw json.RawMessage) bool {
		var k map[string]any
		_ = json.Unmarshal(raw, &k)
		have := base64Only.ReplaceAllString(fmt.Sprint(k["x"]), "")
		b, _ := base64.RawStdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(have))
		return bytes.Equal(b, want) && k["kty"] == "OKP" && k["crv"] == "Ed25519" && k["d"] == nil &&
			saysOnly(k["kid"], "k") && saysOnly(k["use"], "sig") && saysOnly(k["alg"], "EdDSA", "Ed25519") &&
			saysOnly(k["issuer"], expect().Issuer)
	})
}

var base64Only = regexp.MustCompile(`[^A-Za-z0-9+/_-]`)

// saysOnly reports whether a member of a key may be one of these texts, or none at all.
func saysOnly(v any, texts ...string) bool {
	if list, ok := v.([]any); ok {
		strings := slices.DeleteFunc(list, func(v any) bool { s, ok := v.(string); return !ok || s == "" })
		return len(strings) == 0 || slices.ContainsFunc(strings, func(v any) bool { return saysOnly(v, texts...) })
	}
	text, ok := v.(string)
	return !ok || text == "" || slices.Contains(texts, text)
}
