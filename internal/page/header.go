package page

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/cardea-auth/cardea/internal/outbound"
)

// policy is the Content-Security-Policy of the pages.
type policy struct {
	https string // for sites on https
	http  string // for sites on http
}

// newPolicy returns a policy that allows the style sheet by its hash, the logo by its source,
// forms, and nothing else.
//
// form-action has to allow more than the site itself. Browsers also apply it to the redirects after
// a form was submitted, and these lead to identity providers or, after signing out, to any URL that
// the application allows. Their hosts are not known here, because an identity provider may redirect
// to another one. So the policy allows every https URL. In development it also allows http: if the
// site is on http or on a loopback host, or with toHTTP.
func newPolicy(style, logo string, toHTTP bool) policy {
	hash := sha256.Sum256([]byte(style))
	csp := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
	if logo != "" {
		csp += "; img-src " + logo
	}
	csp += "; base-uri 'none'; frame-ancestors 'none'; form-action 'self' https:"
	p := policy{https: csp, http: csp + " http:"}
	if toHTTP {
		p.https = p.http
	}
	return p
}

// of returns the policy for the pages of the site with that origin.
func (p policy) of(site string) string {
	if strings.HasPrefix(site, "http://") || outbound.IsLoopbackURL(site) {
		return p.http
	}
	return p.https
}

// AllowsHTTP reports whether browsers follow a form of the site with that origin to http URLs.
func (p *Pages) AllowsHTTP(site string) bool { return p.csp.of(site) == p.csp.http }

// setHeaders sets the headers of a page of the site with that origin.
func (p policy) setHeaders(h http.Header, site string) {
	h.Set("Content-Security-Policy", p.of(site))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Not no-referrer: with that, browsers would submit the forms with "Origin: null" (Fetch §
	// 3.2), and a check of the origin could not distinguish them from an attack.
	h.Set("Referrer-Policy", "same-origin")
}
