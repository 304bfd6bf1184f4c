package cardea

import (
	"context"
	"encoding/json"
	"time"
)

// sessionStrategy says what the value of a session cookie stands for.
type sessionStrategy interface {
	// read returns the session, nil if there is none. An error is a failure of the store.
	read(ctx context.Context, c sessionCookie) (*Session, error)

	// refresh extends the session if that is due, and returns the value for the cookie, "" if the
	// session has ended.
	refresh(ctx context.Context, s *Session, c sessionCookie, r sessionRefresh) (string, error)

	// end makes the value worthless.
	end(ctx context.Context, c sessionCookie) error
}

// sessionCookie is the value of a session cookie as a browser sent it, "" if it sent none.
type sessionCookie struct {
	value string
	salt  string // names the key of an encrypted value
	now   time.Time
}

// sessionRefresh says why a session is refreshed.
type sessionRefresh struct {
	trigger Trigger
	update  json.RawMessage
}

func (e *exchange) sessionCookie() sessionCookie {
	return sessionCookie{
		value: e.jar.Session(), salt: e.auth.protocol.scheme.SessionSalt(e.names.Session), now: e.now,
	}
}

// setSession sets the session cookie.
func (e *exchange) setSession(value string) error {
	if err := e.jar.SetSession(value, e.now.Add(e.auth.config.Session.MaxAge)); err != nil {
		return fail(CodeConfiguration, "the session is too large for cookies: %w", err)
	}
	return nil
}

// readSession returns the session of a cookie, nil if there is none or the application does not
// accept it.
func (a *Auth) readSession(ctx context.Context, c sessionCookie) (*Session, error) {
	s, err := a.sessions.read(ctx, c)
	if err != nil || s == nil || a.config.Callbacks.Authorized == nil {
		return s, err
	}
	ok, err := a.config.Callbacks.Authorized(ctx, s)
	if err != nil {
		return nil, &Error{Code: codeAdapter, Err: err}
	}
	if !ok {
		return nil, nil
	}
	return s, nil
}

// userIDOf is the id of the session's user, "" for nil.
func userIDOf(s *Session) string {
	if s == nil {
		return ""
	}
	return s.UserID
}

func (a *Auth) openSessions() {
	if a.config.Session.Strategy == StrategyDatabase {
		a.database = &databaseSessions{
			store: a.config.Adapter.(SessionStore), config: a.config.Session, log: a.log,
		}
		a.sessions = a.database
		return
	}
	a.jwt = &jwtSessions{
		sealer: a.sealer, maxAge: a.config.Session.MaxAge, change: a.config.Callbacks.JWT, log: a.log,
	}
	a.sessions = a.jwt
}

// currentSession returns the visitor's session, extended if that is due.
func (e *exchange) currentSession() (*Session, error) {
	ctx, c := e.r.Context(), e.sessionCookie()
	s, err := e.auth.readSession(ctx, c)
	if err != nil || s == nil || !e.auth.config.Session.isRefreshDue(s, e.now) {
		return s, err
	}
	value, err := e.auth.sessions.refresh(ctx, s, c, sessionRefresh{})
	if err != nil || value == "" {
		return nil, err
	}
	if err := e.jar.SetSession(value, e.now.Add(e.auth.config.Session.MaxAge)); err != nil {
		return nil, err
	}
	e.w.Header().Set("Cache-Control", "private, no-store") // a cache must not store the cookie
	e.jar.Write(e.w.Header())
	return s, nil
}

// isRefreshDue reports whether the expiry of a session was last extended UpdateAge ago, or earlier.
func (c SessionConfig) isRefreshDue(s *Session, now time.Time) bool {
	return !now.Before(s.Expires.Add(c.UpdateAge - c.MaxAge))
}
