package relyingparty

import (
	"errors"

	"github.com/cardea-auth/cardea/internal/oauth2"
	"github.com/cardea-auth/cardea/oauth"
)

// isRefused reports whether a service refuses a request with the status 403 or 404: services answer
// so to an application that lacks a permission. Asking again would not help.
func isRefused(err error) bool {
	if status, ok := errors.AsType[oauth2.StatusError](err); ok {
		return oauth.StatusError(status).Refused()
	}
	status, ok := errors.AsType[oauth.StatusError](err) // from the hook FetchUserinfo
	return ok && status.Refused()
}

// warnRefused tells the site's owner that a sign-in goes on without what was asked for.
func (c *Client) warnRefused(what string, err error) {
	c.log.Warn("provider refuses the "+what+", the sign-in goes on without; does the application "+
		"registered there have the permission?", "provider", c.ID, "cause", err)
}
