package cardea

import "github.com/cardea-auth/cardea/internal/page"

// getSignOut asks whether to sign out, on the application's page or the built-in one.
func getSignOut(e *exchange) error {
	if own := e.auth.config.Pages.SignOut; own != "" {
		return e.redirect(e.absolute(own))
	}
	return e.page().SignOut(e.w, page.SignOut{
		Site: e.origin.String(), Action: e.auth.config.BasePath + "/signout", CSRFToken: e.csrfToken,
		CallbackURL: e.callbackURL,
	})
}

// postSignOut ends the session, and sends the visitor on.
func postSignOut(e *exchange) error {
	if err := e.signOut(); err != nil {
		return err
	}
	return e.redirect(e.callbackURL)
}

// signOut ends the session of the browser and the sign-in that waits in it, if there are any. The
// cookies are deleted even if the store fails. The failure is then returned, because the session or
// the sign-in still exists.
func (e *exchange) signOut() error {
	err := sessionCookies{e}.signOut()
	if waiting := (pendings{e}).end(e.r.Context()); err == nil {
		err = waiting
	}
	return err
}

// signOut ends the session of the browser.
func (e sessionCookies) signOut() error {
	ctx, c := e.r.Context(), e.sessionCookie()
	if c.value == "" {
		return nil
	}
	s, err := e.auth.sessions.read(ctx, c)
	e.clearAll()
	e.renewCSRF()
	if err != nil {
		return err
	}
	if err := e.endAll(); err != nil {
		return err
	}
	if s != nil {
		e.auth.log.InfoContext(ctx, "cardea: signed out", "user", s.UserID, "remote", e.remote())
		if event := e.auth.config.Events.SignOut; event != nil {
			event(aboutSession(ctx, e.auth, s), s)
		}
	}
	return nil
}
