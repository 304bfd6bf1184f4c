package eddsa_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"

	"github.com/cardea-auth/cardea/internal/eddsa"
	"github.com/go-jose/go-jose/v4"
)

// The key, the message and the signature of RFC 8032 § 7.1, test 3.
func TestVectorOfTheStandard(t *testing.T) {
	t.Parallel()
	seed := decode(t, "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
	message := decode(t, "af82")
	want := "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
	key := ed25519.NewKeyFromSeed(seed)
	verifier := eddsa.Verifier(key.Public().(ed25519.PublicKey))
	for _, alg := range []jose.SignatureAlgorithm{eddsa.EdDSA, eddsa.Ed25519} {
		signature, err := eddsa.Signer(key).SignPayload(message, alg)
		if err != nil || hex.EncodeToString(signature) != want {
			t.Errorf("%s: got %x, %v", alg, signature, err)
		}
		if err := verifier.VerifyPayload(message, signature, alg); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		if verifier.VerifyPayload(message[1:], signature, alg) == nil {
			t.Errorf("%s: the signature of another message was accepted", alg)
		}
	}
	for _, alg := range []jose.SignatureAlgorithm{"Ed448", "ed25519", "ES256", "none", ""} {
		if verifier.VerifyPayload(message, decode(t, want), alg) == nil {
			t.Errorf("%s was accepted", alg)
		}
	}
	if eddsa.Verifier(nil).VerifyPayload(message, decode(t, want), eddsa.EdDSA) == nil {
		t.Error("no key verified a signature")
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		one, other string
		want       bool
	}{
		{"EdDSA", "Ed25519", true}, {"Ed25519", "EdDSA", true}, {"Ed25519", "Ed25519", true}, {"RS256", "RS256", true},
		{"Ed448", "EdDSA", false}, {"Ed25519", "ed25519", false}, {"RS256", "PS256", false}, {"", "EdDSA", false},
	} {
		if got := eddsa.Same(tt.one, tt.other); got != tt.want {
			t.Errorf("%q and %q: %v", tt.one, tt.other, got)
		}
	}
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
