package cardea

import (
	"cmp"
	"crypto/rand"
	"maps"
	"time"

	"github.com/cardea-auth/cardea/internal/page"
	"github.com/cardea-auth/cardea/internal/seal"
	"github.com/cardea-auth/cardea/oauth"
)

// If only the session in the browser makes a new account, or the proof of an address, belong to a
// user, the visitor is asked first: the session may be that of somebody else, who has used the
// browser before or has planted the cookie. A page asks, and its form finishes the sign-in.
//
// Until then nothing is stored. The page has the proven identity in a field, encrypted. It is of no
// use without the session for which it was made.
const (
	questionMaxAge = 10 * time.Minute
	maxQuestion    = maxBody - 4<<10 // bytes; the form has other fields too

	// linkMaxAge is how long ago the visitor must have proven who they are, to link an account. It
	// is a way in as good as a password, for whoever has found the browser.
	linkMaxAge = 15 * time.Minute

	questionField = "question"
	answerField   = "answer"
	answerLink    = "link"  // the account becomes the signed-in user's
	answerOther   = "other" // the person signs in as if nobody were signed in
)

// linkQuestion is the error of a sign-in that needs the visitor's answer.
type linkQuestion struct {
	current *User // who is signed in
}

func (*linkQuestion) Error() string {
	return "the visitor has to say whether the account is to be linked"
}

// noConsent is the error if the visitor has to be asked, and cannot be.
func noConsent() error {
	return fail(CodeInvalidCheck, "the address would become that of the user who is signed in, and this proof "+
		"cannot wait for the visitor's consent: sign out first")
}

// linkAnswer is what the visitor has said about a link to the signed-in user.
type linkAnswer int

const (
	notAsked linkAnswer = iota
	allowsLink
	isSomebodyElse
)

// questions asks the visitor about links, and takes the answers.
type questions struct{ *exchange }

// salt is the salt from which the key of the field is derived.
func (e questions) salt() string { return e.names.State + "." + questionField }

// mark names a session, in whatever cookie it is.
func (e questions) mark(s *Session) string { return cmp.Or(s.ID(), sid(s.Claims)) }

// ask shows the question about a proven identity. A client that reads JSON gets the URL of the
// page.
func (e questions) ask(id identity, current *User) error {
	if _, ok := e.auth.method(id.account.Provider).(resumer); !ok || id.within != nil {
		return noConsent()
	}
	session, err := e.auth.readSession(e.r.Context(), e.sessionCookie())
	if err != nil {
		return err
	}
	if session == nil || e.mark(session) == "" {
		return fail(CodeInvalidCheck, "the session has ended meanwhile")
	}
	claims, err := id.claims()
	if err != nil {
		return err
	}
	maps.Copy(claims, map[string]any{"id": rand.Text(), "user": current.ID, "session": e.mark(session)})
	sealed, err := e.auth.sealer.Seal(e.salt(), claims, e.now, questionMaxAge)
	if err != nil {
		return fail(codeCallbackRoute, "encrypt the question: %w", err)
	}
	if len(sealed) > maxQuestion {
		return fail(codeCallbackRoute, "the tokens and the profile have more than %d bytes, encrypted", maxQuestion)
	}
	if e.fromAuthJS() || e.fromNextAuth4() {
		return e.redirect(withQuery(e.endpoint("/link"), questionField, sealed))
	}
	return e.show(sealed, id, current)
}

// show writes the page.
func (e questions) show(sealed string, id identity, current *User) error {
	provider := id.account.Provider
	if m := e.auth.method(provider); m != nil {
		provider = m.info().name
	}
	return e.page().Link(e.w, page.Link{
		Site: e.origin.String(), Action: e.endpoint("/link"), CSRFToken: e.csrfToken,
		CallbackURL: e.redirectTarget(id.callbackURL), Question: sealed, User: cmp.Or(current.Name, current.Email),
		Account: cmp.Or(id.profile.Email, id.profile.Name, id.profile.ID), IsAddress: id.isAddress,
		Provider: provider,
	})
}

// question is a question that was asked.
type question struct {
	id      string
	ends    time.Time // when an answer is not accepted any more
	current *User     // who is signed in
	session *Session  // in which the question was asked
}

// isFresh reports whether the session allows a link. One whose AuthTime nobody knows does: it never
// becomes fresh if the store has no place for it.
func (q question) isFresh(now time.Time) bool {
	return q.session.AuthTime.IsZero() || stepUp{fresh: linkMaxAge}.isMet(q.session, now)
}

// open returns the identity that waits for the answer to a question of this session.
func (e questions) open(sealed string) (id identity, q question, err error) {
	opened, err := e.auth.sealer.Open(e.salt(), sealed, e.now)
	if err != nil {
		return id, q, fail(CodeInvalidCheck, "the question about a link: %w", err)
	}
	c := oauth.Claims(opened)
	session, err := e.auth.readSession(e.r.Context(), e.sessionCookie())
	if err != nil {
		return id, q, err
	}
	current, err := e.auth.users.currentUser(e.r.Context(), &identity{session: session})
	if err != nil {
		return id, q, storeError("read the user", err)
	}
	if current == nil || current.ID != c.String("user") || !equalSecrets(e.mark(session), c.String("session")) {
		return id, q, fail(CodeInvalidCheck, "the question about a link is of another session")
	}
	if id, err = openIdentity(e.auth, c); err != nil {
		return id, q, err
	}
	id.startedBy = current.ID
	ends := time.Unix(intClaim(c, "exp"), 0).Add(seal.Tolerance) // Open has checked exp
	return id, question{c.String("id"), ends, current, session}, nil
}

// getLink shows the question again, for a client that was given its URL.
func getLink(e *exchange) error {
	sealed := e.query(questionField)
	id, asked, err := questions{e}.open(sealed)
	if err != nil {
		return err
	}
	return questions{e}.show(sealed, id, asked.current)
}

// postLink finishes the sign-in with the visitor's answer. It does so once. A visitor whose session
// is not fresh is led to confirm who they are, and can link the account after that.
func postLink(e *exchange) error {
	id, asked, err := questions{e}.open(e.form[questionField])
	if err != nil {
		return err
	}
	switch e.form[answerField] {
	case answerLink:
		if !asked.isFresh(e.now) {
			return e.redirect(withQuery(e.endpoint("/confirm"), "callbackUrl", e.redirectTarget(id.callbackURL)))
		}
		id.answer = allowsLink
	case answerOther:
		id.answer = isSomebodyElse
	default:
		return fail(CodeInvalidCheck, "the form has no answer to the question about a link")
	}
	isNew, err := e.auth.once.useFlow(e.r.Context(), id.account.Provider, "question "+asked.id, e.now, asked.ends)
	if err != nil {
		return err
	} else if !isNew {
		return fail(CodeInvalidCheck, "the question about a link was answered already")
	}
	return e.signIn(id)
}
