package provider_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/provider"
	"github.com/go-jose/go-jose/v4"
)

var appleKey = provider.AppleOptions{
	TeamID: "TEAM012345", KeyID: "KEY0123456", PrivateKey: p8(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
}

// p8 returns a key in the format of the files that Apple issues.
func p8(key any, err error) string {
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// The client secret is what Apple requires. Its age may be up to 15777000 seconds:
// https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
func TestAppleClientSecret(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	secret, expires, err := provider.Apple(provider.Client{ID: "com.example.web"},
		appleKey).ClientSecretFunc(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(secret, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(appleKey.PrivateKey))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := jws.Verify(key.(*ecdsa.PrivateKey).Public())
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Iss, Sub, Aud string
		Iat, Exp      int64
	}
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	if jws.Signatures[0].Protected.KeyID != "KEY0123456" || got.Iss != "TEAM012345" || got.Sub != "com.example.web" ||
		got.Aud != "https://appleid.apple.com" {
		t.Errorf("kid %q, claims %+v", jws.Signatures[0].Protected.KeyID, got)
	}
	if got.Iat != now.Unix() || got.Exp != expires.Unix() || got.Exp-got.Iat != 3600 {
		t.Errorf("from %d to %d, said to expire at %v", got.Iat, got.Exp, expires)
	}
}

// Apple documents email_verified both as a string and as a boolean.
func TestAppleVerifiesAddresses(t *testing.T) {
	t.Parallel()
	for verified, want := range map[any]bool{
		true: true, "true": true, false: false, "false": false, "": false, "yes": false, json.Number("1"): false,
		nil: false,
	} {
		got, err := provider.Apple(client, provider.AppleOptions{}).Profile(t.Context(),
			oauth.Claims{"sub": "7", "email_verified": verified})
		if err != nil || got.EmailVerified != want {
			t.Errorf("email_verified is %#v: got %v, %v", verified, got.EmailVerified, err)
		}
	}
}

func TestAppleOptionsAreChecked(t *testing.T) {
	t.Parallel()
	rsaText := p8(rsa.GenerateKey(rand.Reader, 2048))
	for name, test := range map[string]struct {
		change func(*provider.AppleOptions)
		secret string
		want   string
	}{
		"good":                {func(*provider.AppleOptions) {}, "", ""},
		"none, and a secret":  {func(o *provider.AppleOptions) { *o = provider.AppleOptions{} }, "a ready one", ""},
		"both":                {func(*provider.AppleOptions) {}, "a ready one", "both"},
		"no team":             {func(o *provider.AppleOptions) { o.TeamID = "" }, "", "TeamID"},
		"no key id":           {func(o *provider.AppleOptions) { o.KeyID = "" }, "", "KeyID"},
		"no key":              {func(o *provider.AppleOptions) { o.PrivateKey = "" }, "", ".p8"},
		"a file's name":       {func(o *provider.AppleOptions) { o.PrivateKey = "AuthKey_KEY0123456.p8" }, "", ".p8"},
		"another kind of key": {func(o *provider.AppleOptions) { o.PrivateKey = rsaText }, "", "P-256"},
		"another encoding": {func(o *provider.AppleOptions) {
			o.PrivateKey = "-----BEGIN X-----\nAAAA\n-----END X-----\n"
		}, "", "PKCS #8"},
	} {
		o := appleKey
		test.change(&o)
		err := provider.Apple(provider.Client{ID: "id", Secret: test.secret}, o).Err
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
