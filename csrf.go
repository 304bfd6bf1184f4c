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

// first returns the token in the first cookie that this site made. An older cookie of another path
// may come before the right one.
func (c csrf) first(cookies []string) (token string, ok bool) {
	for _, cookie := range cookies {
		if token, ok = c.token(cookie); ok {
			return token, true
		}
	}
	return "", false
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

// CSRF returns the CSRF token of the visitor, for the hidden field csrfToken of a form that posts
// to the endpoints of Cardea, and sets its cookie in the header of w if the browser has none. All
// calls for one response return the same token, which is also that of GET csrf. The endpoints
// accept the token in the body alone, as the field csrfToken of a form or the member csrfToken of a
// JSON object.
//
// Call CSRF before anything of the response is written. It sets Cache-Control to "private,
// no-store", because the page is for one browser. The token changes when somebody signs in or out.
//
// If the host of the request is not trusted, or the header was written already, the token is "",
// which the endpoints refuse, and the log says why.
//
// Endpoints of the application itself need no token if [http.CrossOriginProtection] guards them.
func (a *Auth) CSRF(w http.ResponseWriter, r *http.Request) string {
	err := errWritten
	var e *exchange
	if !headerWritten(w) {
		e, err = a.newExchange(w, r)
	}
	if err != nil {
		a.log.WarnContext(r.Context(), "cardea: no CSRF token", aboutRequest(a, r), "cause", err)
		return ""
	}
	e.readCSRF()
	e.writeCookies()
	return e.csrfToken
}

// readCSRF reads the CSRF token of the browser, or gives it a first one.
func (e *exchange) readCSRF() {
	if e.csrfToken, e.csrfKnown = e.auth.csrf.first(e.jar.Values(e.names.CSRF)); !e.csrfKnown {
		e.renewCSRF()
	}
}

// getCSRF answers with the CSRF token, for clients that have no form from this site.
func getCSRF(e *exchange) error {
	sender{e}.warnOfUnread()
	e.json(http.StatusOK, map[string]string{"csrfToken": e.csrfToken})
	return nil
}
