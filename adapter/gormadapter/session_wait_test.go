package gormadapter_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
)

// stored returns an adapter with a session, whose token is token1, of one user.
func stored(t *testing.T, a *gormadapter.Adapter) *gormadapter.Adapter {
	t.Helper()
	u := &cardea.User{Email: "ann@example.com"}
	must(t, a.CreateUser(t.Context(), u))
	s := &cardea.Session{Token: "token1", UserID: u.ID, Expires: time.Now().Add(time.Hour)}
	must(t, a.CreateSession(t.Context(), s))
	return a
}

// endsWith reports how a read of the session ends, which ctx must end.
func endsWith(t *testing.T, ctx context.Context, a *gormadapter.Adapter, want error) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := a.Session(ctx, "token1")
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	case <-time.After(time.Minute):
		t.Error("the read of the session goes on after its context has ended")
	}
}

// All connections are in use, as when a transaction on a database in memory is open. A request
// whose browser goes away stops waiting.
func TestSessionStopsWaitingForAConnection(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a, pool := limited(t, e, 1)
			stored(t, a)
			_, err := a.Session(t.Context(), "token1") // prepares the statement
			must(t, err)
			taken, err := pool.Conn(t.Context())
			must(t, err)
			defer taken.Close()
			ctx, cancel := context.WithCancel(t.Context())
			waits := pool.Stats().WaitCount
			go func() {
				for pool.Stats().WaitCount == waits && t.Context().Err() == nil {
					time.Sleep(time.Millisecond)
				}
				cancel()
			}()
			endsWith(t, ctx, a, context.Canceled)
		})
	}
}

// Another program has locked the whole file. A context with a deadline ends the wait for the lock,
// although SQLite would wait for longer.
func TestSessionStopsWaitingForALock(t *testing.T) {
	t.Parallel()
	file := "file:" + t.TempDir() + "/db.sqlite?_journal_mode=DELETE&_busy_timeout=3600000"
	a := stored(t, openOn(t, gormadapter.Options{Driver: sqlite.Driver, DBName: file}))
	pool, err := a.DB().DB()
	must(t, err)
	other, err := pool.Conn(t.Context())
	must(t, err)
	defer other.Close()
	_, err = a.Session(t.Context(), "token1") // opens another connection, which would wait too
	must(t, err)
	_, err = other.ExecContext(t.Context(), "BEGIN EXCLUSIVE")
	must(t, err)
	defer other.ExecContext(context.Background(), "ROLLBACK")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	endsWith(t, ctx, a, context.DeadlineExceeded)
}

// A request whose context has ended already reads nothing.
func TestSessionOfAnEndedRequest(t *testing.T) {
	t.Parallel()
	a := stored(t, openOn(t, sqliteFile(t)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	endsWith(t, ctx, a, context.Canceled)
}
