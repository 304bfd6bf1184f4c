package relyingparty

import (
	"encoding/base64"
	"testing"

	"github.com/cardea-auth/cardea/oauth"
)

// A refresh compares ID tokens that were accepted at the sign-in, with all that was let pass there.
func TestSamePersonInIDTokensWithControlCharacters(t *testing.T) {
	t.Parallel()
	token := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".AA"
	}
	c := &Client{Provider: &oauth.Provider{Issuer: "https://idp.example"}}
	before := token(`{"iss":"https://idp.example","sub":"1","name":"Ann"}`)
	for claims, want := range map[string]bool{
		"{\"iss\":\"https://idp.example\",\"sub\":\"1\",\"name\":\"An\x14n\"}": true,
		"{\"iss\":\"https://idp.example\",\"sub\":\"2\",\"name\":\"An\x14n\"}": false,
		"{\"iss\":\"https://idp.example\",\"su\x14b\":\"1\"}":                  false,
		"{\"iss\":\"https://idp.example\",\"sub\":\"1\"}{}":                    false,
		"{\"sub\":\"1\"}": false,
	} {
		if got := c.samePerson(token(claims), before); got != want {
			t.Errorf("%q: %v", claims, got)
		}
	}
}
