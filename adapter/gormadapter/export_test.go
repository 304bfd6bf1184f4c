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
