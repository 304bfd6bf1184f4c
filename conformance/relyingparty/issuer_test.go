package relyingparty_test

import (
	"testing"
	"time"

	"github.com/cardea-auth/cardea/cardeatest"
)

// TestTestIssuer signs in with go-oidc and x/oauth2 at cardeatest.Issuer, which the other tests of
// Cardea take for a correct OpenID provider.
func TestTestIssuer(t *testing.T) {
	t.Parallel()
	for _, signer := range signers {
		t.Run(signer.algorithm, func(t *testing.T) {
			issuer := cardeatest.NewIssuer(t, cardeatest.Person{Subject: "ann", Email: "ann@example.com"})
			issuer.SignWith(signer.algorithm)
			s := &scenario{
				issuer: issuer.URL, clientID: issuer.ClientID, secret: issuer.ClientSecret, now: time.Now(),
				userinfo: jsonAnswer(object{}), // the issuer answers; this has it requested
			}
			for _, s.post = range []bool{false, true} {
				token, err := goOIDC(t.Context(), s, "http://127.0.0.1:1/callback")
				if err != nil {
					t.Fatal(err)
				}
				if token.subject != "ann" || token.email != "ann@example.com" || token.kind != "bearer" ||
					token.expires == "" {
					t.Errorf("secret in the body %v: %+v", s.post, token)
				}
			}
		})
	}
}
