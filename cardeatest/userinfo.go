package cardeatest

import (
	"net/http"
	"strings"
)

// withGrant calls serve if the request has a valid access token (RFC 6750 § 2.1), and the
// certificate or the DPoP proof that the token is bound to (RFC 8705 § 3, RFC 9449 § 7.1).
func (e endpoints) withGrant(serve func(http.ResponseWriter, grant)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		e.mu.Lock()
		g, ok := e.access[token]
		ok = ok && e.now().Before(g.expires) && tokenEndpoint(e).isBoundTo(w, r, scheme, token, g)
		e.mu.Unlock()
		if !ok {
			if w.Header().Get("WWW-Authenticate") == "" {
				w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			}
			refuse(w, http.StatusUnauthorized, "invalid_token")
			return
		}
		serve(w, g)
	}
}

// serveUserinfo serves the userinfo endpoint (OpenID Connect Core 1.0 § 5.3).
func (e endpoints) serveUserinfo(w http.ResponseWriter, g grant) {
	claims := g.person.claims()
	e.mu.Lock()
	e.spoil(claims, userinfoFaults)
	e.mu.Unlock()
	answer(w, http.StatusOK, claims)
}

// serveUser answers as GitHub's GET /user.
func (e endpoints) serveUser(w http.ResponseWriter, g grant) {
	answer(w, http.StatusOK, g.person.profile())
}

// serveEmails answers as GitHub's GET /user/emails.
func (e endpoints) serveEmails(w http.ResponseWriter, g grant) {
	emails := []any{}
	if g.person.Email != "" {
		emails = append(emails, map[string]any{
			"email": g.person.Email, "primary": true, "verified": g.person.EmailVerified, "visibility": nil,
		})
	}
	answer(w, http.StatusOK, emails)
}
