package feature

import (
	"context"
	"time"
)

// Users is what the site and all its features keep about users; see cardea.Host.Users. Its methods
// may be called concurrently, and take part in the transaction that ctx carries.
type Users interface {
	// HasCredential reports whether a user can sign in, by whatever way of the site.
	HasCredential(ctx context.Context, userID string) (bool, error)

	// Revoke deletes what a stranger may know or have added who has had the account of a user since
	// some time: it calls [Rows].Revoke of all features. Call it inside of Host.EndSessions, when
	// the owner takes the account back.
	Revoke(ctx context.Context, userID string, since time.Time) error

	// Export returns what the features keep about a user and the user may read: for each id of a
	// feature the values of its rows, as values for package json.
	Export(ctx context.Context, userID string) (map[string][]any, error)

	// WayName returns the name of a way to sign in, such as "GitHub", as the sign-in page shows it.
	// For the id of one that the site does not have any more, it returns the id.
	WayName(id string) string

	// OnLink adds a function that is called when a sign-in has linked an account at a provider to a
	// user who was there before, and that is stored. For the first account of a new user it is not
	// called. Provider is the id of the provider. Ctx is that of the request: cardea.UserAs returns
	// the user, and Host.SendMail works. Call OnLink in Install; linked may be called concurrently.
	OnLink(linked func(ctx context.Context, provider string))
}
