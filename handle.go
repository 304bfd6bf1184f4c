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
	"time"
)

// visitor is what a request's context knows of who sent it.
type visitor struct {
	auth    *Auth
	session *Session // nil when nobody is signed in
	once    sync.Once
	user    *User
	err     error
}

type visitorKey struct{}

// SessionFrom returns the session of the request that ctx belongs to, and nil when nobody is signed
// in or the request did not pass [Auth.Load], [Auth.Require] or [Handle]. The session must not be
// changed.
func SessionFrom(ctx context.Context) *Session {
	if v, ok := ctx.Value(visitorKey{}).(*visitor); ok {
		return v.session
	}
	return nil
}

// UserAs returns the application's own row of the user who is signed in, where T is the type that
// the adapter was made with, or [User]. The error is [ErrNoSession] when nobody is signed in, the
// user was deleted, or the request did not pass [Auth.Load] or [Auth.Require]; another one when the
// store is away or holds other types. With the [StrategyDatabase] strategy the row came with the session;
// with [StrategyJWT] it is read once for each request. Without an adapter a [User] is what the token says.
func UserAs[T any](ctx context.Context) (*T, error) {
	v, ok := ctx.Value(visitorKey{}).(*visitor)
	if !ok || v.session == nil {
		return nil, ErrNoSession
	}
	row, err := v.row(ctx)
	if err != nil {
		return nil, err
	}
	if u, ok := any(row).(*T); ok {
		return u, nil
	}
	u, ok := row.Entity.(*T)
	if !ok || u == nil {
		return nil, fmt.Errorf("cardea: UserAs: the adapter's users are %T, not %v", row.Entity, reflect.TypeFor[*T]())
	}
	return u, nil
}

// row is the user as the store has it, where there is one.
func (v *visitor) row(ctx context.Context) (*User, error) {
	if v.auth.config.Adapter == nil || v.auth.rows != nil {
		return v.session.User, nil
	}
	v.once.Do(func() {
		v.user, v.err = v.auth.config.Adapter.UserByID(ctx, v.session.UserID)
		if errors.Is(v.err, ErrNotFound) {
			v.err = ErrNoSession
		} else if v.err != nil {
			v.err = fmt.Errorf("cardea: read the user: %w", v.err)
		}
	})
	return v.user, v.err
}

// Load is middleware that finds out who sent a request, for [SessionFrom] and [UserAs], and lets
// everybody pass. It answers 503 itself when the store cannot be asked, because a visitor must not
// be taken for a stranger then.
func (a *Auth) Load(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r, _, ok := a.load(w, r); ok {
			next.ServeHTTP(w, r)
		}
	})
}

// Require is [Auth.Load] that lets only signed-in visitors pass. A browser opening a page is sent
// to the sign-in page and comes back afterwards; every other request gets 401 with a JSON body.
// Pages behind it are not stored by caches, unless they set another Cache-Control.
func (a *Auth) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, v, ok := a.load(w, r)
		if !ok {
			return
		}
		if v.session == nil {
			a.refuse(w, r)
			return
		}
		w.Header().Set("Cache-Control", "private, no-store")
		next.ServeHTTP(w, r)
	})
}

// Handle makes a handler that runs only for a signed-in visitor, with the application's own row of
// the user, which is never nil. It is [Auth.Require] with [UserAs].
//
// Handle panics when the adapter of a has users of another type than U, so that the mistake shows
// when the program starts. U may be [User] with any adapter, and without one.
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

// load finds out who sent the request. When it returns false it has answered.
func (a *Auth) load(w http.ResponseWriter, r *http.Request) (*http.Request, *visitor, bool) {
	if v, ok := r.Context().Value(visitorKey{}).(*visitor); ok && v.auth == a {
		return r, v, true
	}
	v := &visitor{auth: a}
	v0, err := a.visit(w, r)
	if err == nil {
		v.session, err = v0.current()
	}
	switch {
	case codeOf(err) == codeUntrustedHost:
		a.log.WarnContext(r.Context(), "cardea: request refused", "code", codeUntrustedHost, "cause", err)
		badRequest(w)
		return nil, nil, false
	case err != nil:
		a.unavailable(w, r, err)
		return nil, nil, false
	}
	w.Header().Add("Vary", "Cookie")
	return r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)), v, true
}

// current is the visitor's session, made to last longer when that is due.
func (v *exchange) current() (*Session, error) {
	ctx, p := v.r.Context(), v.presented()
	s, err := v.auth.read(ctx, p)
	if err != nil || s == nil || !v.auth.due(s, v.now) {
		return s, err
	}
	value, err := v.auth.sessions.refresh(ctx, s, p, refresh{})
	if err != nil || value == "" {
		return nil, err
	}
	if err := v.jar.SetSession(value, v.now.Add(v.auth.config.Session.MaxAge)); err != nil {
		return nil, err
	}
	v.w.Header().Set("Cache-Control", "private, no-store") // a cookie must not be cached
	v.jar.Write(v.w.Header())
	return s, nil
}

// due reports whether a session has been in use for UpdateAge.
func (a *Auth) due(s *Session, now time.Time) bool {
	return !now.Before(s.Expires.Add(a.config.Session.UpdateAge - a.config.Session.MaxAge))
}

// refuse answers a visitor who is not signed in.
func (a *Auth) refuse(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "private, no-store")
	v, err := a.visit(w, r)
	if err != nil || !navigation(r) {
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "unauthorized", "message": "Sign in first."})
		return
	}
	to := ""
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		to = v.origin.String() + r.URL.RequestURI()
	}
	http.Redirect(w, r, withQuery(v.signInPage(), "callbackUrl", to), http.StatusSeeOther)
}

// navigation reports whether a browser is opening a page, rather than a program fetching data
// (Fetch Metadata, where the client sends it).
func navigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// unavailable answers 503 when nobody can tell who the visitor is.
func (a *Auth) unavailable(w http.ResponseWriter, r *http.Request, err error) {
	a.log.ErrorContext(r.Context(), "cardea: request failed", "code", cmp.Or(codeOf(err), codeAdapter), "cause", err)
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("Retry-After", "5")
	writeJSON(w, http.StatusServiceUnavailable,
		map[string]string{"error": "unavailable", "message": "Sessions cannot be checked right now. Try again."})
}
