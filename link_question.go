package cardea

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"strings"
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

// linkAnswer is what the visitor has said about a link to the signed-in user.
type linkAnswer int

const (
	notAsked linkAnswer = iota
	allowsLink
	isSomebodyElse
)

// resumer is a [signInMethod] whose identities can wait for an answer.
type resumer interface {
	// resume fills in what the configuration says about an identity that was proven before.
	resume(id *identity)
}

func (m *oauthMethod) resume(id *identity) {
	id.linkByEmail, id.methods = m.LinkByVerifiedEmail, []string{methodFederated}
}

func (m *emailMethod) resume(id *identity) {
	id.isAddress, id.adopt, id.methods = true, m.Adopt, []string{methodMail}
}

// questions asks the visitor about links, and takes the answers.
type questions struct{ *exchange }

// salt is the salt from which the key of the field is derived.
func (e questions) salt() string { return e.names.State + "." + questionField }

// mark names a session, in whatever cookie it is.
func (e questions) mark(s *Session) string { return cmp.Or(s.ID(), sid(s.Claims)) }

// ask shows the question about a proven identity. A client that reads JSON gets the URL of the
// page.
func (e questions) ask(id identity, current *User) error {
	session, err := e.auth.readSession(e.r.Context(), e.sessionCookie())
	if err != nil {
		return err
	}
	if session == nil || e.mark(session) == "" {
		return fail(CodeInvalidCheck, "the session has ended meanwhile")
	}
	profile, err := json.Marshal(id.profile)
	if err != nil {
		return fail(codeProfileParse, "the profile: %w", err)
	}
	a := id.account
	sealed, err := e.auth.sealer.Seal(e.salt(), map[string]any{
		"id": rand.Text(), "user": current.ID, "session": e.mark(session), "profile": string(profile),
		"type": a.Type, "provider": a.Provider, "account": a.ProviderAccountID,
		"refresh": a.RefreshToken, "access": a.AccessToken, "idToken": a.IDToken, "tokenType": a.TokenType,
		"scope": a.Scope, "state": a.SessionState, "expires": max(a.ExpiresAt.Unix(), 0), sealedURL: id.callbackURL,
	}, e.now, questionMaxAge)
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
	return e.page().Link(e.w, page.Link{
		Site: e.origin.String(), Action: e.endpoint("/link"), CSRFToken: e.csrfToken,
		CallbackURL: e.redirectTarget(id.callbackURL), Question: sealed, User: cmp.Or(current.Name, current.Email),
		Account: cmp.Or(id.profile.Email, id.profile.Name, id.profile.ID), IsAddress: id.isAddress,
		Provider: e.auth.method(id.account.Provider).info().name,
	})
}

// question is a question that was asked.
type question struct {
	id      string
	ends    time.Time // when an answer is not accepted any more
	current *User     // who is signed in
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
	m, ok := e.auth.method(c.String("provider")).(resumer)
	if current == nil || current.ID != c.String("user") || !equalSecrets(e.mark(session), c.String("session")) || !ok {
		return id, q, fail(CodeInvalidCheck,
			"the question about a link is of another session, or its provider is gone")
	}
	id = identity{
		startedBy: current.ID, callbackURL: c.String(sealedURL), profile: &oauth.Profile{},
		account: &Account{
			Type: ProviderType(c.String("type")), Provider: c.String("provider"),
			ProviderAccountID: c.String("account"),
			RefreshToken:      c.String("refresh"), AccessToken: c.String("access"), IDToken: c.String("idToken"),
			TokenType: c.String("tokenType"), Scope: c.String("scope"), SessionState: c.String("state"),
		},
	}
	if n, ok := c["expires"].(json.Number); ok {
		if seconds, err := n.Int64(); err == nil && seconds != 0 {
			id.account.ExpiresAt = time.Unix(seconds, 0).UTC()
		}
	}
	d := json.NewDecoder(strings.NewReader(c.String("profile")))
	d.UseNumber()
	if err := d.Decode(id.profile); err != nil {
		return id, q, fail(codeProfileParse, "the profile: %w", err)
	}
	m.resume(&id)
	exp, _ := c["exp"].(json.Number)
	seconds, _ := exp.Int64() // Open has checked it
	return id, question{c.String("id"), time.Unix(seconds, 0).Add(seal.Tolerance), current}, nil
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

// postLink finishes the sign-in with the visitor's answer. It does so once.
func postLink(e *exchange) error {
	id, asked, err := questions{e}.open(e.form[questionField])
	if err != nil {
		return err
	}
	switch e.form[answerField] {
	case answerLink:
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
