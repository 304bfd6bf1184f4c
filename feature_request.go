package cardea

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/cookie"
	"github.com/cardea-auth/cardea/oauth"
	"github.com/cardea-auth/cardea/ratelimit"
)

// featureEndpoint is an endpoint of a feature.
type featureEndpoint struct {
	host    *Host
	rule    feature.Rule
	handler feature.Handler
}

// serve checks the rest of the rule, and calls the feature.
func (f featureEndpoint) serve(e *exchange) error {
	if f.rule.Limit > 0 {
		limit := ratelimit.Rate{Count: f.rule.Limit, Within: f.rule.Within}
		budgets := e.clientBudgets("feature "+f.rule.Path, f.rule.Method, limit)
		if err := e.auth.counter.take(e.r.Context(), e.now, budgets...); err != nil {
			return err
		}
	}
	if f.rule.Visitor == feature.VisitorSignedIn {
		s, err := e.currentSession()
		switch {
		case err != nil:
			return err
		case s == nil:
			e.auth.refuse(e.w, e.r)
			return nil
		case s.Level < f.rule.Level || f.rule.Fresh > 0 && e.now.Sub(s.AuthTime) > f.rule.Fresh:
			f.stepUp(e)
			return nil
		}
		e.r = e.r.WithContext(aboutSession(e.r.Context(), e.auth, s))
	}
	return f.host.call(e, f.handler)
}

// stepUp answers a visitor whose proof is too old or too weak: a browser that opens a page signs in
// again, and a program is told so (RFC 9470 § 3).
func (f featureEndpoint) stepUp(e *exchange) {
	e.w.Header().Set("Cache-Control", "private, no-store")
	if isNavigation(e.r) {
		to := ""
		if e.r.Method == http.MethodGet {
			to = e.origin.String() + e.r.URL.RequestURI()
		}
		http.Redirect(e.w, e.r, withQuery(e.signInPage(), "callbackUrl", to, "error", "SessionRequired"),
			http.StatusSeeOther)
		return
	}
	challenge := `Bearer error="insufficient_user_authentication"`
	if f.rule.Level > 0 {
		challenge += `, acr_values="` + strconv.Itoa(f.rule.Level) + `"`
	}
	if f.rule.Fresh > 0 {
		challenge += `, max_age="` + strconv.Itoa(int(f.rule.Fresh.Seconds())) + `"`
	}
	e.w.Header().Set("WWW-Authenticate", challenge)
	writeJSON(e.w, http.StatusUnauthorized, map[string]string{
		"error": "insufficient_user_authentication", "message": "Sign in again first.",
	})
}

type exchangeKey struct{}

// withExchange returns a context from which the methods of Host know the request.
func withExchange(ctx context.Context, e *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, e)
}

// exchange returns the request to which ctx belongs, and nil if it belongs to none of this site.
func (h *Host) exchange(ctx context.Context) *exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok && e.auth == h.auth {
		return e
	}
	return nil
}

// call calls a handler of a feature. What it writes to the response itself comes after the cookies.
func (h *Host) call(e *exchange, serve feature.Handler) error {
	writeJar(e)
	e.order = e.auth.nextSignIn(e.now) // before the check: Adopt may delete credentials meanwhile
	e.r = e.r.WithContext(withExchange(e.r.Context(), e))
	if err := serve(e.w, e.r); err != nil {
		return applicationError(CodeConfiguration, "feature "+h.id, err)
	}
	return nil
}

// writeJar writes the cookies to the response, which may go on to change them.
func writeJar(e *exchange) {
	e.jar.Write(e.w.Header())
	e.jar.Answered(e.w.Header())
}

// errNoRequest is the error of a method whose ctx is not that of a request.
var errNoRequest = errors.New("ctx is not that of a request of this site")

// Form returns what was posted, as a form or as the texts of a JSON object: the last value if a
// name is repeated. It is empty for a GET. It must not be changed.
func (h *Host) Form(ctx context.Context) map[string]string {
	if e := h.exchange(ctx); e != nil {
		return e.form
	}
	return nil
}

// CallbackURL returns where the visitor goes after the sign-in: a URL of this site, or one that
// Callbacks.Redirect allows.
func (h *Host) CallbackURL(ctx context.Context) string {
	if e := h.exchange(ctx); e != nil {
		return e.callbackURL
	}
	return ""
}

// SetCallbackURL changes where the visitor goes after the sign-in, for example to what the feature
// has kept in a cookie. A URL that is not allowed counts as the site's root.
func (h *Host) SetCallbackURL(ctx context.Context, to string) {
	if e := h.exchange(ctx); e != nil {
		e.callbackURL = e.redirectTarget(to)
	}
}

// URL returns the URL of an endpoint by its path below Config.BasePath, such as "qr/show".
func (h *Host) URL(ctx context.Context, path string) string {
	if e := h.exchange(ctx); e != nil {
		return e.endpoint("/" + path)
	}
	return ""
}

// SetCookie keeps values in the browser, encrypted and signed, for at most maxAge. The cookie
// belongs to the feature, and is sent to this host alone. If there is too little room in the
// browser's cookies, it is an error.
func (h *Host) SetCookie(ctx context.Context, name string, maxAge time.Duration, values oauth.Claims) error {
	e := h.exchange(ctx)
	if e == nil {
		return errNoRequest
	}
	name = e.names.Feature(h.id, name)
	err := cookieRoom{e}.setSealed(name, cookie.Cookie{Name: name}, maxAge, map[string]any{"values": values})
	if err == nil {
		writeJar(e)
	}
	return err
}

// Cookie returns the values of a cookie of the feature. They are nil if the browser has none, or if
// it has expired. A browser can send a copy of a cookie again.
func (h *Host) Cookie(ctx context.Context, name string) oauth.Claims {
	e := h.exchange(ctx)
	if e == nil {
		return nil
	}
	name = e.names.Feature(h.id, name)
	opened, err := e.auth.sealer.Open(name, e.jar.Get(name), e.now)
	if err != nil {
		return nil
	}
	values, _ := opened["values"].(map[string]any)
	return values
}

// ClearCookie deletes a cookie of the feature.
func (h *Host) ClearCookie(ctx context.Context, name string) {
	if e := h.exchange(ctx); e != nil {
		e.jar.Clear(e.names.Feature(h.id, name))
		writeJar(e)
	}
}

// Complete signs the person in and answers the request: it sends the visitor to the callback URL
// with a session, or to where a callback or a condition wants them first. It is where every sign-in
// ends; see [Auth.SignIn]. Proof.Provider defaults to the id of the feature. Its error is the one
// to return from the handler.
func (h *Host) Complete(ctx context.Context, p Proof) error {
	e := h.exchange(ctx)
	if e == nil {
		return errNoRequest
	}
	if p.Provider == "" {
		p.Provider = h.id
	}
	if err := p.check(h.auth); err != nil {
		return err
	}
	id := p.identity()
	id.order, id.callbackURL = e.order, e.callbackURL
	return e.signIn(id)
}

// Take counts one event of a subject, such as a wrong code of an account, in a limit that the
// feature calls name. If the limit is used up, the error is an [Error] with CodeRateLimited to
// return from the handler. It counts where Config.Limits count, for all processes if there is a
// [ratelimit.Store]. Call it before what it protects, so that concurrent requests do not pass
// together.
func (h *Host) Take(ctx context.Context, name, subject string, limit ratelimit.Rate) error {
	return h.auth.counter.take(ctx, h.Now(), h.budget(name, subject, limit))
}

// Give takes back one event that Take has counted with the same arguments, because it was harmless.
func (h *Host) Give(ctx context.Context, name, subject string, limit ratelimit.Rate) {
	h.auth.counter.give(ctx, h.budget(name, subject, limit))
}

func (h *Host) budget(name, subject string, limit ratelimit.Rate) budget {
	return budget{"feature " + h.id + "." + name, subject, limit}
}

// StoreError returns the error to return from a handler if a store has failed while doing
// something, such as "read the code": the response is 503, because trying again may help. It is nil
// for nil.
func (h *Host) StoreError(doing string, err error) error { return storeError(doing, err) }

// Redirect sends the visitor to a URL of this site, or one that Callbacks.Redirect allows. A path
// is one of the site. The clients of Auth.js get the URL in JSON.
func (h *Host) Redirect(ctx context.Context, to string) error {
	e := h.exchange(ctx)
	if e == nil {
		return errNoRequest
	}
	return e.redirect(e.redirectTarget(to))
}

// JSON answers with a JSON value.
func (h *Host) JSON(ctx context.Context, status int, value any) error {
	e := h.exchange(ctx)
	if e == nil {
		return errNoRequest
	}
	e.json(status, value)
	return nil
}

// Page answers with a page in the look of the built-in ones, with status 200.
func (h *Host) Page(ctx context.Context, p feature.Page) error {
	e := h.exchange(ctx)
	if e == nil {
		return errNoRequest
	}
	return featurePage{e}.write(p.Title, featurePage{e}.part("", p))
}
