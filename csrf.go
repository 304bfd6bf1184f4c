package cardea

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// csrf is the double-submit token of Auth.js: a cookie holds token|SHA-256(token+secret) in hex,
// and a form repeats the token.
type csrf struct{ secrets []string }

// fresh returns a new token and the cookie for it.
func (c csrf) fresh() (token, cookie string) {
	var b [32]byte
	rand.Read(b[:])
	token = hex.EncodeToString(b[:])
	return token, token + "|" + saltedHash(token, c.secrets[0])
}

// first returns the first token of the cookies that this site made. A cookie of before, of another
// path, comes before the right one.
func (c csrf) first(cookies []string) (token string, ok bool) {
	for _, cookie := range cookies {
		if token, ok = c.token(cookie); ok {
			return token, true
		}
	}
	return "", false
}

// token returns the token of a cookie that this site made.
func (c csrf) token(cookie string) (token string, ok bool) {
	token, hash, ok := strings.Cut(cookie, "|")
	if !ok || len(token) != 64 || len(hash) != 64 {
		return "", false
	}
	for _, secret := range c.secrets {
		if equal(hash, saltedHash(token, secret)) {
			return token, true
		}
	}
	return "", false
}

// saltedHash hashes a secret as Auth.js does: CSRF tokens and the tokens of links in mails.
func saltedHash(token, secret string) string {
	sum := sha256.Sum256([]byte(token + secret))
	return hex.EncodeToString(sum[:])
}

// equal compares secrets in constant time.
func equal(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
