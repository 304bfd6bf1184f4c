package cardea

import "errors"

// sessionCookies are the session cookies that a browser has sent. There may be several, of several
// domains and paths.
type sessionCookies struct{ *exchange }

// salt names the key of an encrypted session cookie.
func (e sessionCookies) salt() string { return e.auth.protocol.scheme.SessionSalt(e.names.Session) }

// with returns the session cookie with one of its values.
func (e sessionCookies) with(value string) sessionCookie {
	return sessionCookie{value: value, salt: e.salt(), now: e.now}
}

// value returns the value of the session cookie, "" if there is none. If the browser sends
// several cookies with the name, of several domains or paths, it is the last one that is a session:
// one of before a change of CookieDomain, or of another path, comes first (RFC 6265 § 5.4), and
// would hide the good one until it expires. If one is no session, it is cleared when the session is
// set or cleared.
func (e sessionCookies) value() string {
	if e.session == "" && e.jar.IsAmbiguous() {
		e.session = e.choose()
	}
	if e.session != "" {
		return e.session
	}
	return e.jar.Session()
}

// choose returns the last of several values that is a session, or the first value if none
// is. If the store fails, that is for the caller to find out.
func (e sessionCookies) choose() string {
	chosen := e.jar.Session()
	for _, value := range e.jar.Sessions() {
		s, err := e.auth.readSession(e.r.Context(), e.with(value))
		switch {
		case err != nil:
			return value
		case s != nil:
			chosen = value
		default:
			e.jar.ClearElsewhere(e.origin.Host, e.r.URL.Path)
		}
	}
	return chosen
}

// clearAll clears the session cookies of the browser, wherever they are.
func (e sessionCookies) clearAll() {
	if e.jar.IsAmbiguous() {
		e.jar.ClearElsewhere(e.origin.Host, e.r.URL.Path)
	}
	e.jar.ClearSession()
}

// endAll ends the sessions of all session cookies that the browser has sent.
func (e sessionCookies) endAll() error {
	var errs []error
	for _, value := range e.jar.Sessions() {
		errs = append(errs, e.auth.sessions.end(e.r.Context(), e.with(value)))
	}
	return errors.Join(errs...)
}
