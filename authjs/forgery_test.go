package authjs_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea/authjs"
)

// forge returns a token with this header and this text, encrypted with the server's key for that
// cookie, as somebody who has the secret could make it. It encrypts with A256GCM, which both
// versions accept.
func forge(t testing.TB, cookie, header, text string) string {
	t.Helper()
	salt, info := cookie, "Auth.js Generated Encryption Key ("+cookie+")"
	if strings.Contains(cookie, "next-auth") {
		salt, info = "", "NextAuth.js Generated Encryption Key"
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), []byte(salt), info, 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	iv := make([]byte, gcm.NonceSize())
	rand.Read(iv)
	protected := encode([]byte(header))
	sealed := gcm.Seal(nil, iv, []byte(text), []byte(protected))
	end := len(sealed) - gcm.Overhead()
	return protected + ".." + encode(iv) + "." + encode(sealed[:end]) + "." + encode(sealed[end:])
}

const header = `{"alg":"dir","enc":"A256GCM"}`

// versions are the versions by the name of their session cookie.
var versions = map[string]authjs.Version{
	secure: authjs.VersionV5, "__Secure-next-auth.session-token": authjs.VersionV4,
}

// go-jose CVE-2026-34986, CVE-2025-27144, CVE-2024-28180, GHSA-2c7c, of jwx CVE-2024-28122:
// a token cannot choose algorithms or keys, nor how much work it causes.
func TestAllowListOfAlgorithms(t *testing.T) {
	t.Parallel()
	for name, version := range versions {
		s := newSessions(t, authjs.Config{Secret: secret, Version: version})
		wantSubject(t, s, request(name+"="+forge(t, name, header, `{"sub":"user-1"}`)), "user-1")
		for _, header := range []string{
			`{"alg":"none","enc":"A256GCM"}`, `{"alg":"A256KW","enc":"A256GCM"}`,
			`{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","p2c":1000000,"p2s":"x"}`,
			`{"alg":"RSA-OAEP","enc":"A256GCM"}`, `{"alg":"DIR","enc":"A256GCM"}`, `{"alg":"dir","enc":"A128GCM"}`,
			`{"alg":"dir","enc":"A192CBC-HS384"}`,
			`{"alg":"dir","enc":"A256GCM","zip":"DEF"}`, `{"alg":"dir","enc":"A256GCM","crit":["exp"]}`,
			`{"alg":"dir","enc":"A256GCM","typ":"JWT"}`,
			`{"alg":"dir","enc":"A256GCM","jwk":{"kty":"oct","k":"AAAA"}}`,
			`{"alg":"dir","enc":"A256GCM","jku":"https://example.com"}`,
			`{"alg":"dir","enc":"A256GCM","kid":"x"}`, `{"alg":"dir"}`, `{"enc":"A256GCM"}`, `{}`, `null`, `[]`, ``,
			`{"alg":"dir","enc":"A256GCM"`,
			`{"alg":"dir","enc":"A256GCM","kid":"` + strings.Repeat("x", 2000) + `"}`,
		} {
			wantError(t, s, request(name+"="+forge(t, name, header, `{"sub":"user-1"}`)), authjs.ErrInvalid)
		}
		for _, text := range []string{
			``, `null`, `[]`, `"x"`, `{"sub":"user-1"`, `{"sub":"user-1"}{}`, `{"exp":"tomorrow"}`, `{"nbf":true}`,
			`{"iat":null}`,
		} {
			wantError(t, s, request(name+"="+forge(t, name, header, text)), authjs.ErrInvalid)
		}
	}
}

// RFC 7519, Section 4.1.5, for a server whose clock is behind.
func TestNotBefore(t *testing.T) {
	t.Parallel()
	for name, version := range versions {
		synctest.Test(t, func(t *testing.T) {
			s := newSessions(t, authjs.Config{Secret: secret, Version: version})
			token := forge(t, name, header, fmt.Sprintf(`{"sub":"user-1","nbf":%d}`, time.Now().Unix()+16))
			wantError(t, s, request(name+"="+token), authjs.ErrInvalid)
			time.Sleep(time.Second)
			wantSubject(t, s, request(name+"="+token), "user-1")
		})
	}
}

// A session without exp does not expire, as in the Node packages.
func TestWithoutExpiry(t *testing.T) {
	t.Parallel()
	for name, version := range versions {
		s := newSessions(t, authjs.Config{Secret: secret, Version: version})
		claims, err := s.Read(request(name + "=" + forge(t, name, header, `{}`)))
		if err != nil || claims == nil || claims.Subject() != "" || !claims.Expires().IsZero() {
			t.Errorf("%s: got %v, %v", name, claims, err)
		}
	}
}

// Pomerium CVE-2021-29652 and Zitadel CVE-2026-27840: a token that was changed anywhere, or
// shortened, is not valid.
func TestChangedTokens(t *testing.T) {
	t.Parallel()
	for name, version := range versions {
		c := authjs.Config{Secret: secret, Version: version}
		s, token := newSessions(t, c), sealed(t, c, ada)
		for i := range token {
			for _, other := range []byte{'A', 'B', '.'} {
				changed := []byte(token)
				if changed[i] == other {
					continue
				}
				changed[i] = other
				if claims, err := s.Read(request(name + "=" + string(changed))); err != authjs.ErrInvalid ||
					claims != nil {
					t.Fatalf("%s: with %q at %d: got %v, %v", name, other, i, claims, err)
				}
			}
		}
		for _, changed := range []string{
			token[1:], token[:len(token)-1], token + "A", token + "=", "." + token, token + ".", token + "." + token,
		} {
			wantError(t, s, request(name+"="+changed), authjs.ErrInvalid)
		}
	}
}
