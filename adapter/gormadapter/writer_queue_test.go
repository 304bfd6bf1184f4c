package gormadapter_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
)

// Writers that wait for a transaction of the same process hold no connection to SQLite meanwhile.
func TestWritersOnSQLiteWaitWithoutConnection(t *testing.T) {
	t.Parallel()
	a := openOn(t, sqliteFile(t))
	pool, err := a.DB().DB()
	must(t, err)
	u, err := firstSignIn(t.Context(), a)
	must(t, err)
	token := &cardea.VerificationToken{Identifier: "a", Token: "t", Expires: expiry}
	must(t, a.CreateVerificationToken(t.Context(), token))
	const others = 8
	var waiting, finished sync.WaitGroup
	waiting.Add(3 * others)
	start := func(write func(i int) error) {
		for i := range others {
			finished.Go(func() {
				waiting.Done()
				if err := write(i); err != nil && !errors.Is(err, cardea.ErrNotFound) {
					t.Error(err)
				}
			})
		}
	}
	err = a.Transact(t.Context(), func(ctx context.Context) error {
		if err := a.RenewSession(ctx, "token", expiry); err != nil {
			return err
		}
		start(func(i int) error {
			s := &cardea.Session{Token: fmt.Sprint("other ", i), UserID: u.ID, Expires: expiry}
			return a.CreateSession(t.Context(), s)
		})
		start(func(int) error { return a.DeleteSession(t.Context(), "none") })
		start(func(int) error {
			_, err := a.ConsumeVerificationToken(t.Context(), "a", "t")
			return err
		})
		waiting.Wait()
		for range 100 {
			if got := pool.Stats().InUse; got > 1 {
				return fmt.Errorf("got %d connections in use, want that of the transaction", got)
			}
			time.Sleep(time.Millisecond)
		}
		return nil
	})
	finished.Wait()
	must(t, err)
	if got := count(t, a, "session"); got != 1+others {
		t.Errorf("got %d sessions, want %d", got, 1+others)
	}
}

// A transaction that waits for a statement outside of it would wait for ever. SQLite says so in the
// end.
func TestWriterOutsideOfItsTransactionOnSQLite(t *testing.T) {
	t.Parallel()
	o := sqliteFile(t)
	o.DBName = o.DBName[:len(o.DBName)-len(longWait)] + "?_busy_timeout=1"
	a := openOn(t, o)
	outside, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	must(t, a.Transact(t.Context(), func(context.Context) error {
		err := a.DeleteSession(outside, "token")
		if err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want that the database is locked", err)
		}
		return nil
	}))
	must(t, a.DeleteSession(t.Context(), "token"))
}

// Whoever waits leaves the queue when the context ends, and the next one gets the turn.
func TestWriterLeavesTheQueue(t *testing.T) {
	t.Parallel()
	enter := gormadapter.NewWriterQueue(time.Hour)
	leave := enter(t.Context())
	ending, end := context.WithCancel(t.Context())
	left, next := make(chan struct{}), make(chan struct{})
	go func() {
		enter(ending)()
		close(left)
	}()
	end()
	await := func(c chan struct{}, what string) {
		t.Helper()
		select {
		case <-c:
		case <-time.After(time.Minute):
			t.Fatal(what)
		}
	}
	await(left, "the writer still waits after its context has ended")
	go func() {
		enter(t.Context())()
		close(next)
	}()
	leave()
	await(next, "nobody gets the turn")
}
