package cardea

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
)

// randomToken returns 256 random bits as 43 characters that need no escaping anywhere.
func randomToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// saltedHash hashes a token together with the secret of the site, as Auth.js does for CSRF tokens
// and for the tokens of links in mails.
func saltedHash(token, secret string) string { return hexOf(sha256.Sum256([]byte(token + secret))) }

// hexOf returns a hash in hexadecimal digits.
func hexOf(sum [sha256.Size]byte) string {
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], sum[:])
	return string(text[:])
}

// equalSecrets compares two secrets in constant time.
func equalSecrets(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
