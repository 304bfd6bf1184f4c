package cardea

// postSignOut ends the session. The browser forgets it even if the store fails to; the failure is
// answered as such, because the session lives on.
func (v *exchange) postSignOut() error {
	ctx := v.r.Context()
	came := v.presented()
	if came.value == "" {
		return v.redirect(v.callbackURL)
	}
	s, err := v.auth.sessions.read(ctx, came)
	v.jar.ClearSession()
	v.freshCSRF()
	if err != nil {
		return err
	}
	if err := v.auth.sessions.end(ctx, came); err != nil {
		return err
	}
	if s != nil {
		v.auth.log.InfoContext(ctx, "cardea: signed out", "user", s.UserID, "remote", v.r.RemoteAddr)
		if event := v.auth.config.Events.SignOut; event != nil {
			event(ctx, s)
		}
	}
	return v.redirect(v.callbackURL)
}
