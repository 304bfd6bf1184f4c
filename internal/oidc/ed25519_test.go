package oidc

import (
	"fmt"
	"testing"

	"github.com/cardea-auth/cardea/internal/eddsa"
	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

// RFC 9864 § 2.2 gives Ed25519 a name of its own and deprecates EdDSA. Servers change one by one
// what they announce, publish and sign with.
func TestBothNamesOfEd25519(t *testing.T) {
	t.Parallel()
	key := edKey(t)
	for _, announced := range [][]string{
		{"EdDSA"}, {"Ed25519"}, {"RS256", "Ed25519"}, {"EdDSA", "Ed25519", "Ed448"}, algorithms,
	} {
		for _, published := range []any{nil, "EdDSA", "Ed25519", []any{"EdDSA"}} {
			for _, alg := range []jose.SignatureAlgorithm{"EdDSA", "Ed25519"} {
				t.Run(fmt.Sprint(announced, published, alg), func(t *testing.T) {
					t.Parallel()
					set := NewKeySet(newKeyServer(t, jwkOf(t, key, members{"alg": published})).url,
						outbound.Client(true), clock)
					e := expect()
					e.Algorithms, e.AccessToken = announced, "access"
					token := sign(t, alg, eddsa.Signer(key), "k", "at_hash", leftHalf("access", "EdDSA"))
					if _, err := set.Verify(t.Context(), token, e); err != nil {
						t.Error(err)
					}
					if _, err := set.VerifyUserinfo(t.Context(), token, expect()); err != nil {
						t.Errorf("userinfo: %v", err)
					}
					other := sign(t, alg, eddsa.Signer(edKey(t)), "k")
					if _, err := set.Verify(t.Context(), other, e); err == nil {
						t.Error("the token of another key was accepted")
					}
				})
			}
		}
	}
}

// Ed25519 is not another name for anything else.
func TestNamesThatAreNotEd25519(t *testing.T) {
	t.Parallel()
	key := edKey(t)
	set := NewKeySet(newKeyServer(t, jwkOf(t, key, nil)).url, outbound.Client(true), clock)
	token := sign(t, eddsa.Ed25519, eddsa.Signer(key), "k")
	for _, announced := range [][]string{nil, {}, {"RS256"}, {"Ed448"}, {"ed25519"}, {"ES256", "none"}} {
		e := expect()
		e.Algorithms = announced
		if _, err := set.Verify(t.Context(), token, e); err == nil {
			t.Errorf("accepted by an issuer that announces %q", announced)
		}
	}
	for _, published := range []any{"Ed448", "ed25519", "ES256", []any{"Ed448", "RS256"}} {
		other := jwkOf(t, edKey(t), members{"kid": "other"})
		s := newKeyServer(t, jwkOf(t, key, members{"alg": published}), other)
		if _, err := NewKeySet(s.url, outbound.Client(true), clock).Verify(t.Context(), token, expect()); err == nil {
			t.Errorf("accepted with a key for %v", published)
		}
	}
	e := expect()
	e.AccessToken = "access"
	short := sign(t, eddsa.Ed25519, eddsa.Signer(key), "k", "at_hash", leftHalf("access", "RS256"))
	if _, err := set.Verify(t.Context(), short, e); err == nil {
		t.Error("at_hash by SHA-256 was accepted")
	}
}
