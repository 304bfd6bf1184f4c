package oauth2_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// RFC 7518 § 3.5: the salt of PS256 is as long as the hash. Servers such as oidc-provider refuse
// any other length.
func TestSaltOfPS256(t *testing.T) {
	t.Parallel()
	for _, bits := range []int{2048, 3072} { // a longer key has room for a longer salt
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		var assertion string
		c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
			assertion = r.FormValue("client_assertion")
			io.WriteString(w, `{"access_token":"at"}`)
		})
		c.Auth, c.Key, c.Audience = oauth2.PrivateKeyJWT, oauth2.Key{
			Signer: key, Algorithm: "PS256",
		}, "https://idp.example"
		if _, err := c.Exchange(t.Context(), "code", verifier); err != nil {
			t.Fatal(err)
		}
		dot := strings.LastIndexByte(assertion, '.')
		signed, signature := assertion[:dot], assertion[dot+1:]
		raw, err := base64.RawURLEncoding.DecodeString(signature)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(signed))
		options := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
		if err := rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, sum[:], raw, options); err != nil {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}
