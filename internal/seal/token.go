package seal

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// strict refuses base64url with unused bits that are not zero, a second spelling of the same bytes.
// It still ignores line breaks, so split refuses those.
var strict = base64.RawURLEncoding.Strict()

// parts are a compact JWE (RFC 7516 § 7.1) with an empty encrypted key.
type parts struct{ header, iv, ciphertext, tag string }

// split splits a token into its parts. It returns false for text that does not look like a token.
func split(token string) (parts, bool) {
	if len(token) > MaxLength || strings.ContainsAny(token, "\r\n") {
		return parts{}, false
	}
	header, rest, found := strings.Cut(token, "..")
	if !found {
		return parts{}, false
	}
	iv, rest, _ := strings.Cut(rest, ".")
	ciphertext, tag, found := strings.Cut(rest, ".")
	return parts{header, iv, ciphertext, tag}, found
}

// seal returns a token with this plaintext.
func (k *key) seal(text []byte) string {
	iv := make([]byte, k.aead.NonceSize())
	rand.Read(iv) // never fails
	sealed := k.aead.Seal(nil, iv, text, []byte(k.protected))
	end := len(sealed) - k.enc.tagSize()

	b := make([]byte, 0, len(k.protected)+base64.RawURLEncoding.EncodedLen(len(iv)+len(sealed))+8)
	b = append(b, k.protected...)
	b = append(b, ".."...)
	b = base64.RawURLEncoding.AppendEncode(b, iv)
	b = append(b, '.')
	b = base64.RawURLEncoding.AppendEncode(b, sealed[:end])
	b = append(b, '.')
	return string(base64.RawURLEncoding.AppendEncode(b, sealed[end:]))
}

// open returns the plaintext of a token that this key encrypted, and false for any other token.
func (k *key) open(p parts) ([]byte, bool) {
	iv, err := strict.DecodeString(p.iv)
	if err != nil || len(iv) != k.aead.NonceSize() {
		return nil, false
	}
	sealed, err := strict.DecodeString(p.ciphertext)
	if err != nil {
		return nil, false
	}
	end := len(sealed)
	sealed, err = strict.AppendDecode(sealed, []byte(p.tag))
	if err != nil || len(sealed)-end != k.enc.tagSize() {
		return nil, false
	}
	text, err := k.aead.Open(sealed[:0], iv, sealed, []byte(p.header))
	return text, err == nil
}
