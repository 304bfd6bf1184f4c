package gormadapter

import (
	"context"
	"sync/atomic"
	"time"
)

// writerQueue lets the writers of a process wait for each other before they wait for SQLite, which
// has one writer at a time. SQLite has no queue: whoever finds the file locked sleeps, longer each
// time, and looks again. Meanwhile the file may be free, or somebody may come who has not waited.
//
// Other processes, and the application's own statements, are not in the queue.
type writerQueue struct {
	maxTurn time.Duration
	turn    chan struct{}
	turns   atomic.Int64 // how many there have been
}

func newWriterQueue(maxTurn time.Duration) *writerQueue {
	return &writerQueue{maxTurn: maxTurn, turn: make(chan struct{}, 1)}
}

// maxTurn is how long a writer waits in the queue while nobody gets a turn. Then it goes to SQLite,
// which says whether the file is locked. Otherwise a transaction could wait for ever for a
// statement that runs outside of it.
const maxTurn = 5 * time.Second

// enter waits for the turn of a writer, until ctx ends or nobody has got a turn for q.maxTurn. The
// writer calls leave when it has finished. A nil queue lets everybody in.
func (q *writerQueue) enter(ctx context.Context) (leave func()) {
	if q == nil {
		return func() {}
	}
	select {
	case q.turn <- struct{}{}:
		return q.begin()
	default:
	}
	timer := time.NewTimer(q.maxTurn)
	defer timer.Stop()
	for before := q.turns.Load(); ; {
		select {
		case q.turn <- struct{}{}:
			return q.begin()
		case <-ctx.Done():
			return func() {}
		case <-timer.C:
		}
		now := q.turns.Load()
		if now == before {
			return func() {}
		}
		before = now
		timer.Reset(q.maxTurn)
	}
}

func (q *writerQueue) begin() (leave func()) {
	q.turns.Add(1)
	return func() { <-q.turn }
}

// queued runs a single write, in the turn of a writer unless ctx carries a transaction, whose turn
// it is already.
func (d *database) queued(ctx context.Context, run func() error) error {
	if d.transaction(ctx) == nil {
		leave := d.writers.enter(ctx)
		defer leave()
	}
	return run()
}
