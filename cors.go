package cardea

import (
	"net/http"

	"github.com/cardea-auth/cardea/internal/redirect"
)

// The answers to scripts of other origins (Fetch Standard § 3.3). Only Config.TrustedOrigins get
// any, each of them its own name: with credentials, * would mean nothing, and Access-Control-Allow-
// Origin: null would let every sandboxed frame read the answer.

const (
	// preflightMaxAge is how long a browser may keep the answer to a preflight request, in seconds.
	preflightMaxAge = "600"

	// crossOriginHeaders are the request headers that the clients of the endpoints send, and that
	// scripts cannot send to another origin unless it is asked. The clients are those of Auth.js
	// and htmx, which sends all of its headers or none.
	crossOriginHeaders = "Content-Type, X-Auth-Return-Redirect, HX-Request, HX-Request-Type, HX-Boosted, " +
		"HX-Current-URL, HX-Source, HX-Target, HX-Trigger, HX-Trigger-Name"
)

// vary tells caches that answers differ by the header Origin, also those to requests that
// have none.
func (o origins) vary(h http.Header) {
	if len(o.others) > 0 {
		h.Add("Vary", "Origin")
	}
}

// share lets a script of a trusted origin read the answer, and reports whether one sent the
// request.
func (o origins) share(h http.Header, r *http.Request) bool {
	if len(o.others) == 0 {
		return false
	}
	origin := redirect.HeaderOrigin(r.Header.Get("Origin"))
	if !o.trustsOrigin(origin) {
		return false
	}
	h.Set("Access-Control-Allow-Origin", origin.String())
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", "HX-Redirect, Retry-After") // what a script reads besides the body
	return true
}

// answerPreflight answers the question of a browser whether a script of another origin may send a
// request (Fetch Standard § 3.3.3). It returns false if nothing was answered: the script is not of
// a trusted origin, or there is no endpoint for such a request.
func (a *Auth) answerPreflight(w http.ResponseWriter, r *http.Request) bool {
	method := r.Header.Get("Access-Control-Request-Method")
	if r.Method != http.MethodOptions || method == "" {
		return false
	}
	asked := *r
	asked.Method = method
	if route, _, _ := a.findRoute(&asked); route == nil || !route.shared || !a.origins.share(w.Header(), r) {
		return false
	}
	w.Header().Set("Access-Control-Allow-Methods", method)
	w.Header().Set("Access-Control-Allow-Headers", crossOriginHeaders)
	w.Header().Set("Access-Control-Max-Age", preflightMaxAge)
	w.WriteHeader(http.StatusNoContent)
	return true
}
