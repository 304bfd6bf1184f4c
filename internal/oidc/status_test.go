package oidc

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

// OpenID Connect Discovery 1.0 § 4.2 says 200. A cache on the way may make 203 of it (RFC 9110
// § 15.3.4).
func TestAnySuccessfulStatusWithADocumentIsAccepted(t *testing.T) {
	t.Parallel()
	key := edKey(t)
	for _, status := range []int{200, 201, 202, 203, 206, 299, 204, 304, 404, 500} {
		var document any
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			json.NewEncoder(w).Encode(document)
		}))
		t.Cleanup(server.Close)
		want := status < 300 && status != http.StatusNoContent

		document = map[string]any{"keys": []any{public(key, "k")}}
		_, err := NewKeySet(server.URL, outbound.Client(true), clock).
			Verify(t.Context(), sign(t, jose.EdDSA, key, "k"), expect())
		if (err == nil) != want {
			t.Errorf("keys with status %d: %v", status, err)
		}

		document = map[string]any{
			"issuer": server.URL, "authorization_endpoint": server.URL, "token_endpoint": server.URL,
			"jwks_uri": server.URL,
		}
		_, err = NewIssuer(Metadata{Issuer: server.URL}, outbound.Client(true), time.Now).Metadata(t.Context())
		if (err == nil) != want {
			t.Errorf("metadata with status %d: %v", status, fmt.Sprint(err))
		}
	}
}
