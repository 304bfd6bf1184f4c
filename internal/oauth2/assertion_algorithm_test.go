package oauth2_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/eddsa"
	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/go-jose/go-jose/v4"
)

// assertion returns the client assertion that is sent with a key to a server that accepts these
// algorithms.
func assertion(t *testing.T, key oauth2.Key, accepted []string) string {
	t.Helper()
	var sent string
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		sent = r.FormValue("client_assertion")
		io.WriteString(w, `{"access_token":"at"}`)
	})
	c.Auth, c.Key, c.Secret, c.Audience = oauth2.PrivateKeyJWT, key, "", "https://idp.example"
	c.AssertionAlgorithms = accepted
	if _, err := c.Exchange(t.Context(), "code", verifier); err != nil {
		t.Fatal(err)
	}
	return sent
}

func algorithmOf(t *testing.T, jwt string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(jwt[:strings.IndexByte(jwt, '.')])
	var header struct{ Alg string }
	if err != nil || json.Unmarshal(text, &header) != nil {
		t.Fatalf("%q is not a JWT", jwt)
	}
	return header.Alg
}

// OpenID Connect Discovery 1.0 § 3: token_endpoint_auth_signing_alg_values_supported. RFC 9864 §
// 2.2: Ed25519.
func TestAlgorithmOfAnAssertion(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curveKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		signer     crypto.Signer
		configured string
		accepted   []string
		want       string
	}{
		{private, "", nil, "EdDSA"},
		{private, "", []string{"RS256", "EdDSA"}, "EdDSA"},
		{private, "", []string{"Ed25519", "EdDSA"}, "EdDSA"},
		{private, "", []string{"RS256", "Ed25519"}, "Ed25519"},
		{private, "", []string{"RS256"}, "EdDSA"},
		{private, "EdDSA", []string{"Ed25519"}, "EdDSA"},
		{private, "Ed25519", nil, "Ed25519"},
		{private, "Ed25519", []string{"EdDSA"}, "Ed25519"},
		{rsaKey, "", []string{"PS256", "ES256"}, "PS256"},
		{rsaKey, "", []string{"PS256", "RS256"}, "RS256"},
		{rsaKey, "", []string{"Ed25519"}, "RS256"},
		{rsaKey, "PS256", []string{"RS256"}, "PS256"},
		{curveKey, "", []string{"Ed25519"}, "ES256"},
	} {
		jwt := assertion(t, oauth2.Key{Signer: test.signer, Algorithm: test.configured}, test.accepted)
		if got := algorithmOf(t, jwt); got != test.want {
			t.Errorf("%q with %q: got %s, want %s", test.configured, test.accepted, got, test.want)
		}
		jws, err := jose.ParseSignedCompact(jwt, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(test.want)})
		if err != nil {
			t.Fatal(err)
		}
		key := any(test.signer.Public())
		if _, ok := key.(ed25519.PublicKey); ok {
			key = eddsa.Verifier(public)
		}
		if _, err := jws.Verify(key); err != nil {
			t.Errorf("%s: %v", test.want, err)
		}
	}
	for _, key := range []oauth2.Key{
		{Signer: private, Algorithm: "Ed448"}, {Signer: private, Algorithm: "ed25519"},
		{Signer: rsaKey, Algorithm: "Ed25519"}, {Signer: curveKey, Algorithm: "EdDSA"},
	} {
		if key.Check() == nil {
			t.Errorf("%s was accepted for a %T", key.Algorithm, key.Signer)
		}
	}
}
