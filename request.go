package cardea

import (
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/redirect"
)

// exchange is one HTTP request and the answer to it.
type exchange struct {
	links
	auth  *Auth
	w     http.ResponseWriter
	r     *http.Request
	now   time.Time
	names *cookie.Names // httpCookies or httpsCookies of auth
	jar   cookie.Jar

	route       *route            // nil in the middleware
	provider    string            // last segment of the path: a provider's id, or the code of a failure
	form        map[string]string // what was posted; the last value if a name is repeated
	formValues  url.Values        // what was posted as a form, all values
	update      json.RawMessage   // the new data of POST session
	csrfToken   string
	csrfKnown   bool           // the browser has sent csrfToken in its cookie
	callbackURL string         // where to go afterwards: safe and absolute
	order       int64          // of the sign-in, if the request of a feature becomes one; see signInOrder
	session     string         // the value of the session cookie, if it was chosen among several
	completes   bool           // the request signs somebody in, and ends the session of its cookie
	rotated     bool           // the request has replaced the session of its cookie
	asked       *asked         // the sign-in about which conditions are being asked; nil for none
	once        *singleUse     // what proves the address in Host.Complete; nil if that was used before
	pending     *pendingSignIn // the one of this browser, which Host.Held has found; nil for none
	takesMail   bool           // the visitor has asked for a mail to an address that anybody can type
	tasks       answerTasks
}

// newExchange returns an error for a host that is not trusted.
func (a *Auth) newExchange(w http.ResponseWriter, r *http.Request) (*exchange, error) {
	a.warnOfUntrustedProxy(r)
	warnOfHiddenClients(a, r)
	origin, err := a.origins.of(r)
	if err != nil {
		return nil, err
	}
	e := &exchange{
		links: links{origin, a.config.BasePath, a.config.Pages},
		auth:  a, w: w, r: r, now: a.now(), names: &a.httpCookies,
	}
	if origin.Scheme == "https" {
		e.names = &a.httpsCookies
	}
	e.jar = *cookie.NewJar(r.Header, e.names)
	e.jar.Answered(w.Header())
	return e, nil
}

// aboutRequest says in the log which request a line is about, and from whom it came. The path may
// be one of the application. The query is not logged, because it may contain a code or a token.
func aboutRequest(a *Auth, r *http.Request) slog.Attr {
	return slog.Group("", "method", truncate(r.Method, 20), "path", truncate(r.URL.Path, 200),
		"remote", a.origins.proxies.remote(r))
}

const maxBody = 64 << 10 // bytes

// readForm reads a form or a JSON object. A body of another type is ignored.
func (e *exchange) readForm() error {
	kind, _, _ := mime.ParseMediaType(e.r.Header.Get("Content-Type"))
	if kind != "application/json" && kind != "application/x-www-form-urlencoded" {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(e.w, e.r.Body, maxBody))
	if err != nil {
		return err
	}
	e.form = map[string]string{}
	if kind == "application/json" {
		return e.readJSON(body)
	}
	values, err := url.ParseQuery(string(body))
	e.formValues = values
	for name, list := range values {
		e.form[name] = list[len(list)-1]
	}
	if data := e.form["data"]; json.Valid([]byte(data)) {
		e.update = json.RawMessage(data)
	}
	return err
}

// readJSON reads the members of a JSON object that are texts, and the member data as it is.
func (e *exchange) readJSON(body []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return err
	}
	for name, raw := range members {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			e.form[name] = s
		}
	}
	e.update = members["data"]
	return nil
}

// prepare reads the CSRF token and the callback URL from the request and its cookies, and stores
// them in cookies.
func (e *exchange) prepare() {
	e.readCSRF()
	stored := e.jar.Get(e.names.CallbackURL)
	e.callbackURL = e.redirectTarget(e.form["callbackUrl"], e.query("callbackUrl"), stored)
	if e.callbackURL != stored {
		cookieRoom{e}.rememberCallbackURL()
	}
}

// query returns a parameter of the query, the last one if it came several times.
func (e *exchange) query(name string) string {
	if e.r.URL.RawQuery == "" {
		return ""
	}
	values := e.r.URL.Query()[name]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// redirectTarget returns the URL to which the first of urls that is not empty may redirect: a URL
// of this site or of one of Config.TrustedOrigins, unless Callbacks.Redirect decides otherwise. If
// there is none, it returns the origin.
//
// Nobody decides about the pages of this handler. They are on the way to where the visitor goes,
// such as the one that shows recovery codes, once.
func (e *exchange) redirectTarget(urls ...string) string {
	for _, wanted := range urls {
		if wanted == "" {
			continue
		}
		decide := e.auth.config.Callbacks.Redirect
		if decide == nil || isOwnPage(e, wanted) {
			return redirect.Target(wanted, e.auth.origins.within(wanted, e.origin))
		}
		u, err := url.Parse(redirect.Encode(decide(e.r.Context(), wanted, e.origin.String())))
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			break
		}
		return u.String()
	}
	return e.origin.String()
}

// isOwnPage reports whether a URL is that of a page of this handler. The callback of a sign-in is
// none: what is in its URL signs somebody in.
func isOwnPage(e *exchange, to string) bool {
	u, err := url.Parse(redirect.Target(to, e.origin))
	if err != nil || u.Scheme != e.origin.Scheme || u.Host != e.origin.Host {
		return false
	}
	found, _, _ := e.auth.findRoute(&http.Request{Method: http.MethodGet, URL: u})
	return found != nil && !found.shared && found.action != "callback"
}

// fromAuthJS reports whether the client of Auth.js sent the request.
func (e *exchange) fromAuthJS() bool { return e.r.Header.Get("X-Auth-Return-Redirect") != "" }

// fromHTMX reports whether htmx sent the request.
func (e *exchange) fromHTMX() bool { return !e.fromAuthJS() && e.r.Header.Get("HX-Request") == "true" }

// fromNextAuth4 reports whether the client of next-auth 4 sent the request.
func (e *exchange) fromNextAuth4() bool { return !e.fromAuthJS() && e.form["json"] == "true" }
