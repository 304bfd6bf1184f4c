package cardea

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/redirect"
)

// exchange is one HTTP request and the answer to it.
type exchange struct {
	auth   *Auth
	w      http.ResponseWriter
	r      *http.Request
	now    time.Time
	origin *url.URL
	names  *cookie.Names
	jar    *cookie.Jar

	route       *route            // nil behind the middleware
	provider    string            // last segment of the path: a provider's id, or the code of a failure
	form        map[string]string // what was posted; of a name that came twice the last value
	posted      url.Values        // what was posted as a form, all values
	update      json.RawMessage   // the new data of POST session
	csrfToken   string
	csrfKnown   bool   // the browser had csrfToken already
	callbackURL string // where to go afterwards: safe and absolute
	session     string // the value of the session cookie, if it was chosen among several
}

// newExchange fails for a host that is not trusted.
func (a *Auth) newExchange(w http.ResponseWriter, r *http.Request) (*exchange, error) {
	a.warnOfUntrustedProxy(r)
	origin, err := a.origins.of(r)
	if err != nil {
		return nil, err
	}
	e := &exchange{auth: a, w: w, r: r, now: a.now(), origin: origin, names: &a.plain}
	if origin.Scheme == "https" {
		e.names = &a.secure
	}
	e.jar = cookie.NewJar(r.Header, e.names)
	return e, nil
}

const maxForm = 64 << 10 // bytes

// readForm reads a form or a JSON object. Any other content counts as no form.
func (e *exchange) readForm() error {
	kind, _, _ := mime.ParseMediaType(e.r.Header.Get("Content-Type"))
	if kind != "application/json" && kind != "application/x-www-form-urlencoded" {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(e.w, e.r.Body, maxForm))
	if err != nil {
		return err
	}
	e.form = map[string]string{}
	if kind == "application/json" {
		return e.readJSON(body)
	}
	values, err := url.ParseQuery(string(body))
	e.posted = values
	for name, list := range values {
		e.form[name] = list[len(list)-1]
	}
	if data := e.form["data"]; json.Valid([]byte(data)) {
		e.update = json.RawMessage(data)
	}
	return err
}

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

// prepare finds out the CSRF token and the callback URL, and keeps both in cookies.
func (e *exchange) prepare() {
	if e.csrfToken, e.csrfKnown = e.auth.csrf.first(e.jar.Values(e.names.CSRF)); !e.csrfKnown {
		e.renewCSRF()
	}
	stored := e.jar.Get(e.names.CallbackURL)
	e.callbackURL = e.target(e.form["callbackUrl"], e.query("callbackUrl"), stored)
	if e.callbackURL != stored {
		e.rememberCallbackURL()
	}
}

func (e *exchange) renewCSRF() {
	token, value := e.auth.csrf.fresh()
	e.csrfToken = token
	_ = e.jar.Set(cookie.Cookie{Name: e.names.CSRF, Value: value}) // always short enough
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

// target returns where the first URL that is not empty may lead: within the site, unless the
// application's callback allows more.
func (e *exchange) target(urls ...string) string {
	for _, wanted := range urls {
		if wanted == "" {
			continue
		}
		decide := e.auth.config.Callbacks.Redirect
		if decide == nil {
			return redirect.Target(wanted, e.origin)
		}
		u, err := url.Parse(redirect.Encode(decide(e.r.Context(), wanted, e.origin.String())))
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			break
		}
		return u.String()
	}
	return e.origin.String()
}

// fromAuthJS reports whether the client of Auth.js sent the request.
func (e *exchange) fromAuthJS() bool { return e.r.Header.Get("X-Auth-Return-Redirect") != "" }

// fromNextAuth4 reports whether the client of next-auth 4 sent the request.
func (e *exchange) fromNextAuth4() bool { return !e.fromAuthJS() && e.form["json"] == "true" }
