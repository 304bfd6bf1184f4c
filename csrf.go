package cardea

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"

	"github.com/cardea-auth/cardea/internal/cookie"
)

// csrf makes and checks the double-submit token of Auth.js: a cookie holds
// token|SHA-256(token+secret) in hex, and a form repeats the token.
type csrf struct{ secrets []string }

// fresh returns a new token and the cookie for it.
func (c csrf) fresh() (token, cookie string) {
	var b [32]byte
	rand.Read(b[:])
	token = hex.EncodeToString(b[:])
	return token, token + "|" + saltedHash(token, c.secrets[0])
}

// token returns the token in a cookie. It returns false if this site did not make the cookie.
func (c csrf) token(cookie string) (token string, ok bool) {
	token, hash, ok := strings.Cut(cookie, "|")
	if !ok || len(token) != 64 || len(hash) != 64 {
		return "", false
	}
	for _, secret := range c.secrets {
		if equalSecrets(hash, saltedHash(token, secret)) {
			return token, true
		}
	}
	return "", false
}

// renewCSRF gives the browser a new token.
func (e *exchange) renewCSRF() {
	token, value := e.auth.csrf.fresh()
	e.csrfToken = token
	_ = e.jar.Set(cookie.Cookie{Name: e.names.CSRF, Value: value}) // always short enough
}

// getCSRF answers with the CSRF token, for clients that have no form from this site.
func getCSRF(e *exchange) error {
	e.json(http.StatusOK, map[string]string{"csrfToken": e.csrfToken})
	return nil
}
