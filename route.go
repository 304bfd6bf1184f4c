package cardea

import (
	"net/http"
	"slices"
	"strings"
)

// route is one endpoint: which requests it serves, what they must prove, and how a failure is
// answered. Every route states all of this in routeTable.
type route struct {
	method  string
	action  string  // first segment of the path below the base path
	segment segment // what follows the action

	// csrf says that the request must prove that a page of this site sent it.
	csrf bool

	// fromProvider says that a provider's page may send the request instead of a page of this site.
	fromProvider bool

	// stateless says that the endpoint uses neither the CSRF token nor the callback URL, and sets
	// no cookies for them.
	stateless bool

	// failureStatus is the status of the answer to a failure, which is in JSON that there is no
	// session. If it is 0, a failure redirects to a page.
	failureStatus int

	serve func(*exchange) error
}

// segment is what may follow the action in the path.
type segment int

const (
	noSegment        segment = iota
	optionalProvider         // a provider's id, or nothing
	needsProvider            // a provider's id
	codeInV4                 // nothing; with ProtocolV4 also the code of a failure
)

// routeTable has all endpoints. Any other request gets 400.
var routeTable = []route{
	{method: http.MethodGet, action: "providers", stateless: true, serve: getProviders},
	{method: http.MethodGet, action: "session", failureStatus: http.StatusInternalServerError, serve: getSession},
	{method: http.MethodPost, action: "session", csrf: true, failureStatus: http.StatusBadRequest, serve: postSession},
	{method: http.MethodGet, action: "csrf", serve: getCSRF},
	{method: http.MethodGet, action: "signin", segment: codeInV4, serve: getSignIn},
	{method: http.MethodPost, action: "signin", segment: optionalProvider, csrf: true, serve: postSignIn},
	// No CSRF token: state and PKCE bind a callback to the browser.
	{method: http.MethodGet, action: "callback", segment: needsProvider, serve: getCallback},
	{
		method: http.MethodPost, action: "callback", segment: needsProvider, csrf: true, fromProvider: true,
		serve: postCallback,
	},
	{method: http.MethodGet, action: "signout", serve: getSignOut},
	{method: http.MethodPost, action: "signout", csrf: true, serve: postSignOut},
	{method: http.MethodGet, action: "verify-request", serve: getVerifyRequest},
	{method: http.MethodGet, action: "error", segment: codeInV4, serve: getError},
	// No CSRF token: it changes nothing, and the browsers that send it have no token.
	{method: http.MethodPost, action: "_log", serve: postLog},
}

// ServeHTTP serves the endpoints of Auth.js under the base path: providers, session, csrf, signin,
// callback, signout, verify-request, error and _log. Any other request, and one for a host that is
// not trusted, gets 400.
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
		a.log.WarnContext(r.Context(), "cardea: request refused", "code", codeOf(err), "cause", err)
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
		e.answerFailure(err)
	}
}

// serve runs the endpoint if the request proves what the route demands.
func (e *exchange) serve() error {
	if e.sentByProvider() {
		return e.route.serve(e)
	}
	if !e.route.stateless {
		e.prepare()
	}
	if e.route.csrf && !e.sentByThisSite() {
		return fail(CodeMissingCSRF, "POST %s: the CSRF token is missing or wrong, or the origin is another one",
			e.route.action)
	}
	return e.route.serve(e)
}

// sentByProvider reports whether a provider's page may send this request. It cannot contain a token
// of this site, and changes nothing.
func (e *exchange) sentByProvider() bool {
	if !e.route.fromProvider {
		return false
	}
	m := e.auth.method(e.provider)
	return m != nil && m.info().postsCallback
}

// findRoute returns the endpoint of a request and the segment after its action. It compares paths
// byte for byte and does not clean them, so that a proxy in front of this handler cannot see
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
