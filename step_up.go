package cardea

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/cardea-auth/cardea/feature"
)

// stepUp is what a session must be for a request: strong or new enough.
type stepUp struct {
	level int           // of Session.Level; 0 for any
	fresh time.Duration // since Session.AuthTime; 0 for any
}

// isMet reports whether a session is strong and new enough. One whose AuthTime nobody knows is not
// new.
func (s stepUp) isMet(session *Session, now time.Time) bool {
	return session.Level >= s.level && (s.fresh == 0 || now.Sub(session.AuthTime) <= s.fresh)
}

// ask answers a visitor whose proof is too old or too weak: a browser that opens a page is led to
// GET confirm, and a program is told so (RFC 9470 § 3).
func (s stepUp) ask(e *exchange, session *Session) {
	e.w.Header().Set("Cache-Control", "private, no-store")
	page := e.endpoint("/confirm")
	if session.Level < s.level {
		page = withQuery(page, levelParam, strconv.Itoa(s.level))
	}
	if (stranger{e}).lead(page) {
		return
	}
	e.w.Header().Set("WWW-Authenticate", s.challenge())
	body := map[string]string{"error": feature.CodeStepUp, "message": "Sign in again first."}
	if (program{e}).sent() {
		body["url"] = page
	}
	writeJSON(e.w, http.StatusUnauthorized, body)
}

// challenge is the header WWW-Authenticate (RFC 9470 § 3).
func (s stepUp) challenge() string {
	challenge := `Bearer error="insufficient_user_authentication"`
	if s.level > 0 {
		challenge += `, acr_values="` + strconv.Itoa(s.level) + `"`
	}
	if s.fresh > 0 {
		challenge += `, max_age="` + strconv.Itoa(int(s.fresh.Seconds())) + `"`
	}
	return challenge
}

// RequireLevel is middleware like [Auth.Require], but only requests of visitors whose
// [Session.Level] is at least level pass: 2 for two factors. Others who are signed in must prove
// more: a browser that opens a page is led to where they do, with a code or by another sign-in, and
// comes back. Every other request gets 401 with the challenge of RFC 9470 § 3, and what it has
// posted is not kept.
//
// To get the application's row too, put [Handle] behind it; the session is read once:
//
//	mux.Handle("POST /payments", auth.RequireLevel(2, cardea.Handle(auth, pay)))
//
// RequireLevel panics if level is neither 1 nor 2.
func (a *Auth) RequireLevel(level int, next http.Handler) http.Handler {
	if level != 1 && level != 2 {
		panic(fmt.Sprintf("cardea: RequireLevel: want level 1 or 2, have %d", level))
	}
	return stepUp{level: level}.require(a, next)
}

// RequireFresh is middleware like [Auth.RequireLevel], but only requests of visitors pass who have
// proven who they are within the given time, by [Session.AuthTime]: before a change of a password
// or an address, for example. A session whose AuthTime is not known, such as one that a Node server
// has made, is not fresh. A use of the session does not make it fresh, a sign-in does.
//
// Browsers are led to GET confirm, where people confirm with what they have: a code of an app, the
// provider of an account, or a mail. The provider is told to ask them (prompt=login, max_age=0),
// and the ID token must say that it just has (auth_time, OpenID Connect Core 1.0 § 3.1.2.1). One
// that cannot say so, such as an OAuth2 provider, confirms nothing unless
// oauth.Provider.InsecureSkipAuthTime is set. The session then has another key, and ends when it
// would have ended.
//
// A sign-in counts from the auth_time that the provider sends, or from now if it sends none: it may
// have sent somebody back who is still signed in there. If it must ask in each sign-in, set
// oauth.Provider.AuthorizationParams to prompt=login or a max_age.
//
// RequireFresh panics if within is less than a second.
func (a *Auth) RequireFresh(within time.Duration, next http.Handler) http.Handler {
	if within < time.Second {
		panic(fmt.Sprintf("cardea: RequireFresh: want a second or more, have %v", within))
	}
	return stepUp{fresh: within}.require(a, next)
}

// require is the middleware.
func (s stepUp) require(a *Auth, next http.Handler) http.Handler {
	return a.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := a.newExchange(w, r)
		switch {
		case err != nil: // Require has let it pass, so it cannot be
			a.unavailable(w, r, err)
		case !s.isMet(SessionFrom(r.Context()), e.now):
			s.ask(e, SessionFrom(r.Context()))
		default:
			next.ServeHTTP(w, r)
		}
	}))
}
