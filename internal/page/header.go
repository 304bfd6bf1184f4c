package page

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// policy is the Content-Security-Policy of the pages, for sites on https and for sites on http.
type policy struct{ secure, local string }

// newPolicy admits the one style sheet by its hash, the one logo by its source, and nothing else.
//
// form-action has to admit more than the site itself: browsers enforce it along the redirects of a
// form post, and the forms lead to identity providers and, after signing out, to wherever the
// application allows. Those hosts are not known here (an identity provider may send its visitors on
// to another), so any https URL will do; a site on http, which is a development machine, may also
// have its identity provider there.
func newPolicy(style, logo string) policy {
	hash := sha256.Sum256([]byte(style))
	csp := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
	if logo != "" {
		csp += "; img-src " + logo
	}
	csp += "; base-uri 'none'; frame-ancestors 'none'; form-action 'self' https:"
	return policy{secure: csp, local: csp + " http:"}
}

func (p policy) setHeaders(h http.Header, site string) {
	csp := p.secure
	if strings.HasPrefix(site, "http://") {
		csp = p.local
	}
	h.Set("Content-Security-Policy", csp)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Not no-referrer: under it browsers send "Origin: null" with the forms (Fetch § 3.2), which no
	// check of the origin could tell from an attack.
	h.Set("Referrer-Policy", "same-origin")
}
