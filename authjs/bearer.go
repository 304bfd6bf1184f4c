package authjs

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/cardea-auth/cardea/internal/seal"
)

// bearerToken returns the token of the Authorization header (RFC 6750 § 2.1), decoded as
// JavaScript's decodeURIComponent does, or "" if there is none or it is not well encoded.
func bearerToken(h http.Header) string {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(token) > seal.MaxLength {
		return ""
	}
	token, err := url.PathUnescape(strings.Trim(token, " "))
	if err != nil || !utf8.ValidString(token) {
		return ""
	}
	return token
}
