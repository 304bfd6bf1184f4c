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
		value: e.sessionValue(), salt: e.sessionSalt(), now: e.now,
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
