package gormadapter_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// Errors as the drivers return them.
type (
	sqlState    string
	sqliteError int
	mySQLError  struct{ Number uint16 }
	unsentError struct{}
)

func (e sqlState) Error() string        { return "SQLSTATE " + string(e) }
func (e sqlState) SQLState() string     { return string(e) }
func (e sqliteError) Error() string     { return fmt.Sprint("SQLite ", int(e)) }
func (e sqliteError) Code() int         { return int(e) }
func (e *mySQLError) Error() string     { return fmt.Sprint("MySQL ", e.Number) }
func (e unsentError) Error() string     { return "conn closed" }
func (e unsentError) SafeToRetry() bool { return true }

// A transaction that the database aborts runs again, more than seven times. One whose connection
// broke runs again on another connection. Any other error is returned at once.
func TestTransactionsThatRunAgain(t *testing.T) {
	t.Parallel()
	reset := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for engine, errs := range map[string]struct{ aborted, broken, final []error }{
		"SQLite": {
			aborted: []error{sqliteError(5), sqliteError(517)},
			final:   []error{sqliteError(19), sqliteError(13), io.ErrShortWrite},
		},
		"PostgreSQL": {
			aborted: []error{sqlState("40001"), sqlState("40P01"), sqlState("55P03")},
			broken: []error{
				sqlState("57P01"), sqlState("57P03"), sqlState("08006"), unsentError{}, reset, refused,
				io.ErrUnexpectedEOF,
			},
			final: []error{sqlState("23502"), sqlState("53300"), sqlState("42501"), sqlState("57014")},
		},
		"MariaDB": {
			aborted: []error{&mySQLError{1213}, &mySQLError{1205}, &mySQLError{1020}, &mySQLError{1047}},
			broken:  []error{&mySQLError{1053}, &mySQLError{1927}, errors.New("invalid connection"), reset, refused},
			final:   []error{&mySQLError{1048}, &mySQLError{1142}, &mySQLError{1040}},
		},
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for _, e := range databases() {
				if e.name != engine {
					continue
				}
				a := openOn(t, e.empty(t))
				for _, err := range errs.aborted {
					checkRuns(t, a, err, 12, 13)
				}
				for _, err := range errs.broken {
					checkRuns(t, a, err, 1, 2)
				}
				for _, err := range errs.final {
					checkRuns(t, a, err, 1, 1)
				}
			}
		})
	}
}

// checkRuns runs a transaction that fails so many times, and checks how often it runs.
func checkRuns(t *testing.T, a *gormadapter.Adapter, cause error, failures, want int) {
	t.Helper()
	runs := 0
	err := a.Transact(t.Context(), func(context.Context) error {
		runs++
		if runs <= failures {
			return cause
		}
		return nil
	})
	if runs != want || (err == nil) != (want > failures) {
		t.Errorf("%v: ran %d times and returned %v, want %d times", cause, runs, err, want)
	}
}

// A transaction waits longer than the server lets it wait for a lock. It runs again and gets the
// lock.
func TestLockWaitThatTimesOut(t *testing.T) {
	t.Parallel()
	for _, e := range []struct {
		name, setting string
		empty         func(testing.TB) gormadapter.Options
	}{
		{"PostgreSQL", "&lock_timeout=300", postgreSQL},
		{"MariaDB", "?innodb_lock_wait_timeout=1", mariaDB},
		{"MySQL", "?innodb_lock_wait_timeout=1", mySQL},
	} {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			o := e.empty(t)
			holder := openOn(t, o)
			o.DSN += e.setting
			waiter := openExisting(t, o)
			must(t, holder.CreateUser(t.Context(), &cardea.User{ID: "ada"}))
			locked := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				must(t, holder.Transact(t.Context(), func(ctx context.Context) error {
					must(t, holder.LockUser(ctx, "ada"))
					close(locked)
					time.Sleep(1300 * time.Millisecond) // longer than the setting
					return nil
				}))
			})
			<-locked
			if err := waiter.UpdateUser(t.Context(), &cardea.User{ID: "ada", Name: "Ada"}); err != nil {
				t.Errorf("got %v", err)
			}
			wg.Wait()
		})
	}
}

// The server breaks all connections of a pool, as it does when it restarts, and then works again.
// Nobody notices: whatever runs next finds a whole connection.
func TestAllConnectionsBreak(t *testing.T) {
	t.Parallel()
	for _, e := range engines()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			p, o := behind(t, e.empty(t))
			a, err := gormadapter.Open(o)
			must(t, err)
			defer a.Close() // MySQL's driver returns an error for a connection that is broken
			must(t, a.Migrate(ctx))
			must(t, a.CreateUser(ctx, &cardea.User{ID: "ada"}))
			must(t, a.CreateSession(ctx, &cardea.Session{Token: "t", UserID: "ada", Expires: expiry}))
			for name, run := range map[string]func() error{
				"read":        func() error { _, err := a.Session(ctx, "t"); return err },
				"list":        func() error { _, err := a.Sessions(ctx, "ada"); return err },
				"transaction": func() error { return a.UpdateUser(ctx, &cardea.User{ID: "ada", Name: "Ada"}) },
				"statement":   func() error { return a.RenewSession(ctx, "t", expiry) },
				"joined": func() error {
					return a.Transact(ctx, func(ctx context.Context) error { return a.LockUser(ctx, "ada") })
				},
			} {
				fillPool(t, a, 8)
				p.mu.Lock()
				p.cut()
				p.mu.Unlock()
				if err := run(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// fillPool opens so many connections, which are idle afterwards.
func fillPool(t *testing.T, a *gormadapter.Adapter, conns int) {
	t.Helper()
	var all, wg sync.WaitGroup
	all.Add(conns)
	for range conns {
		wg.Go(func() {
			must(t, a.Transact(t.Context(), func(ctx context.Context) error {
				_, err := a.UserByID(ctx, "ada")
				all.Done()
				all.Wait()
				return err
			}))
		})
	}
	wg.Wait()
}

// A commit whose answer is lost is not repeated, because it may have been carried out.
func TestUnknownResultIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, e := range engines()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			ctx, o := t.Context(), e.empty(t)
			direct := openOn(t, o)
			p, o := behind(t, o)
			a := openOn(t, o)
			// A connection that was idle for a second is tried first, which is one request more. If
			// the commit was passed over because of that, all begins again.
			kept := 0
			for try, at, away := 0, 0, true; away || kept == 0 && try < 10; at++ {
				if !away {
					try, at = try+1, 0
				}
				runs, before := 0, count(t, direct, "user")
				p.arm(unanswered, at)
				err := a.Transact(ctx, func(ctx context.Context) error {
					runs++
					return a.CreateUser(ctx, &cardea.User{Name: "Ada"})
				})
				away = p.restore()
				created := count(t, direct, "user") - before
				switch {
				case !away && (err != nil || created != 1):
					t.Errorf("with all answers: %d users were created, error %v", created, err)
				case away && (err == nil || created > 1 || created == 1 && runs != 1):
					t.Errorf("request %d has no answer: %d users were created in %d runs, error %v",
						at, created, runs, err)
				case away:
					kept += created
				}
			}
			if kept == 0 {
				t.Error("no commit was without an answer")
			}
		})
	}
}
