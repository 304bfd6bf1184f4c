package cardea

import (
	"context"
	"encoding/json"
	"time"
)

// sessions is a strategy: what the value of a session cookie stands for.
type sessions interface {
	// read returns the session, nil when there is none. An error is a failure of the store.
	read(ctx context.Context, p presented) (*Session, error)

	// refresh makes the session last longer, as far as that is due, and returns the value for the
	// cookie, "" when the session is over.
	refresh(ctx context.Context, s *Session, p presented, r refresh) (string, error)

	// end makes the value worthless.
	end(ctx context.Context, p presented) error
}

// presented is the value of a session cookie as a browser sent it.
type presented struct {
	value string
	salt  string // of its key, if it is encrypted
	now   time.Time
}

// refresh says why a session is refreshed.
type refresh struct {
	trigger Trigger
	update  json.RawMessage
}
