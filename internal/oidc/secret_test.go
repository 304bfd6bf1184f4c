package oidc

import (
	"crypto/elliptic"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

const clientSecret = "a client secret of 32 bytes, or more"

// Only the configuration decides whether tokens are signed with the secret or with a key of the
// issuer: neither the token nor the metadata do.
func TestTokensSignedWithTheSecret(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	server := newKeyServer(t, public(key, "k"))
	set := NewKeySet(server.url, outbound.Client(true), clock)
	e := expect()
	e.Secret, e.Algorithms = clientSecret, []string{"ES256"}
	token := sign(t, jose.HS256, []byte(clientSecret), "")
	if _, err := set.Verify(t.Context(), token, e); err != nil {
		t.Error(err)
	}
	wantRefusal(t, set, sign(t, jose.HS256, []byte(clientSecret+"x"), ""), e, "signature")
	wantRefusal(t, set, sign(t, jose.HS512, []byte(clientSecret+clientSecret), ""), e, "alg")
	wantRefusal(t, set, sign(t, jose.ES256, key, "k"), e, "alg")
	wantRefusal(t, set, sign(t, jose.HS256, []byte(clientSecret), "", "iss", "https://evil.example"), e, "iss")
	wantRefusal(t, set, sign(t, jose.HS256, []byte(clientSecret), "", "nonce", "another"), e, "nonce")
	if n := server.fetches.Load(); n != 0 {
		t.Errorf("the keys were fetched %d times", n)
	}

	plain := expect()
	plain.Algorithms = append([]string{"HS256"}, algorithms...)
	wantRefusal(t, set, token, plain, "alg")
}

func TestTokensWithoutNonce(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	set := NewKeySet(newKeyServer(t, public(key, "k")).url, outbound.Client(true), clock)
	e := expect()
	e.Nonce, e.SkipNonce = "", true
	for _, nonce := range []any{nil, "", "somebody else's"} {
		if _, err := set.Verify(t.Context(), sign(t, jose.ES256, key, "k", "nonce", nonce), e); err != nil {
			t.Error(err)
		}
	}
	e.Nonce = "nonce" // contradicts SkipNonce
	if claims, err := set.Verify(t.Context(), sign(t, jose.ES256, key, "k"), e); err == nil {
		t.Errorf("with both: got %v", claims)
	}
}

func TestSignedUserinfo(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	set := NewKeySet(newKeyServer(t, public(key, "k")).url, outbound.Client(true), clock)
	e := Expect{ClientID: "client", Issuer: "https://idp.example", Now: clock()}
	for name, token := range map[string]string{
		"":          sign(t, jose.ES256, key, "k", "exp", nil, "iat", nil, "nonce", nil),
		"signature": sign(t, jose.ES256, ecKey(t, elliptic.P256()), "k"),
		"alg":       sign(t, jose.HS256, []byte(clientSecret), ""),
		"iss":       sign(t, jose.ES256, key, "k", "iss", "https://evil.example"),
		"aud":       sign(t, jose.ES256, key, "k", "aud", "another client"),
		"exp":       sign(t, jose.ES256, key, "k", "exp", clock().Unix()-60),
		"format":    `{"sub":"1"}`,
	} {
		claims, err := set.VerifyUserinfo(t.Context(), token, e)
		if name == "" {
			if err != nil || claims["sub"] != "1" {
				t.Errorf("got %v, %v", claims, err)
			}
		} else if err == nil || claims != nil || !strings.HasPrefix(err.Error(), "userinfo: "+name+": ") {
			t.Errorf("%s: got %v, %v", name, claims, err)
		}
	}
	for _, e := range []Expect{
		{}, {ClientID: "client", Issuer: "https://idp.example"}, {ClientID: "client", Now: clock()},
		{Issuer: "https://idp.example", Now: clock()},
	} {
		if claims, err := set.VerifyUserinfo(t.Context(), sign(t, jose.ES256, key, "k"), e); err == nil {
			t.Errorf("%+v: got %v", e, claims)
		}
	}
}
