package gormadapter

import (
	"context"
	"time"
)

// NewUUID is for benchmarks, whose rows have the same IDs as the adapter's.
var NewUUID = newUUID

// MissingTablePage is the address in errors about a missing table.
const MissingTablePage = missingTablePage

// NewWriterQueue returns a function that enters a new queue of writers.
func NewWriterQueue(maxTurn time.Duration) (enter func(ctx context.Context) (leave func())) {
	return newWriterQueue(maxTurn).enter
}

// ReadsDirectly reports whether the adapter reads a session without the rows of database/sql.
func ReadsDirectly(ctx context.Context, a *Adapter, token string) bool {
	t, err := a.sessions.table(ctx)
	if err != nil {
		return false
	}
	s := &foundSession{}
	dest := s.signIn.dest([]any{&s.Token, &s.Expires}, t)
	done, err := (directReader{a.db}).read(ctx, t.session, []any{token}, dest, a.tables.user.newRow())
	return done && err == nil
}
