package cardeatest

import (
	"net/http"
	"strings"
)

// withGrant lets a request through that has a valid access token (RFC 6750 § 2.1), and the
// certificate or the proof of the key that the token is bound to (RFC 8705 § 3, RFC 9449 § 7.1).
func (i *Issuer) withGrant(serve func(http.ResponseWriter, grant)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		i.mu.Lock()
		g, ok := i.access[token]
		ok = ok && i.now().Before(g.expires) && i.opens(w, r, scheme, token, g)
		i.mu.Unlock()
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

// serveUserinfo is the userinfo endpoint (OpenID Connect Core 1.0 § 5.3).
func (i *Issuer) serveUserinfo(w http.ResponseWriter, g grant) {
	claims := g.person.claims()
	i.mu.Lock()
	i.spoil(claims, userinfoFaults)
	i.mu.Unlock()
	answer(w, http.StatusOK, claims)
}

func (i *Issuer) serveUser(w http.ResponseWriter, g grant) {
	answer(w, http.StatusOK, g.person.profile())
}

func (i *Issuer) serveEmails(w http.ResponseWriter, g grant) {
	emails := []any{}
	if g.person.Email != "" {
		emails = append(emails, map[string]any{
			"email": g.person.Email, "primary": true, "verified": g.person.EmailVerified, "visibility": nil,
		})
	}
	answer(w, http.StatusOK, emails)
}
