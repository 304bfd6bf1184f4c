package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
)

// A short token is for a link in a mail. It is not a JWE, whose header alone is longer. It has 32
// random bytes, and the plaintext that AES-256-GCM has encrypted. HKDF derives its key from a
// secret, the random bytes and the purpose. So no key encrypts twice, and the nonce is zero.
//
// The text is base32 in lower case (RFC 4648 § 6). It has letters and digits alone, because
// programs that handle mails change or cut off other characters.

const shortRandom = 32 // bytes

var (
	shortText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
	zeroNonce = make([]byte, 12)
)

// Short returns a short token with these claims, which [Sealer.OpenShort] opens for the same
// purpose alone. It does not expire. The error says that the claims cannot be encoded as JSON, or
// that a secret is missing.
func (s *Sealer) Short(purpose string, claims map[string]any) (string, error) {
	plain, err := marshal(claims)
	if err != nil {
		return "", err
	}
	random := make([]byte, shortRandom)
	rand.Read(random) // never fails
	if len(s.secrets) == 0 {
		return "", errSecret
	}
	aead, err := shortKey(s.secrets[0], random, purpose)
	if err != nil {
		return "", err
	}
	return shortText.EncodeToString(aead.Seal(random, zeroNonce, plain, nil)), nil
}

// OpenShort returns the claims of a short token that was sealed for that purpose with one of the
// secrets; their numbers are [json.Number]. Otherwise the error is [ErrInvalid].
func (s *Sealer) OpenShort(purpose, token string) (map[string]any, error) {
	claims, _, err := s.openShort(purpose, token)
	return claims, err
}

// StaleShort reports whether a short token for that purpose opens, and was sealed with another
// secret than the first one.
func (s *Sealer) StaleShort(purpose, token string) bool {
	_, n, err := s.openShort(purpose, token)
	return err == nil && n > 0
}

// openShort is OpenShort, and returns which secret it was.
func (s *Sealer) openShort(purpose, token string) (claims map[string]any, n int, err error) {
	if len(token) > MaxLength || strings.ContainsAny(token, "\r\n") { // which a decoder ignores
		return nil, 0, ErrInvalid
	}
	sealed, err := shortText.DecodeString(token)
	if err != nil || len(sealed) < shortRandom || shortText.EncodeToString(sealed) != token {
		return nil, 0, ErrInvalid // the last character has bits that are not used
	}
	random, sealed := sealed[:shortRandom], sealed[shortRandom:]
	for n, secret := range s.secrets {
		aead, err := shortKey(secret, random, purpose)
		if err != nil {
			return nil, 0, ErrInvalid
		}
		if plain, err := aead.Open(nil, zeroNonce, sealed, nil); err == nil {
			claims, err := unmarshal(plain)
			return claims, n, err
		}
	}
	return nil, 0, ErrInvalid
}

// shortKey derives the key of one short token.
func shortKey(secret string, random []byte, purpose string) (cipher.AEAD, error) {
	if secret == "" {
		return nil, errSecret
	}
	raw, err := hkdf.Key(sha256.New, []byte(secret), slices.Clone(random), "cardea token "+purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
