package cardea

import (
	"context"
	"net/http"
)

// body is what a browser is told of its session by default.
type body struct {
	User    bodyUser `json:"user"`
	Expires string   `json:"expires"`
}

type bodyUser struct {
	Name  *string `json:"name"`
	Email *string `json:"email"`
	Image *string `json:"image"`
}

// isoMillis is JavaScript's Date.toISOString.
const isoMillis = "2006-01-02T15:04:05.000Z"

func (v *exchange) getSession() error { return v.session(refresh{}) }

func (v *exchange) postSession() error {
	return v.session(refresh{trigger: TriggerUpdate, update: v.update})
}

// session answers with the visitor's session, or that there is none, and makes it last longer.
func (v *exchange) session(r refresh) error {
	ctx := v.r.Context()
	p := v.presented()
	s, err := v.auth.read(ctx, p)
	if err != nil {
		return err
	}
	if s == nil {
		return v.noSession()
	}
	value, err := v.auth.sessions.refresh(ctx, s, p, r)
	if err != nil {
		return err
	}
	if value == "" {
		return v.noSession()
	}
	answer, err := v.view(ctx, s, r)
	if err != nil {
		return err
	}
	if err := v.jar.SetSession(value, v.now.Add(v.auth.config.Session.MaxAge)); err != nil {
		return fail(CodeConfiguration, "the session is too large for cookies: %w", err)
	}
	if event := v.auth.config.Events.Session; event != nil {
		event(ctx, s)
	}
	v.json(http.StatusOK, answer)
	return nil
}

func (v *exchange) presented() presented {
	return presented{value: v.jar.Session(), salt: v.auth.protocol.scheme.SessionSalt(v.names.Session), now: v.now}
}

// noSession answers that there is none; a browser that thought otherwise forgets its cookies.
func (v *exchange) noSession() error {
	if v.jar.Session() != "" {
		v.jar.ClearSession()
	}
	v.json(http.StatusOK, v.auth.protocol.noSession)
	return nil
}

// view is what the browser may know of a session.
func (v *exchange) view(ctx context.Context, s *Session, r refresh) (any, error) {
	expires := s.Expires.UTC().Format(isoMillis)
	change := v.auth.config.Callbacks.Session
	if change == nil {
		u := s.User
		return body{bodyUser{optional(u.Name), optional(u.Email), optional(u.Image)}, expires}, nil
	}
	view := &SessionView{
		Session: s, Trigger: r.trigger, Update: r.update, Extra: Claims{},
		User: Claims{"name": orNull(s.User.Name), "email": orNull(s.User.Email), "image": orNull(s.User.Image)},
	}
	if err := change(ctx, view); err != nil {
		return nil, fail(CodeConfiguration, "session callback: %w", err)
	}
	answer := view.Extra
	if answer == nil {
		answer = Claims{}
	}
	answer["user"], answer["expires"] = view.User, expires
	return answer, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// read returns the session of a cookie's value, nil when there is none or the application does not
// accept it.
func (a *Auth) read(ctx context.Context, p presented) (*Session, error) {
	s, err := a.sessions.read(ctx, p)
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
