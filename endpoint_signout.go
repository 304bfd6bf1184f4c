package cardea

import "github.com/cardea-auth/cardea/internal/page"

// getSignOut asks whether to sign out, on the application's page or the built-in one.
func getSignOut(e *exchange) error {
	if own := e.auth.config.Pages.SignOut; own != "" {
		return e.redirect(e.absolute(own))
	}
	return e.page().SignOut(e.w, page.SignOut{
		Site: e.origin.String(), Action: e.auth.config.BasePath + "/signout", CSRFToken: e.csrfToken,
	})
}

// postSignOut ends the session. The cookie is deleted even if the store fails. The failure is then
// the answer, because the session still exists.
func postSignOut(e *exchange) error {
	ctx := e.r.Context()
	c := e.sessionCookie()
	if c.value == "" {
		return e.redirect(e.callbackURL)
	}
	s, err := e.auth.sessions.read(ctx, c)
	e.jar.ClearSession()
	e.renewCSRF()
	if err != nil {
		return err
	}
	if err := e.auth.sessions.end(ctx, c); err != nil {
		return err
	}
	if s != nil {
		e.auth.log.InfoContext(ctx, "cardea: signed out", "user", s.UserID, "remote", e.r.RemoteAddr)
		if event := e.auth.config.Events.SignOut; event != nil {
			event(ctx, s)
		}
	}
	return e.redirect(e.callbackURL)
}
