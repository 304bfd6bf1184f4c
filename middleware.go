package cardea

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/cardea-auth/cardea/internal/page"
)

// visitor is who sent a request, in the context of its handler. In the context of a callback or an
// event it is the person whom that is about.
type visitor struct {
	auth    *Auth
	session *Session // nil if nobody is signed in
	user    *User    // the row, if it was read already; otherwise nil

	// isOpen says that the session is not known yet: the middleware is reading it.
	isOpen bool

	mu  sync.Mutex // of what follows: the row that row has read, with StrategyJWT
	id  string     // the user for whom it was read
	row *User
	err error
}

type visitorKey struct{}

// aboutSession returns a context for callbacks and events about a session. What they read of the
// user is kept for the handler behind the middleware.
func aboutSession(ctx context.Context, a *Auth, s *Session) context.Context {
	if v, ok := ctx.Value(visitorKey{}).(*visitor); ok && v.auth == a && v.isOpen {
		v.session = s
		return ctx
	}
	return context.WithValue(ctx, visitorKey{}, &visitor{auth: a, session: s})
}

// aboutUser returns a context for callbacks and events about a user who was read from the store,
// and the session that the user has got. Both may be nil.
func aboutUser(ctx context.Context, a *Auth, u *User, s *Session) context.Context {
	return context.WithValue(ctx, visitorKey{}, &visitor{auth: a, session: s, user: u})
}

// SessionFrom returns the session of the request to which ctx belongs. It is nil if nobody is
// signed in, or if the request did not pass [Auth.Load], [Auth.Require] or [Handle]. The session
// must not be changed.
func SessionFrom(ctx context.Context) *Session {
	if v, ok := ctx.Value(visitorKey{}).(*visitor); ok {
		return v.session
	}
	return nil
}

// UserAs returns the application's row of the user who is signed in. T is the type with which the
// adapter was made, or [User].
//
// With the ctx of [Callbacks] and [Events] it returns the row of the user whom they are about, such
// as the one who is about to sign in. So does [SessionFrom] with the session; in Callbacks.SignIn
// and Callbacks.JWT of a sign-in there is none yet.
//
// The error is [ErrNoSession] if nobody is signed in, the user was deleted or is not stored yet, or
// the request did not pass [Auth.Load], [Auth.Require] or [Handle]. If the store is unavailable, or
// has users of another type, it is another error.
//
// With [StrategyDatabase] the row was read with the session. With [StrategyJWT] the first call for
// a request reads it. Without an adapter the User is built from the token. UserAs may be called
// concurrently.
func UserAs[T any](ctx context.Context) (*T, error) {
	v, ok := ctx.Value(visitorKey{}).(*visitor)
	if !ok || v.session == nil && v.user == nil {
		return nil, ErrNoSession
	}
	row, err := v.read(ctx)
	if err != nil {
		return nil, err
	}
	return rowAs[T](row)
}

// rowAs returns the application's row of a user, or the user if T is User.
func rowAs[T any](row *User) (*T, error) {
	if u, ok := any(row).(*T); ok {
		return u, nil
	}
	u, ok := row.Entity.(*T)
	if !ok || u == nil {
		return nil, fmt.Errorf("cardea: UserAs: the adapter's users are %T, not %v", row.Entity, reflect.TypeFor[*T]())
	}
	return u, nil
}

// read returns the user from the store or, without a store, the user that the token describes.
func (v *visitor) read(ctx context.Context) (*User, error) {
	if v.user != nil {
		return v.user, nil
	}
	if v.auth.config.Adapter == nil || v.auth.database != nil {
		return v.session.User, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if id := v.session.UserID; v.id != id {
		v.row, v.err = v.auth.config.Adapter.UserByID(ctx, id)
		if errors.Is(v.err, ErrNotFound) {
			v.err = ErrNoSession
		} else if v.err != nil {
			v.err = fmt.Errorf("cardea: read the user: %w", v.err)
		}
		v.id = id
	}
	return v.row, v.err
}

// Load is middleware that finds the session of a request, for [SessionFrom] and [UserAs]. It lets
// requests with and without a session pass, and extends the session if that is due.
//
// If the store is unavailable, requests get 503, because a signed-in visitor must not be treated as
// a stranger: a browser that opens a page gets one that says to try again, and every other request
// a JSON body. Requests for a host that is not trusted get 400.
//
// For a signed-in visitor, Load sets Cache-Control to "private, no-store", so that caches do not
// store the response. The handler may set another value, for example for pages that are the same
// for everybody. That value has no effect if the session is extended, because the response then has
// the session's cookie.
func (a *Auth) Load(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w, r, v, ok := a.load(w, r)
		if !ok {
			return
		}
		defer forbidCaching(w)
		if v.session != nil {
			w.Header().Set("Cache-Control", "private, no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// Require is middleware like [Auth.Load], but only requests of signed-in visitors pass. If there is
// no session, a browser that opens a page is redirected to the sign-in page, and comes back after
// the sign-in. htmx gets 401 with the sign-in page in HX-Redirect, so that the browser opens it.
// Every other request gets 401 with a JSON body.
//
// Require sets Cache-Control so that caches do not store the response. The handler may set another
// value, as behind Load.
func (a *Auth) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w, r, v, ok := a.load(w, r)
		if !ok {
			return
		}
		defer forbidCaching(w)
		if v.session == nil {
			a.refuse(w, r)
			return
		}
		w.Header().Set("Cache-Control", "private, no-store")
		next.ServeHTTP(w, r)
	})
}

// Handle returns a handler that runs only for a signed-in visitor, and gets the application's row
// of the user, which is never nil. It is [Auth.Require] with [UserAs]: if the user was deleted, the
// visitor is not signed in, and if the store is unavailable, requests get 503.
//
// Handle panics if the users of a's adapter are of another type than U, so that the mistake shows
// when the program starts. U may always be [User], even without an adapter.
func Handle[U any](a *Auth, handler func(w http.ResponseWriter, r *http.Request, u *U)) http.Handler {
	want, have := reflect.TypeFor[*U](), typeOfUser(a.config.Adapter)
	if want != reflect.TypeFor[*User]() && want != have {
		panic(fmt.Sprintf("cardea: Handle: the handler is for %v, and the adapter's users are %v", want, have))
	}
	return a.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := UserAs[U](r.Context())
		switch {
		case errors.Is(err, ErrNoSession):
			a.refuse(w, r)
		case err != nil:
			a.unavailable(w, r, err)
		default:
			handler(w, r, u)
		}
	}))
}

// load finds the session of a request, and returns what the handler gets. If it returns false, it
// has answered the request.
func (a *Auth) load(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, *http.Request, *visitor, bool) {
	if v, ok := r.Context().Value(visitorKey{}).(*visitor); ok && v.auth == a {
		return w, r, v, true
	}
	v := &visitor{auth: a, isOpen: true}
	r = r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
	e, err := a.newExchange(w, r)
	if err == nil {
		v.session, err = e.currentSession()
	}
	v.isOpen = false
	switch {
	case codeOf(err) == codeUntrustedHost:
		refuseHost(a, w, r, err)
		return nil, nil, nil, false
	case err != nil:
		a.unavailable(w, r, err)
		return nil, nil, nil, false
	}
	w.Header().Add("Vary", "Cookie")
	return e.w, r, v, true
}

// refuse answers a visitor who is not signed in.
func (a *Auth) refuse(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "private, no-store")
	e, err := a.newExchange(w, r)
	if err == nil && (stranger{e}).lead(e.signInPage()) {
		return
	}
	writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "unauthorized", "message": "Sign in first."})
}

// stranger is a visitor who must sign in first.
type stranger struct{ *exchange }

// lead leads a visitor who opens a page, or who uses one that htmx drives, to the page for signing
// in or confirming, and from there back. It returns false for any other request, and has not
// answered it.
func (e stranger) lead(page string) bool {
	to := ""
	switch opens := e.opensPage(); {
	case !opens && !e.fromHTMX():
		return false
	case opens && (e.r.Method == http.MethodGet || e.r.Method == http.MethodHead):
		to = e.origin.String() + e.r.URL.RequestURI()
	case !opens:
		to = e.redirectTarget(e.r.Header.Get("HX-Current-URL"))
	}
	if to = withQuery(page, "callbackUrl", to); e.fromHTMX() {
		htmx(e).open(to, http.StatusUnauthorized)
	} else {
		http.Redirect(e.w, e.r, to, http.StatusSeeOther)
	}
	return true
}

// opensPage reports whether a browser shows the answer as a page, or htmx does, because a link or a
// form of its page is boosted.
func (e stranger) opensPage() bool {
	return isNavigation(e.r) || e.fromHTMX() && e.r.Header.Get("HX-Boosted") == "true"
}

// isNavigation reports whether a browser is opening a page. Otherwise a program is fetching data.
// Clients that do not send Fetch Metadata are judged by Accept.
func isNavigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// unavailable answers 503, because the session could not be checked: with a page if a browser opens
// one, which can be loaded again, and otherwise in JSON.
func (a *Auth) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	a.log.ErrorContext(r.Context(), "cardea: request failed", "code", cmp.Or(codeOf(err), codeAdapter),
		aboutRequest(a, r), "cause", err)
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Retry-After", "5")
	e, fault := a.newExchange(w, r)
	if fault == nil && (stranger{e}).showUnavailable() {
		return
	}
	writeJSON(w, http.StatusServiceUnavailable, map[string]string{
		"error": "unavailable", "message": "Sessions cannot be checked right now. Try again.",
	})
}

// showUnavailable answers a browser that opens a page, or for which htmx opens one. It returns
// false for any other request, and has not answered it.
func (e stranger) showUnavailable() bool {
	switch {
	case !e.opensPage():
		return false
	case e.fromHTMX():
		to := withQuery(e.errorPage(), "error", string(CodeConfiguration))
		htmx(e).open(to, http.StatusServiceUnavailable)
		return true
	}
	failure := page.Failure{Site: e.origin.String(), Code: page.Unavailable}
	if e.r.Method == http.MethodGet || e.r.Method == http.MethodHead {
		failure.AgainURL = e.origin.String() + e.r.URL.RequestURI()
	}
	return e.page().Error(e.w, failure) == nil
}
