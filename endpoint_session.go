package cardea

import (
	"context"
	"errors"
	"net/http"

	"github.com/cardea-auth/cardea/oauth"
)

// sessionAnswer is the answer of GET session without Callbacks.Session.
type sessionAnswer struct {
	User    sessionUser `json:"user"`
	Expires string      `json:"expires"`
}

type sessionUser struct {
	Name  *string `json:"name"`
	Email *string `json:"email"`
	Image *string `json:"image"`
}

// isoMillis is the format of JavaScript's Date.toISOString.
const isoMillis = "2006-01-02T15:04:05.000Z"

// sessionEndpoint answers GET session and POST session.
type sessionEndpoint struct{ *exchange }

func getSession(e *exchange) error {
	sender{e}.warnOfUnread()
	return sessionEndpoint{e}.answer(sessionRefresh{})
}

func postSession(e *exchange) error {
	return sessionEndpoint{e}.answer(sessionRefresh{trigger: TriggerUpdate, update: e.update})
}

// answer extends the visitor's session and answers with it.
func (e sessionEndpoint) answer(r sessionRefresh) error {
	ctx, c := e.r.Context(), e.sessionCookie()
	s, err := e.auth.readSession(ctx, c)
	if err != nil {
		return err
	}
	if s == nil {
		return e.answerNone()
	}
	ctx = aboutSession(ctx, e.auth, s)
	value, err := e.auth.sessions.refresh(ctx, s, c, r)
	if err != nil {
		return err
	}
	if value == "" {
		return e.answerNone()
	}
	e.auth.sessions.use(ctx, s, e.now)
	answer, err := e.view(ctx, s, r)
	if errors.Is(err, ErrNoSession) { // the user of a JWT session was deleted
		return e.answerNone()
	} else if err != nil {
		return err
	}
	if err := e.setSession(value, s); err != nil {
		return err
	}
	if event := e.auth.config.Events.Session; event != nil {
		event(ctx, s)
	}
	e.json(http.StatusOK, answer)
	return nil
}

// answerNone answers that there is no session, and deletes the session cookies of the browser.
func (e sessionEndpoint) answerNone() error {
	if e.jar.Session() != "" {
		e.jar.ClearSession()
	}
	e.json(http.StatusOK, e.auth.protocol.noSession)
	return nil
}

// view returns what the browser may know about a session.
func (e sessionEndpoint) view(ctx context.Context, s *Session, r sessionRefresh) (any, error) {
	expires := s.Expires.UTC().Format(isoMillis)
	hook, change := e.auth.config.SessionUser, e.auth.config.Callbacks.Session
	if hook.members == nil && change == nil {
		u := s.User
		return sessionAnswer{sessionUser{optional(&u.Name), optional(&u.Email), optional(&u.Image)}, expires}, nil
	}
	view := &SessionView{
		Session: s, Trigger: r.trigger, Update: r.update, Extra: oauth.Claims{},
		User: oauth.Claims{"name": orNull(s.User.Name), "email": orNull(s.User.Email), "image": orNull(s.User.Image)},
	}
	if err := hook.addMembers(ctx, view.User); err != nil {
		return nil, err
	}
	if change != nil {
		if err := change(ctx, view); err != nil {
			return nil, fail(CodeConfiguration, "Callbacks.Session: %w", err)
		}
	}
	answer := view.Extra
	if answer == nil {
		answer = oauth.Claims{}
	}
	answer["user"], answer["expires"] = view.User, expires
	return answer, nil
}

// optional returns the pointer to a text, and nil if the text is empty.
func optional(s *string) *string {
	if *s == "" {
		return nil
	}
	return s
}

// orNull returns a text for JSON, null if it is empty.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
