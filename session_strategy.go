package cardea

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cardea-auth/cardea/feature"
)

// sessionStrategy reads, extends and ends the sessions of cookies. The implementations are
// databaseSessions and jwtSessions.
type sessionStrategy interface {
	// read returns the session of a cookie, and nil if there is none. An error is a failure of the
	// store.
	read(ctx context.Context, c sessionCookie) (*Session, error)

	// refresh extends the session if that is due. It returns the new value of the cookie, "" if the
	// session has ended.
	refresh(ctx context.Context, s *Session, c sessionCookie, r sessionRefresh) (string, error)

	// use is for a session that is used and not extended.
	use(ctx context.Context, s *Session, now time.Time)

	// end ends the session of a cookie, so that its value is not accepted any more.
	end(ctx context.Context, c sessionCookie) error
}

// sessionCookie is the session cookie that a browser has sent.
type sessionCookie struct {
	value string    // "" if there is none
	salt  string    // from which the key of an encrypted value is derived
	now   time.Time // the time of the request
}

// sessionRefresh is why a session is refreshed. The zero value is a plain read.
type sessionRefresh struct {
	trigger Trigger
	update  json.RawMessage
}

func (e *exchange) sessionCookie() sessionCookie {
	cookies := sessionCookies{e}
	return cookies.with(cookies.value())
}

// setSession sets the cookie of a session that has just been used or created.
func (e *exchange) setSession(value string, s *Session) error {
	if err := e.jar.SetSession(value, e.auth.config.Session.extended(s, e.now)); err != nil {
		return fail(CodeConfiguration, "the session is too large for cookies: %w", err)
	}
	return nil
}

// readSession returns the session of a cookie. It is nil if there is none, or if
// Callbacks.Authorized refuses it.
func (a *Auth) readSession(ctx context.Context, c sessionCookie) (*Session, error) {
	s, err := a.sessions.read(ctx, c)
	if err != nil || s == nil || a.config.Callbacks.Authorized == nil {
		return s, err
	}
	ok, err := a.config.Callbacks.Authorized(aboutSession(ctx, a, s), s)
	if err != nil {
		return nil, &Error{Code: codeAdapter, Err: err}
	}
	if !ok {
		return nil, nil
	}
	return s, nil
}

// userIDOf returns the id of the session's user, and "" for nil.
func userIDOf(s *Session) string {
	if s == nil {
		return ""
	}
	return s.UserID
}

// openSessions sets the strategy that the configuration asks for.
func (a *Auth) openSessions() {
	if a.config.Session.Strategy == StrategyDatabase {
		store, _ := feature.StoreOf[SessionStore](a.config.Adapter)
		tracker, _ := feature.StoreOf[SessionTracker](a.config.Adapter)
		a.database = &databaseSessions{
			store: store, tracker: tracker, config: a.config.Session, log: a.log,
		}
		a.sessions = a.database
		return
	}
	a.jwt = &jwtSessions{
		auth: a, sealer: a.sealer, config: a.config.Session, change: a.config.Callbacks.JWT, log: a.log,
	}
	a.jwt.ended = newSignedOut(&a.config, a.jwt.rememberFor())
	a.sessions = a.jwt
}

// currentSession returns the visitor's session, nil if there is none. If an extension is due, it
// extends the session and sets the cookie, and e.w is a response that no cache may store.
func (e *exchange) currentSession() (*Session, error) {
	ctx, c := e.r.Context(), e.sessionCookie()
	s, err := e.auth.readSession(ctx, c)
	if err != nil || s == nil {
		return nil, err
	}
	if !e.auth.config.Session.isRefreshDue(s, e.now) {
		e.auth.sessions.use(ctx, s, e.now)
		return s, nil
	}
	value, err := e.auth.sessions.refresh(aboutSession(ctx, e.auth, s), s, c, sessionRefresh{})
	if err != nil || value == "" {
		return nil, err
	}
	if err := e.jar.SetSession(value, e.auth.config.Session.extended(s, e.now)); err != nil {
		return nil, err
	}
	e.jar.Write(e.w.Header())
	e.w = &uncacheable{ResponseWriter: e.w}
	return s, nil
}
