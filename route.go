package cardea

import (
	"net/http"
	"slices"
	"strings"
)

// route is an endpoint with everything that it needs, so that no endpoint can be added without
// saying it.
type route struct {
	method  string
	action  string  // first segment of the path below the base path
	segment segment // what follows the action

	// csrf says that the request must prove that a page of this site sent it.
	csrf bool

	// fromProvider says that a provider's page may send the request instead of a page of this site.
	fromProvider bool

	// stateless says that the endpoint needs neither the CSRF token nor the callback URL.
	stateless bool

	// failureStatus is the status with which a failure is answered as "no session", in JSON. With 0
	// a failure leads to a page.
	failureStatus int

	serve func(*exchange) error
}

// segment says which segment of the path follows the action.
type segment int

const (
	noSegment        segment = iota
	optionalProvider         // a provider's id, or nothing
	needsProvider            // a provider's id
	codeInV4                 // nothing; with ProtocolV4 also the code of a failure
)

// routeTable is every endpoint that there is. Anything else is a bad request.
var routeTable = []route{
	{method: http.MethodGet, action: "providers", stateless: true, serve: getProviders},
	{method: http.MethodGet, action: "session", failureStatus: http.StatusInternalServerError, serve: getSession},
	{method: http.MethodPost, action: "session", csrf: true, failureStatus: http.StatusBadRequest, serve: postSession},
	{method: http.MethodGet, action: "csrf", serve: getCSRF},
	{method: http.MethodGet, action: "signin", segment: codeInV4, serve: getSignIn},
	{method: http.MethodPost, action: "signin", segment: optionalProvider, csrf: true, serve: postSignIn},
	// State and PKCE prove where a callback comes from.
	{method: http.MethodGet, action: "callback", segment: needsProvider, serve: getCallback},
	{
		method: http.MethodPost, action: "callback", segment: needsProvider, csrf: true, fromProvider: true,
		serve: postCallback,
	},
	{method: http.MethodGet, action: "signout", serve: getSignOut},
	{method: http.MethodPost, action: "signout", csrf: true, serve: postSignOut},
	{method: http.MethodGet, action: "verify-request", serve: getVerifyRequest},
	{method: http.MethodGet, action: "error", segment: codeInV4, serve: getError},
	// It changes nothing, and browsers that send it have no token.
	{method: http.MethodPost, action: "_log", serve: postLog},
}

// ServeHTTP serves the endpoints of Auth.js under the base path: providers, session, csrf, signin,
// callback, signout, verify-request, error.
func (a *Auth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "private, no-cache, no-store")
	header.Set("Expires", "0")
	header.Set("Pragma", "no-cache")
	header.Set("X-Content-Type-Options", "nosniff")

	route, segment, ok := a.findRoute(r)
	if !ok {
		badRequest(w)
		return
	}
	e, err := a.newExchange(w, r)
	if err != nil {
		a.log.WarnContext(r.Context(), "cardea: request refused", "code", codeOf(err),
			"remote", a.origins.proxies.remote(r), "cause", err)
		writeJSON(w, http.StatusBadRequest, map[string]string{
			"message": "This host is not one of this site. The server's log says more.",
		})
		return
	}
	e.route, e.provider = route, segment
	if r.Method == http.MethodPost {
		if err := e.readForm(); err != nil {
			badRequest(w)
			return
		}
	}
	if err := e.serve(); err != nil {
		e.fail(err)
	}
}

// serve runs the endpoint after the check that its route demands.
func (e *exchange) serve() error {
	if e.sentByProvider() {
		return e.route.serve(e)
	}
	if !e.route.stateless {
		e.prepare()
	}
	if e.route.csrf {
		if err := e.checkSender(); err != nil {
			return err
		}
	}
	return e.route.serve(e)
}

// sentByProvider reports whether a provider's page posts the callback. Such a request cannot
// contain a token of this site, and changes nothing.
func (e *exchange) sentByProvider() bool {
	if !e.route.fromProvider {
		return false
	}
	m := e.auth.method(e.provider)
	return m != nil && m.info().postsCallback
}

// findRoute finds the endpoint of a request and the segment after its action. Paths are compared as
// they are, without cleaning and in one case, so that a proxy in front of this handler cannot see
// another path than the handler does.
func (a *Auth) findRoute(r *http.Request) (found *route, segment string, ok bool) {
	rest, ok := strings.CutPrefix(r.URL.Path, a.config.BasePath+"/")
	if !ok {
		return nil, "", false
	}
	action, segment, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	i := slices.IndexFunc(routeTable, func(t route) bool { return t.method == r.Method && t.action == action })
	if i < 0 || strings.Contains(segment, "/") {
		return nil, "", false
	}
	t := &routeTable[i]
	if t.segment == noSegment && segment != "" {
		return nil, "", false
	}
	if segment == "undefined" { // what a script writes for a missing value
		segment = ""
	}
	if t.segment == needsProvider && segment == "" ||
		t.segment == codeInV4 && segment != "" && !a.protocol.codeInPath {
		return nil, "", false
	}
	return t, segment, true
}
