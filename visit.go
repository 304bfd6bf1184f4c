package cardea

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/internal/redirect"
)

// visit is one request to an endpoint and the answer to it.
type exchange struct {
	auth   *Auth
	w      http.ResponseWriter
	r      *http.Request
	now    time.Time
	origin *url.URL
	names  *cookie.Names
	jar    *cookie.Jar

	provider    string // the id in the path
	form        map[string]string
	posted      url.Values      // a form as it came
	update      json.RawMessage // of POST session
	csrfToken   string
	csrfKnown   bool   // the browser had the token already
	callbackURL string // where to go afterwards: safe, absolute
}

// visit begins an answer. It fails for a host that is not trusted.
func (a *Auth) visit(w http.ResponseWriter, r *http.Request) (*exchange, error) {
	origin, err := a.origins.of(r)
	if err != nil {
		return nil, err
	}
	v := &exchange{auth: a, w: w, r: r, now: a.now(), origin: origin, names: &a.plain}
	if origin.Scheme == "https" {
		v.names = &a.secure
	}
	v.jar = cookie.NewJar(r.Header, v.names)
	return v, nil
}

const maxForm = 64 << 10 // bytes

// readForm reads a form or a JSON object; of a name that comes twice the last counts. Any other
// content is no form at all.
func (v *exchange) readForm() error {
	kind, _, _ := mime.ParseMediaType(v.r.Header.Get("Content-Type"))
	if kind != "application/json" && kind != "application/x-www-form-urlencoded" {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(v.w, v.r.Body, maxForm))
	if err != nil {
		return err
	}
	v.form = map[string]string{}
	if kind == "application/json" {
		return v.readJSON(body)
	}
	values, err := url.ParseQuery(string(body))
	v.posted = values
	for name, list := range values {
		v.form[name] = list[len(list)-1]
	}
	if data := v.form["data"]; json.Valid([]byte(data)) {
		v.update = json.RawMessage(data)
	}
	return err
}

func (v *exchange) readJSON(body []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return err
	}
	for name, raw := range members {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			v.form[name] = s
		}
	}
	v.update = members["data"]
	return nil
}

// ready does what every endpoint but providers begins with: it sees to the CSRF token and works out
// the callback URL.
func (v *exchange) ready() {
	if v.csrfToken, v.csrfKnown = v.auth.csrf.token(v.jar.Get(v.names.CSRF)); !v.csrfKnown {
		v.freshCSRF()
	}
	kept := v.jar.Get(v.names.CallbackURL)
	v.callbackURL = v.target(v.form["callbackUrl"], v.query("callbackUrl"), kept)
	if v.callbackURL != kept {
		// A URL too long for a cookie just isn't remembered.
		_ = v.jar.Set(cookie.Cookie{Name: v.names.CallbackURL, Value: v.callbackURL})
	}
}

func (v *exchange) freshCSRF() {
	token, value := v.auth.csrf.fresh()
	v.csrfToken = token
	_ = v.jar.Set(cookie.Cookie{Name: v.names.CSRF, Value: value}) // always short enough
}

// query returns a parameter; of several values the last one counts.
func (v *exchange) query(name string) string {
	if v.r.URL.RawQuery == "" {
		return ""
	}
	values := v.r.URL.Query()[name]
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}

// target is where the first of the wishes that is not empty may lead: within the site, unless the
// application's callback says otherwise.
func (v *exchange) target(wishes ...string) string {
	for _, wish := range wishes {
		if wish == "" {
			continue
		}
		decide := v.auth.config.Callbacks.Redirect
		if decide == nil {
			return redirect.Target(wish, v.origin)
		}
		u, err := url.Parse(decide(v.r.Context(), wish, v.origin.String()))
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			break
		}
		return u.String()
	}
	return v.origin.String()
}

// sentByUs reports whether the request was sent by a page of this site: it repeats the CSRF token
// of the browser's cookie, and comes from the same origin as far as the browser tells. The token
// alone would do where cookies are safe from sibling domains; the origin does where they are not.
func (v *exchange) sentByUs() bool {
	return v.csrfKnown && equal(v.form["csrfToken"], v.csrfToken) && v.sameOrigin()
}

func (v *exchange) sameOrigin() bool {
	if o := v.r.Header.Get("Origin"); o != "" && o != v.origin.String() {
		return false
	}
	r := v.r
	if r.Host != v.origin.Host { // behind a proxy, or on the scheme's own port
		clone := *r
		clone.Host = v.origin.Host
		r = &clone
	}
	return v.auth.crossing.Check(r) == nil
}

// json answers with a value and the cookies.
func (v *exchange) json(status int, body any) {
	v.jar.Write(v.w.Header())
	writeJSON(v.w, status, body)
}

// redirect sends the visitor on: a browser by status 303 after a POST, so that no form is posted
// again (RFC 9700 § 4.12), else 302; the Auth.js client by the URL in a JSON object.
func (v *exchange) redirect(to string) error { return v.lead(to, http.StatusOK) }

// lead is redirect with a status for the client of next-auth 4. That of Auth.js always gets 200,
// and a Location as well.
func (v *exchange) lead(to string, status int) error {
	v.jar.Write(v.w.Header())
	h := v.w.Header()
	h.Set("Referrer-Policy", "no-referrer")
	if v.ofV4() {
		writeJSON(v.w, status, map[string]string{"url": to})
		return nil
	}
	h.Set("Location", to)
	switch {
	case v.ofV5():
		writeJSON(v.w, http.StatusOK, map[string]string{"url": to})
	case v.r.Method == http.MethodPost:
		v.w.WriteHeader(http.StatusSeeOther)
	default:
		v.w.WriteHeader(http.StatusFound)
	}
	return nil
}

// ofV5 reports whether the client of Auth.js sent the request.
func (v *exchange) ofV5() bool { return v.r.Header.Get("X-Auth-Return-Redirect") != "" }

// ofV4 reports whether the client of next-auth 4 did.
func (v *exchange) ofV4() bool { return !v.ofV5() && v.form["json"] == "true" }

// fail answers with a failure: the cause goes to the log, the code to the visitor. A store that is
// away is a 503, since trying again may help.
func (v *exchange) fail(err error) {
	code := codeOf(err)
	v.log(err)
	if code == codeAdapter {
		v.unavailable()
		return
	}
	if v.isSession() {
		v.json(v.sessionStatus(), v.auth.protocol.noSession)
		return
	}
	_ = v.lead(v.auth.protocol.tell(v, asError(err)), v.refusalStatus(code))
}

// refusalStatus is how the client of next-auth 4 knows that a sign-in with credentials failed; of
// all others it goes by the URL alone.
func (v *exchange) refusalStatus(code Code) int {
	_, credentials := v.auth.provider(v.provider).(*CredentialsProvider)
	switch {
	case !credentials || code == CodeMissingCSRF:
		return http.StatusOK
	case code == CodeAccessDenied:
		return http.StatusForbidden
	}
	return http.StatusUnauthorized
}

// sessionStatus is that of a session request that failed: to read cannot be the visitor's fault; to
// update is always answered with 400 by Auth.js.
func (v *exchange) sessionStatus() int {
	if v.r.Method == http.MethodGet {
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

func (v *exchange) isSession() bool {
	return strings.HasPrefix(v.r.URL.Path, v.auth.config.BasePath+"/session")
}

// log tells the cause of a failure: as an error when the site is at fault, else as a warning.
func (v *exchange) log(err error) {
	level := v.auth.log.WarnContext
	if code := codeOf(err); code == CodeConfiguration || code == codeAdapter || code == codeEmailSend {
		level = v.auth.log.ErrorContext
	}
	level(v.r.Context(), "cardea: request failed", "code", codeOf(err), "provider", truncate(v.provider, 100), "remote",
		v.r.RemoteAddr, "cause", err)
}

// unavailable answers 503: to the Auth.js client and to session requests in JSON, to a browser with
// a page.
func (v *exchange) unavailable() {
	v.w.Header().Set("Retry-After", "5")
	if v.ofV5() || v.ofV4() {
		v.json(http.StatusServiceUnavailable,
			map[string]string{"url": withQuery(v.errorPage(), "error", string(CodeConfiguration))})
		return
	}
	if v.isSession() {
		v.json(http.StatusServiceUnavailable, v.auth.protocol.noSession)
		return
	}
	v.jar.Write(v.w.Header())
	if err := v.auth.pages.Error(v.w, page.Failure{Site: v.origin.String(), Code: page.Unavailable,
		SignInURL: v.signInPage()}); err != nil {
		v.log(err)
	}
}

func (v *exchange) signInPage() string { return v.page(v.auth.config.Pages.SignIn, "/signin") }

func (v *exchange) errorPage() string { return v.page(v.auth.config.Pages.Error, "/error") }

// errorEndpoint goes on to the page that the code belongs to.
func (v *exchange) errorEndpoint() string { return v.absolute(v.auth.config.BasePath + "/error") }

// formEndpoint has the form that was posted, with a new token.
func (v *exchange) formEndpoint() string {
	if strings.HasPrefix(v.r.URL.Path, v.auth.config.BasePath+"/signout") {
		return v.absolute(v.auth.config.BasePath + "/signout")
	}
	return v.absolute(v.auth.config.BasePath + "/signin")
}

// page is the absolute URL of the application's page, or of the built-in one.
func (v *exchange) page(own, builtIn string) string {
	if own == "" {
		own = v.auth.config.BasePath + builtIn
	}
	return v.absolute(own)
}

func (v *exchange) absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return v.origin.String() + path
	}
	return path
}

// withQuery adds parameters, given as name and value in turn, to a URL that may have some.
func withQuery(to string, pairs ...string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}
