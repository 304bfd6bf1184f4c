package cardea

import (
	"net/http"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/ratelimit"
)

// route is one endpoint: which requests it serves, what they must prove, and how a failure is
// answered. Every route states all of this in routeTable.
type route struct {
	method  string
	action  string  // first segment of the path below the base path; in the log of a feature's endpoint all of it
	path    string  // whole path below the base path, for an endpoint of a feature; otherwise ""
	segment segment // what follows the action

	// csrf says that the request must prove that a page of this site sent it.
	csrf bool

	// fromProvider says that a provider's page may send the request instead of a page of this site.
	fromProvider bool

	// stateless says that the endpoint uses neither the CSRF token nor the callback URL, and sets
	// no cookies for them.
	stateless bool

	// shared says that scripts of Config.TrustedOrigins may send the request and read the answer.
	// The other endpoints are for browsers that navigate.
	shared bool

	// failureStatus is the status of the answer to a failure, which is in JSON that there is no
	// session. If it is 0, a failure redirects to a page.
	failureStatus int

	// json says that a failure is answered with a status and a JSON object.
	json bool

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

// routeTable has all endpoints. Any other request gets 404, or 405 if only the method is wrong.
var routeTable = []route{
	{method: http.MethodGet, action: "providers", stateless: true, shared: true, serve: getProviders},
	{
		method: http.MethodGet, action: "session", shared: true, failureStatus: http.StatusInternalServerError,
		serve: getSession,
	},
	{
		method: http.MethodPost, action: "session", csrf: true, shared: true, failureStatus: http.StatusBadRequest,
		serve: postSession,
	},
	{method: http.MethodGet, action: "csrf", shared: true, serve: getCSRF},
	{method: http.MethodGet, action: "signin", segment: optionalProvider, serve: getSignIn},
	{method: http.MethodPost, action: "signin", segment: optionalProvider, csrf: true, shared: true, serve: postSignIn},
	// No CSRF token: state and PKCE bind a callback to the browser.
	{method: http.MethodGet, action: "callback", segment: needsProvider, serve: getCallback},
	{
		method: http.MethodPost, action: "callback", segment: needsProvider, csrf: true, fromProvider: true,
		shared: true, serve: postCallback,
	},
	{method: http.MethodGet, action: "link", serve: getLink},
	{method: http.MethodPost, action: "link", csrf: true, serve: postLink},
	{method: http.MethodGet, action: "confirm", serve: getConfirm},
	{method: http.MethodPost, action: "confirm", csrf: true, serve: postConfirm},
	{method: http.MethodGet, action: "signout", serve: getSignOut},
	{method: http.MethodPost, action: "signout", csrf: true, shared: true, serve: postSignOut},
	{method: http.MethodGet, action: "verify-request", serve: getVerifyRequest},
	{method: http.MethodGet, action: "error", segment: codeInV4, serve: getError},
	// No CSRF token: it changes nothing, and the browsers that send it have no token.
	{method: http.MethodPost, action: "_log", shared: true, serve: postLog},
}

// ServeHTTP serves the endpoints of Auth.js under the base path: providers, session, csrf, signin,
// callback, link, signout, verify-request, error and _log; link asks whether to link an account,
// confirm lets a visitor confirm who they are, and both are not of Auth.js. Any other request gets
// 404 or 405, and one for a host that is not trusted 400.
func (a *Auth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "private, no-cache, no-store")
	header.Set("Expires", "0")
	header.Set("Pragma", "no-cache")
	header.Set("X-Content-Type-Options", "nosniff")
	a.origins.vary(header)

	route, segment, allowed := a.findRoute(r)
	if route == nil {
		if !a.answerPreflight(w, r) {
			a.refuseRoute(w, r, allowed)
		}
		return
	}
	if route.shared {
		a.origins.share(header, r)
	}
	if SessionFrom(r.Context()) != nil { // behind Load: each endpoint looks for itself, or for none
		r = r.WithContext(aboutUser(r.Context(), a, nil, nil))
	}
	e, err := a.newExchange(w, r)
	if err != nil {
		refuseHost(a, w, r, err)
		return
	}
	e.route, e.provider = route, segment
	defer e.tasks.start(&a.tasks)
	if r.Method == http.MethodPost {
		if err := e.readForm(); err != nil {
			refuseBody(e)
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
	if e.fromHTMX() && e.route.isPage() {
		return htmx{e}.openPage()
	}
	if !e.route.stateless {
		e.prepare()
	}
	if e.route.csrf {
		if err := (sender{e}).check(); err != nil {
			return err
		}
	}
	return e.route.serve(e)
}

// isPage reports whether browsers navigate to the endpoint, which is not one of a feature.
func (t *route) isPage() bool { return t.method == http.MethodGet && !t.shared && t.path == "" }

// sentByProvider reports whether a provider's page may send this request. It cannot contain a token
// of this site, and changes nothing.
func (e *exchange) sentByProvider() bool {
	if !e.route.fromProvider {
		return false
	}
	m := e.auth.method(e.provider)
	return m != nil && m.info().postsCallback
}

// findRoute returns the endpoint of a request and the segment after its action. If there is none,
// it returns nil and the methods that the path has, if any. It compares paths byte for byte and
// does not clean them, so that a proxy in front of this handler cannot see another path than the
// handler does.
func (a *Auth) findRoute(r *http.Request) (found *route, segment string, allowed []string) {
	rest, ok := strings.CutPrefix(r.URL.Path, a.config.BasePath+"/")
	if !ok {
		return nil, "", nil
	}
	action, segment, _ := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	for i := range a.routes {
		t := &a.routes[i]
		if t.path != "" {
			if t.path != strings.TrimSuffix(rest, "/") {
				continue
			}
		} else if t.action != action || !t.takes(segment, a.protocol) {
			continue
		}
		if t.method == r.Method && t.path != "" {
			return t, "", nil
		}
		if t.method == r.Method {
			return t, present(segment), nil
		}
		allowed = append(allowed, t.method)
	}
	return nil, "", allowed
}

// present returns "" for what a script writes for a missing value.
func present(segment string) string {
	if segment == "undefined" {
		return ""
	}
	return segment
}

// takes reports whether the endpoint exists with that segment of the path.
func (t *route) takes(segment string, p *protocol) bool {
	if strings.Contains(segment, "/") || t.segment == noSegment && segment != "" {
		return false
	}
	switch t.segment {
	case needsProvider:
		return present(segment) != ""
	case codeInV4:
		return present(segment) == "" || p.codeInPath
	}
	return true
}

// strayLimit is how many requests for other paths are logged, since anybody can send them.
var strayLimit = ratelimit.Rate{Count: 10, Within: time.Minute}

// refuseRoute answers a request for which there is no endpoint: 405 if the path has one with
// another method (RFC 9110 § 15.5.6), HEAD and OPTIONS among them, and else 404. A browser or a
// scanner of mails that sends HEAD must not use up what the URL contains.
func (a *Auth) refuseRoute(w http.ResponseWriter, r *http.Request, allowed []string) {
	if len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		answerUnserved(a, w, r, http.StatusMethodNotAllowed, page.NotFound, "Method not allowed.")
		return
	}
	cause := "there is no such endpoint"
	switch {
	case r.URL.Path == a.config.BasePath:
		cause = "the path is Config.BasePath itself, which is no page; the one for signing in is " + r.URL.Path +
			"/signin"
	case !strings.HasPrefix(r.URL.Path, a.config.BasePath+"/"):
		cause = "the path is not below Config.BasePath; mount the handler at " + a.config.BasePath +
			"/ and without http.StripPrefix, or set Config.BasePath to where it is"
	}
	if a.counter.mayLog(cause, strayLimit, a.now()) {
		a.log.WarnContext(r.Context(), "cardea: not found", aboutRequest(a, r), "basePath", a.config.BasePath,
			"cause", cause)
	}
	answerUnserved(a, w, r, http.StatusNotFound, page.NotFound, "Not found.")
}

// refuseBody answers a request whose body cannot be read: as Auth.js does at its endpoints, and at
// those of features as their other failures.
func refuseBody(e *exchange) {
	const cause, text = "want a form or a JSON object of at most 64 kB", "Bad request."
	if e.auth.counter.mayLog(cause, strayLimit, e.now) {
		e.auth.log.WarnContext(e.r.Context(), "cardea: a body cannot be read", aboutRequest(e.auth, e.r),
			"cause", cause)
	}
	if e.route.path != "" && !isNavigation(e.r) {
		program{e}.answer(http.StatusBadRequest, e.errorPage(), feature.CodeBadRequest, text)
		return
	}
	answerUnserved(e.auth, e.w, e.r, http.StatusBadRequest, "", text)
}

// refuseHost answers a request for a host that is not trusted. There is no page for it, since the
// links of a page are made from the host.
func refuseHost(a *Auth, w http.ResponseWriter, r *http.Request, err error) {
	a.log.WarnContext(r.Context(), "cardea: request refused", "code", codeOf(err), aboutRequest(a, r), "cause", err)
	const message = "This host is not one of this site. The server's log says more."
	if isNavigation(r) {
		http.Error(w, message, http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusBadRequest, map[string]string{"message": message})
}

// answerUnserved answers a browser that opens a page with one that leads on, about code, and
// everybody else in JSON.
func answerUnserved(a *Auth, w http.ResponseWriter, r *http.Request, status int, code, message string) {
	if isNavigation(r) {
		if e, err := a.newExchange(w, r); err == nil {
			failure := restart{e}.page(code)
			failure.Status = status
			if e.page().Error(w, failure) == nil {
				return
			}
		}
	}
	writeJSON(w, status, message)
}
