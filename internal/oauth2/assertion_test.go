package oauth2_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/oauth2"
)

// RFC 7523 § 3, and what servers require beyond it: iat, and exp in the near future.
func TestClaimsOfAnAssertion(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	for _, method := range []string{oauth2.PrivateKeyJWT, oauth2.SecretJWT} {
		var sent []string
		c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
			sent = append(sent, r.FormValue("client_assertion"))
			io.WriteString(w, `{"access_token":"at"}`)
		})
		c.Auth, c.Key, c.Secret = method, oauth2.Key{Signer: key}, strings.Repeat("s", 32)
		c.Audience, c.Now = "https://idp.example", func() time.Time { return now }
		for range 2 {
			if _, err := c.Exchange(t.Context(), "code", verifier); err != nil {
				t.Fatal(err)
			}
		}
		ids := map[any]bool{}
		for _, assertion := range sent {
			claims := claimsOf(t, assertion)
			ids[claims["jti"]] = true
			delete(claims, "jti")
			for name, want := range map[string]any{
				"iss": c.ID, "sub": c.ID, "aud": "https://idp.example", "iat": float64(now.Unix()),
				"exp": float64(now.Unix() + 60),
			} {
				if claims[name] != want {
					t.Errorf("%s: %s is %v, want %v", method, name, claims[name], want)
				}
			}
		}
		if len(ids) != 2 || ids[nil] || ids[""] {
			t.Errorf("%s: the ids are %v", method, ids)
		}
	}
}

// Any server would accept an assertion without an audience. The error of a signer may contain what
// must not be logged.
func TestAssertionThatCannotBeMade(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*oauth2.Client){
		"there is no audience, because the server has no issuer": func(c *oauth2.Client) { c.Audience = "" },
		"the key cannot sign": func(c *oauth2.Client) { c.Key.Signer = brokenSigner{key} },
	} {
		c := newClient(t, func(http.ResponseWriter, *http.Request) { t.Errorf("%s: a request was made", want) })
		c.Auth, c.Key, c.Audience = oauth2.PrivateKeyJWT, oauth2.Key{Signer: key}, "https://idp.example"
		change(c)
		if token, err := c.Exchange(t.Context(), "code", verifier); err == nil ||
			!strings.HasSuffix(err.Error(), want) {
			t.Errorf("got %v, %v, want %s", token, err, want)
		}
	}
}

// brokenSigner is a key that fails to sign, with an error that must not be logged.
type brokenSigner struct{ crypto.Signer }

func (brokenSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the PIN 1234 is wrong")
}
