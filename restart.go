package cardea

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cardea-auth/cardea/internal/page"
)

// A sign-in cannot be finished if it took too long, was finished before, or was begun in another
// browser or on another server. That is nobody's fault, and anybody can send such a request. The
// visitor gets a page with a button that starts the sign-in again. A visitor who is signed in by
// now has reloaded the page or gone back, and is sent on.

// lostFlow says that the browser has no sign-in in progress to which a callback belongs.
type lostFlow struct {
	cause string
	state string // of the callback; "" if it has none that can be read
}

func (f *lostFlow) Error() string { return f.cause }

// noFlow returns an Error with a lostFlow as its cause.
func noFlow(state, cause string) error { return fail(CodeInvalidCheck, "%w", &lostFlow{cause, state}) }

// restart is the way out of a sign-in that cannot be finished.
type restart struct{ *exchange }

// params returns the parameters of the error page from which the sign-in can be started
// again: the provider, and where the visitor was going.
func (e restart) params() (query []string) {
	if e.isPossible(e.provider) {
		query = append(query, "provider", e.provider)
	}
	if e.callbackURL != e.origin.String() {
		query = append(query, "callbackUrl", e.callbackURL)
	}
	return query
}

// isPossible reports whether a button is enough to begin a sign-in at the provider.
func (e restart) isPossible(provider string) bool {
	m := e.auth.method(provider)
	return m != nil && m.info().needsNoForm
}

// page returns the content of the built-in error page.
func (e restart) page(code string) page.Failure {
	failure := page.Failure{Site: e.origin.String(), Code: code, SignInURL: e.signInPage()}
	if e.callbackURL != e.origin.String() {
		failure.SignInURL = withQuery(failure.SignInURL, "callbackUrl", e.callbackURL)
	}
	if provider := e.query("provider"); code == string(CodeInvalidCheck) && e.isPossible(provider) {
		failure.Action = e.endpoint("/signin/" + provider)
		failure.CSRFToken, failure.CallbackURL = e.csrfToken, e.callbackURL
	}
	return failure
}

// unlessSignedIn answers a callback that has failed with err, nil for one that has not. If the flow
// is lost, a visitor who is signed in is sent on. Otherwise it returns err.
func (e restart) unlessSignedIn(err error) error {
	lost, ok := errors.AsType[*lostFlow](err)
	if !ok {
		return err
	}
	session, failure := e.auth.readSession(e.r.Context(), e.sessionCookie())
	if failure != nil {
		return failure
	}
	current, failure := e.auth.users.currentUser(e.r.Context(), &identity{session: session})
	switch {
	case failure != nil:
		return storeError("read the user", failure)
	case current == nil, e.isAfter(lost.state, session):
		return err
	}
	return e.goOn()
}

// goOn sends a visitor who is signed in to where they were going. If that is a callback, whose
// answer would be the same redirect again, they go to the site.
func (e restart) goOn() error {
	u, err := url.Parse(e.callbackURL)
	if err != nil || strings.HasPrefix(u.Path, e.basePath+"/callback/") {
		return e.redirect(e.origin.String())
	}
	return e.redirect(e.callbackURL)
}

// isAfter reports whether the flow of a state began after the session did. Then it has not signed
// the visitor in, because that would have made a new session: an account was to be linked, and was
// not.
func (e restart) isAfter(state string, s *Session) bool {
	if len(state) <= flowIDLength || s.CreatedAt.IsZero() {
		return false
	}
	ms, err := strconv.ParseInt(state[:flowIDTimeLength], 16, 64)
	return err == nil && time.UnixMilli(ms).After(s.CreatedAt.Add(time.Second)) // stores may have no fractions
}
