package cardea

import (
	"context"
	"errors"
	"net/http"

	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/internal/redirect"
	"github.com/cardea-auth/cardea/language"
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
		if err == nil {
			s, err = withRow(e.r.Context(), e.auth, s)
		}
		switch {
		case err != nil:
			return err
		case s == nil && program{e}.sent():
			to := withQuery(e.signInPage(), "callbackUrl", e.callbackURL, "error", "SessionRequired")
			program{e}.answer(http.StatusUnauthorized, to, feature.CodeUnauthorized, "Sign in first.")
			return nil
		case s == nil:
			e.auth.refuse(e.w, e.r)
			return nil
		}
		if want := (stepUp{f.rule.Level, f.rule.Fresh}); !want.isMet(s, e.now) {
			want.ask(e, s)
			return nil
		}
		e.r = e.r.WithContext(aboutUser(e.r.Context(), e.auth, s.User, s))
	}
	return callFeature(f.host, e, f.handler)
}

// withRow returns a session, which may be nil, with the row of its user, and nil if that is
// deleted. What a JWT session says about the user is as old as the session, and without the
// application's columns: a feature must not decide, or send a mail, by that.
func withRow(ctx context.Context, a *Auth, s *Session) (*Session, error) {
	if s == nil || a.jwt == nil || a.config.Adapter == nil {
		return s, nil
	}
	found, err := candidateOf(a.config.Adapter.UserByID(ctx, s.UserID))
	if err != nil || found.user == nil || found.deleted {
		return nil, storeError("read the user", err)
	}
	current := *s
	current.User = found.user
	return &current, nil
}

type exchangeKey struct{}

// withExchange returns a context from which the methods of Host know the request, and features the
// language of the visitor.
func withExchange(ctx context.Context, e *exchange) context.Context {
	return context.WithValue(language.With(ctx, languageOf(e)), exchangeKey{}, e)
}

// requestOf returns the request to which ctx belongs, and nil if it belongs to none of this site.
func requestOf(ctx context.Context, h *Host) *exchange {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok && e.auth == h.auth {
		return e
	}
	return nil
}

// callFeature calls a handler of a feature. What it writes to the response itself comes after the
// cookies.
func callFeature(h *Host, e *exchange, serve feature.Handler) error {
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
	if e := requestOf(ctx, h); e != nil {
		return e.form
	}
	return nil
}

// CallbackURL returns where the visitor goes after the sign-in: a URL of this site, or one that
// Callbacks.Redirect allows.
func (h *Host) CallbackURL(ctx context.Context) string {
	if e := requestOf(ctx, h); e != nil {
		return e.callbackURL
	}
	return ""
}

// SetCallbackURL changes where the visitor goes after the sign-in, for example to what the feature
// has kept in a cookie. A URL that is not allowed counts as the site's root.
func (h *Host) SetCallbackURL(ctx context.Context, to string) {
	if e := requestOf(ctx, h); e != nil {
		e.callbackURL = e.redirectTarget(to)
	}
}

// URL returns the URL of an endpoint by its path below Config.BasePath, such as "qr/show". Outside
// of a request it is that of Config.BaseURL, and "" without one.
func (h *Host) URL(ctx context.Context, path string) string {
	if e := requestOf(ctx, h); e != nil {
		return e.endpoint("/" + path)
	}
	if b := backgroundOf(ctx); b != nil && b.links != nil {
		return b.links.endpoint("/" + path)
	}
	if site := h.auth.origins.fixed; site != nil {
		return links{origin: site, basePath: h.auth.config.BasePath}.endpoint("/" + path)
	}
	return ""
}

// Complete signs the person in and answers the request: it sends the visitor to the callback URL
// with a session, or to where a callback or a condition wants them first. It is where every sign-in
// ends; see [Auth.SignIn]. Proof.Provider defaults to the id of the feature. Its error is the one
// to return from the handler.
func (h *Host) Complete(ctx context.Context, p Proof) error {
	e := requestOf(ctx, h)
	if e == nil {
		return errNoRequest
	}
	if p.Provider == "" {
		p.Provider = h.id
	}
	if err := p.check(h.auth, h.addresses); err != nil {
		return err
	}
	id := p.identity()
	if h.addresses != nil && id.isAddress {
		id.adopt = h.addresses.adopt
	}
	id.order, id.callbackURL, id.feature = e.order, e.callbackURL, h.id
	if e.auth.method(p.Provider) != nil {
		id.by = p.Provider
	}
	if e.once != nil && (e.once.of != h.addresses || e.once.address != p.Email) {
		return errors.New("want a Proof.Email that is the address of Addresses.UseInSignIn")
	}
	id.once = e.once
	err := e.signIn(id)
	id.once.restore(ctx, err)
	return err
}

// Auth returns the handler of the site, for its methods about users, such as [Auth.Sessions]. It is
// for requests: in Install it is not complete.
func (h *Host) Auth() *Auth { return h.auth }

// StoreError returns the error to return from a handler if a store has failed while doing
// something, such as "read the code": the response is 503, because trying again may help. Its code
// is AdapterError, as that of every error for a failed store. It is nil for nil.
func (h *Host) StoreError(doing string, err error) error { return storeError(doing, err) }

// Redirect sends the visitor to a URL of this site, or one that Callbacks.Redirect allows. A path
// is one of the site. If to is empty, the visitor goes to the callback URL, or to the site if that
// is the callback of a provider. The clients of Auth.js, and programs at the endpoints of features,
// get the URL in JSON.
func (h *Host) Redirect(ctx context.Context, to string) error {
	e := requestOf(ctx, h)
	if e == nil {
		return errNoRequest
	}
	if to == "" {
		return restart{e}.goOn()
	}
	if own := redirect.Target(to, e.origin); own != e.origin.String() { // the feature has chosen it, not the visitor
		return e.redirect(own)
	}
	return e.redirect(e.redirectTarget(to))
}

// JSON answers with a JSON value.
func (h *Host) JSON(ctx context.Context, status int, value any) error {
	e := requestOf(ctx, h)
	if e == nil {
		return errNoRequest
	}
	e.json(status, value)
	return nil
}

// Page answers with a page in the look of the built-in ones, with status 200, or as Page.Own and
// Page.Refusal say. A program whose POST ends with a page gets the callback URL in JSON.
func (h *Host) Page(ctx context.Context, p feature.Page) error {
	e := requestOf(ctx, h)
	if e == nil {
		return errNoRequest
	}
	switch {
	case p.Refusal != nil:
		return featurePage{e}.refuse(p)
	case e.r.Method == http.MethodPost && program{e}.sent():
		return e.redirect(e.callbackURL)
	case p.Own != "":
		return e.redirect(e.absolute(p.Own))
	}
	return featurePage{e}.write(p.Title, featurePage{e}.part("", p))
}
