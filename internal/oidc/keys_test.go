package oidc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/internal/outbound"
	"github.com/go-jose/go-jose/v4"
)

// keyServer serves a key set that can be changed, and counts how often it was fetched.
type keyServer struct {
	url     string
	body    atomic.Value // string
	fetches atomic.Int32
}

func newKeyServer(t *testing.T, keys ...any) *keyServer {
	t.Helper()
	s := &keyServer{}
	s.set(t, keys...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.fetches.Add(1)
		fmt.Fprint(w, s.body.Load())
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *keyServer) set(t *testing.T, keys ...any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"keys": append([]any{}, keys...)})
	if err != nil {
		t.Fatal(err)
	}
	s.body.Store(string(body))
}

func ecKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func edKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(key crypto.Signer, kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Public(), KeyID: kid}
}

// sign returns a token with valid claims, changed by more, which has names and values in turn. If
// kid is "" the header has none.
func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, kid string, more ...any) string {
	t.Helper()
	options := &jose.SignerOptions{}
	if kid != "" {
		options.WithHeader("kid", kid)
	}
	return signWith(t, alg, key, options, more...)
}

func signWith(t testing.TB, alg jose.SignatureAlgorithm, key any, options *jose.SignerOptions, more ...any) string {
	t.Helper()
	claims := map[string]any{
		"iss": "https://idp.example", "aud": "client", "sub": "1", "nonce": "nonce", "iat": clock().Unix(),
		"exp": clock().Unix() + 60,
	}
	for n := 0; n < len(more); n += 2 {
		claims[more[n].(string)] = more[n+1]
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func expect() Expect {
	return Expect{
		ClientID: "client", Nonce: "nonce", Issuer: "https://idp.example", Algorithms: algorithms, Now: clock(),
	}
}

func TestEachAlgorithmVerifiesWithItsKindOfKey(t *testing.T) {
	t.Parallel()
	keys := []crypto.Signer{
		rsaKey(t, 2048), ecKey(t, elliptic.P256()), ecKey(t, elliptic.P384()), ecKey(t, elliptic.P521()), edKey(t),
	}
	var all []any
	for n, key := range keys {
		all = append(all, public(key, fmt.Sprint(n)))
	}
	s := newKeyServer(t, all...)
	set := NewKeySet(s.url, outbound.Client(true), clock)
	for alg, kid := range map[jose.SignatureAlgorithm]int{
		"RS256": 0, "RS384": 0, "RS512": 0, "PS256": 0, "PS384": 0, "PS512": 0, "ES256": 1, "ES384": 2, "ES512": 3,
		"EdDSA": 4,
	} {
		hash := leftHalf("access", string(alg))
		e := expect()
		e.AccessToken = "access"
		for _, id := range []string{fmt.Sprint(kid), ""} {
			token := sign(t, alg, keys[kid], id, "at_hash", hash)
			claims, err := set.Verify(t.Context(), token, e)
			if err != nil || claims["exp"] != json.Number(fmt.Sprint(clock().Unix()+60)) {
				t.Errorf("%s with kid %q: got %v, %v", alg, id, claims, err)
			}
			e.Algorithms = []string{"HS256", "none", "RS999"}
			if _, err := set.Verify(t.Context(), token, e); err == nil ||
				!strings.HasPrefix(err.Error(), "id token: alg: ") {
				t.Errorf("%s not among the algorithms: got %v", alg, err)
			}
			e.Algorithms = algorithms
		}
	}
	if n := s.fetches.Load(); n != 1 {
		t.Errorf("%d fetches, want 1", n)
	}
}

func TestAlgorithmsDefaultToRS256(t *testing.T) {
	t.Parallel()
	r, ec := rsaKey(t, 2048), ecKey(t, elliptic.P256())
	set := NewKeySet(newKeyServer(t, public(r, "r"), public(ec, "ec")).url, outbound.Client(true), clock)
	e := expect()
	e.Algorithms = nil
	if _, err := set.Verify(t.Context(), sign(t, jose.RS256, r, "r"), e); err != nil {
		t.Error(err)
	}
	if _, err := set.Verify(t.Context(), sign(t, jose.ES256, ec, "ec"), e); err == nil {
		t.Error("ES256 was accepted")
	}
}

// ASVS 64, and algorithm confusion: a key is only used for the algorithms that it is for.
func TestUnsuitableKeysVerifyNothing(t *testing.T) {
	t.Parallel()
	strong, weak, ec := rsaKey(t, 2048), rsaKey(t, 1024), ecKey(t, elliptic.P256())
	other := public(ecKey(t, elliptic.P256()), "other") // so that the set always has a usable key
	secret := []byte("0123456789abcdef0123456789abcdef")
	use := func(key jose.JSONWebKey, use, alg string) jose.JSONWebKey {
		key.Use, key.Algorithm = use, alg
		return key
	}
	modulus := new(big.Int).Lsh(big.NewInt(1), 9000).Bytes()
	huge := map[string]string{"kty": "RSA", "kid": "k", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(modulus)}
	for name, test := range map[string]struct {
		key   any
		token string
	}{
		"RSA of 1024 bits":      {public(weak, "k"), signRS256(t, weak, "k")},
		"RSA of 9000 bits":      {huge, sign(t, jose.RS256, strong, "k")},
		"for encryption":        {use(public(strong, "k"), "enc", ""), sign(t, jose.RS256, strong, "k")},
		"for another algorithm": {use(public(strong, "k"), "sig", "RS512"), sign(t, jose.RS256, strong, "k")},
		"another kind of key":   {public(ec, "k"), sign(t, jose.RS256, strong, "k")},
		"another curve":         {public(ecKey(t, elliptic.P384()), "k"), sign(t, jose.ES256, ec, "k")},
		"private":               {jose.JSONWebKey{Key: strong, KeyID: "k"}, sign(t, jose.RS256, strong, "k")},
		"symmetric":             {jose.JSONWebKey{Key: secret, KeyID: "k"}, sign(t, jose.HS256, secret, "k")},
		"symmetric, named RS256": {
			jose.JSONWebKey{Key: secret, KeyID: "k", Algorithm: "RS256"}, sign(t, jose.RS256, strong, "k"),
		},
		"of unknown kind": {map[string]string{"kty": "XYZ", "kid": "k"}, sign(t, jose.RS256, strong, "k")},
		"not an object":   {"k", sign(t, jose.RS256, strong, "k")},
		"point not on the curve": {
			map[string]string{"kty": "EC", "crv": "P-256", "kid": "k", "x": "AQ", "y": "AQ"},
			sign(t, jose.ES256, ec, "k"),
		},
		"another key of that kind": {public(ecKey(t, elliptic.P256()), "k"), sign(t, jose.ES256, ec, "k")},
		"another kid":              {public(ec, "K"), sign(t, jose.ES256, ec, "k")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := NewKeySet(newKeyServer(t, test.key, other).url, outbound.Client(true), clock)
			claims, err := set.Verify(t.Context(), test.token, expect())
			if err == nil || claims != nil {
				t.Fatalf("got %v, %v", claims, err)
			}
			check := strings.SplitN(err.Error(), ": ", 3)[1]
			if check != "kid" && check != "signature" && check != "alg" {
				t.Errorf("refused for another reason: %v", err)
			}
		})
	}
}

// signRS256 signs without the library, which does not sign with weak keys.
func signRS256(t *testing.T, key *rsa.PrivateKey, kid string) string {
	t.Helper()
	good := sign(t, jose.RS256, rsaKey(t, 2048), kid)
	signed := good[:strings.LastIndex(good, ".")]
	hash := crypto.SHA256.New()
	hash.Write([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, hash.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestKeySetWithoutUsableKeyIsAnError(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	s := newKeyServer(t)
	set := NewKeySet(s.url, outbound.Client(true), clock)
	for _, body := range []string{
		`{"keys":[]}`, `{}`, `null`, `[]`, `{"keys":{}}`, `<html>`, ``,
		`{"keys":[` + strings.Repeat(`{},`, 1000) + `{}]}`,
	} {
		s.body.Store(body)
		set.keys.err = nil // otherwise it would not be fetched again within retryAfter
		if _, err := set.Verify(t.Context(), sign(t, jose.ES256, key, "k"), expect()); err == nil ||
			!strings.HasPrefix(err.Error(), "id token: keys: ") {
			t.Errorf("%.30s: got %v", body, err)
		}
	}
}

func TestRotatedKeyCostsOneFetch(t *testing.T) {
	t.Parallel()
	first, second, third := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256())
	s := newKeyServer(t, public(first, "first"))
	set := NewKeySet(s.url, outbound.Client(true), clock)
	verify := func(key *ecdsa.PrivateKey, kid string) error {
		_, err := set.Verify(t.Context(), sign(t, jose.ES256, key, kid), expect())
		return err
	}
	steps := []struct {
		name    string
		serve   jose.JSONWebKey
		key     *ecdsa.PrivateKey
		kid     string
		valid   bool
		fetches int32
	}{
		{"the first token", public(first, "first"), first, "first", true, 1},
		{"the keys change", public(second, "second"), second, "second", true, 2},
		{"the new key again", public(second, "second"), second, "second", true, 2},
		{"the keys change again soon, without a kid", public(third, ""), third, "", true, 3},
		{"a removed key causes one fetch", public(third, ""), first, "first", false, 4},
		{"and then no more", public(third, ""), first, "first", false, 4},
		{"the present key still works", public(third, ""), third, "", true, 4},
		{"the keys change right after that", public(second, "second"), second, "second", true, 5},
		{"an unknown key causes one fetch", public(second, "second"), first, "fourth", false, 6},
		{"another one none", public(second, "second"), first, "fifth", false, 6},
	}
	for _, step := range steps {
		s.set(t, step.serve)
		if err := verify(step.key, step.kid); (err == nil) != step.valid {
			t.Errorf("%s: got error %v", step.name, err)
		}
		if n := s.fetches.Load(); n != step.fetches {
			t.Errorf("%s: %d fetches, want %d", step.name, n, step.fetches)
		}
	}
}

func TestManyUnknownKidsCauseFewFetches(t *testing.T) {
	t.Parallel()
	good, forger := ecKey(t, elliptic.P256()), ecKey(t, elliptic.P256())
	s := newKeyServer(t, public(good, "good"))
	set := NewKeySet(s.url, outbound.Client(true), clock)
	forged := sign(t, jose.ES256, forger, "unknown")
	signed := sign(t, jose.ES256, good, "good")
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			for range 100 {
				if _, err := set.Verify(t.Context(), forged, expect()); err == nil {
					t.Error("a forged token was accepted")
				}
			}
			if _, err := set.Verify(t.Context(), signed, expect()); err != nil {
				t.Errorf("among forged tokens a valid one was refused: %v", err)
			}
		})
	}
	group.Wait()
	for range 10_000 {
		if _, err := set.Verify(t.Context(), forged, expect()); err == nil {
			t.Fatal("a forged token was accepted")
		}
	}
	if n := s.fetches.Load(); n > 3 {
		t.Errorf("%d fetches, want 3 at most", n)
	}
}

func TestVerifyEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newKeyServer(t, public(ecKey(t, elliptic.P256()), "k"))
	set := NewKeySet(s.url, outbound.Client(true), clock)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	token := sign(t, jose.ES256, ecKey(t, elliptic.P256()), "k")
	if _, err := set.Verify(ctx, token, expect()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
