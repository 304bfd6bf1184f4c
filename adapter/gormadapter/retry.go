package gormadapter

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"time"
)

const (
	maxRetryTime    = 5 * time.Second
	maxConflictTime = 30 * time.Second     // if another transaction has won; longer than maxRetryTime
	firstPause      = 4 * time.Millisecond // the longest pause before the first retry; doubled for each further one
	maxDoublings    = 6                    // of the longest pause
)

// retry calls run, a transaction or a single statement, and calls it again if that may help. If ctx
// carries a transaction, it calls run once: that whole transaction is lost.
func (d *database) retry(ctx context.Context, run func() error) error {
	r := retries{d: d, begin: time.Now()}
	return r.until(ctx, run)
}

// retries decides whether to run something again.
type retries struct {
	d     *database
	begin time.Time // moved on by the times that it waited for a connection

	aborted int // how often the database has aborted it
	broken  int // how often its connection was broken
	idle    int // how many other connections were idle then, which may be broken too
}

// until calls run until it need not run again.
func (r *retries) until(ctx context.Context, run func() error) error {
	err := run()
	for r.again(ctx, err) {
		err = run()
	}
	return err
}

// connected is called when a run has got a connection that it asked for at that time. When many
// sign in at once, each waits long for one, and that is no reason to give up.
func (r *retries) connected(asked time.Time) { r.begin = r.begin.Add(time.Since(asked)) }

// again reports whether to run something again after err. It waits before.
func (r *retries) again(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil || r.d.transaction(ctx) != nil {
		return false
	}
	c, spent := r.d.errors, time.Since(r.begin)
	if spent > maxConflictTime || spent > maxRetryTime && !c.isConflict(err) {
		return false
	}
	switch {
	case c.isAborted(err):
		return r.pause(ctx)
	case isResultUnknown(err):
		return false
	case c.isNodeNotReady(err):
		r.d.closeNotReady(ctx)
		return r.pause(ctx)
	case c.isBroken(err):
		return r.reconnect()
	}
	return false
}

// pause waits longer after each abort. It returns false if ctx ends.
func (r *retries) pause(ctx context.Context) bool {
	longest := firstPause << min(r.aborted, maxDoublings)
	r.aborted++
	return pause(ctx, longest)
}

// pause waits for a random time up to the longest, so that programs that failed together do not try
// again together. It returns false if ctx ends.
func pause(ctx context.Context, longest time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(rand.N(longest)):
		return true
	}
}

// reconnect reports whether to try another connection. When a server goes away, each connection in
// the pool breaks, and the pool notices that only when it uses the connection.
func (r *retries) reconnect() bool {
	if r.broken == 0 && r.d.pool != nil {
		r.idle = r.d.pool.Stats().Idle
	}
	r.broken++
	return r.broken <= r.idle+1
}

// isNodeNotReady reports whether a node of a Galera cluster accepts no statements, because it has
// lost the others or still gets what it missed.
func (c errorClassifier) isNodeNotReady(err error) bool { return c.hasCode(err, nodeNotReady) }

// isBroken reports whether a connection could not be made, or was lost.
func (c errorClassifier) isBroken(err error) bool {
	var network *net.OpError
	if isUnsent(err) || errors.As(err, &network) || c.hasCode(err, lostConnection) {
		return true
	}
	for _, lost := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, sql.ErrConnDone} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return originalText(err) == "invalid connection" // github.com/go-sql-driver/mysql's ErrInvalidConn
}

// isUnsent reports whether the server cannot have received a statement.
func isUnsent(err error) bool {
	var safe interface{ SafeToRetry() bool } // github.com/jackc/pgx/v5/pgconn
	var network *net.OpError
	return errors.As(err, &safe) && safe.SafeToRetry() || errors.Is(err, driver.ErrBadConn) ||
		errors.As(err, &network) && network.Op == "dial"
}

// resultUnknown is an error after which nobody knows whether the database did what it was asked,
// so that it must not run again.
type resultUnknown struct{ error }

// Unwrap returns the error itself.
func (e *resultUnknown) Unwrap() error { return e.error }

func isResultUnknown(err error) bool {
	var unknown *resultUnknown
	return errors.As(err, &unknown)
}

// withUnknownResult marks the error of a statement that must not run twice, unless the server has
// not received the statement.
func withUnknownResult(err error) error {
	if err == nil || isUnsent(err) {
		return err
	}
	return &resultUnknown{err}
}
