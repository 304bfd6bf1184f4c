package oidc

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

// go-jose CVE-2026-34986, CVE-2025-27144, CVE-2024-28180; jwx CVE-2023-49290, CVE-2024-21664,
// CVE-2024-28122; golang-jwt CVE-2025-30204: no token causes a panic, and none is accepted except
// the one that was signed.
func FuzzVerify(f *testing.F) {
	key := edKey(f)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		set, _ := public(key, "k").MarshalJSON()
		w.Write([]byte(`{"keys":[` + string(set) + `]}`))
	}))
	defer server.Close()
	set := NewKeySet(server.URL, outbound.Client(true), clock)
	good := sign(f, jose.EdDSA, key, "k")
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add(parts[0] + ".." + parts[2])
	for _, header := range []string{
		`{"alg":"none"}`, `{"alg":"HS256","kid":"k"}`, `{"alg":"EdDSA","jwk":{"kty":"OKP"}}`,
		`{"alg":"EdDSA","x5c":["AAAA"]}`,
		`{"alg":"PBES2-HS256+A128KW","p2c":2147483647}`, `{"alg":"EdDSA","crit":["b64"],"b64":false}`,
		`{"alg":"RS256"}`, `{"alg":"ES256","kid":null}`,
	} {
		f.Add(b64(header) + "." + parts[1] + "." + parts[2])
	}
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := set.Verify(t.Context(), token, expect())
		if (claims == nil) == (err == nil) {
			t.Fatalf("got %v and %v", claims, err)
		}
		if err == nil && token != good {
			t.Errorf("accepted %q", token)
		}
	})
}
