package feature

import "context"

// Limit is how often something may happen to one subject; see cardea.Host.Limit. Its methods may be
// called concurrently.
type Limit interface {
	// Take counts one event of a subject, such as the id of a user. If the limit is used up, the
	// error is a cardea.Error with CodeRateLimited to return from the handler. Call it before what
	// the limit protects, so that concurrent requests do not pass together.
	Take(ctx context.Context, subject string) error

	// Give takes back one event that Take has counted for the subject, because it was harmless.
	Give(ctx context.Context, subject string)
}
