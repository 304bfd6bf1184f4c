package gormadapter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
	"gorm.io/gorm"
)

// Errors for unique and foreign keys are recognized on every database, also after GORM has
// translated them.
func TestConstraintsOnEachDatabase(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			for name, a := range map[string]*gormadapter.Adapter{
				"Open": openOn(t, e.empty(t)), "TranslateError": newOn(t, serverConnection(t, e.empty(t))),
			} {
				ctx, u := t.Context(), &cardea.User{ID: "veiled1", Email: "veiled@example.com"}
				must(t, a.CreateUser(ctx, u))
				must(t, a.CreateSession(ctx, &cardea.Session{Token: "veiled", UserID: u.ID, Expires: expiry}))
				must(t, a.LinkAccount(ctx,
					&cardea.Account{UserID: u.ID, Type: "oidc", Provider: "p", ProviderAccountID: "veiled"}))
				for what, err := range map[string]error{
					"id":     a.CreateUser(ctx, &cardea.User{ID: u.ID}),
					"e-mail": a.CreateUser(ctx, &cardea.User{Email: u.Email}),
					"token":  a.CreateSession(ctx, &cardea.Session{Token: "veiled", UserID: u.ID, Expires: expiry}),
					"account": a.LinkAccount(ctx,
						&cardea.Account{UserID: u.ID, Type: "oidc", Provider: "p", ProviderAccountID: "veiled"}),
				} {
					if !errors.Is(err, cardea.ErrConflict) || strings.Contains(err.Error(), "veiled") {
						t.Errorf("%s, taken %s: got %v", name, what, err)
					}
				}
				for what, err := range map[string]error{
					"session": a.CreateSession(ctx, &cardea.Session{Token: "other", UserID: "nobody", Expires: expiry}),
					"account": a.LinkAccount(ctx,
						&cardea.Account{UserID: "nobody", Type: "oidc", Provider: "p", ProviderAccountID: "other"}),
				} {
					if !errors.Is(err, cardea.ErrNotFound) || strings.Contains(err.Error(), "nobody") {
						t.Errorf("%s, %s of nobody: got %v", name, what, err)
					}
				}
			}
		})
	}
}

// Two transactions lock two users in opposite orders, each its first before the other has its
// second. The database ends one of them, and it is run again.
func TestDeadlocksAreRunAgain(t *testing.T) {
	t.Parallel()
	for _, e := range engines()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, e.empty(t))
			users := []string{"ada", "grace"}
			for _, id := range users {
				must(t, a.CreateUser(t.Context(), &cardea.User{ID: id}))
			}
			var (
				wg      sync.WaitGroup
				both    sync.WaitGroup
				runs    atomic.Int32
				renamed = func(ctx context.Context, id, name string) error {
					return a.UpdateUser(ctx, &cardea.User{ID: id, Name: name})
				}
			)
			both.Add(2)
			for i := range users {
				wg.Go(func() {
					first := true
					err := a.Transact(t.Context(), func(ctx context.Context) error {
						runs.Add(1)
						if err := renamed(ctx, users[i], fmt.Sprint("by ", i)); err != nil {
							return err
						}
						if first {
							first = false
							both.Done()
							both.Wait()
						}
						return renamed(ctx, users[1-i], fmt.Sprint("by ", i))
					})
					if err != nil {
						t.Errorf("transaction %d: %v", i, err)
					}
				})
			}
			wg.Wait()
			if runs.Load() < 3 {
				t.Errorf("got %d runs, want that one ran again", runs.Load())
			}
			ada, err := a.UserByID(t.Context(), "ada")
			must(t, err)
			grace, err := a.UserByID(t.Context(), "grace")
			must(t, err)
			if ada.Name == "" || ada.Name != grace.Name {
				t.Errorf("got %q and %q, want both by the same", ada.Name, grace.Name)
			}
		})
	}
}

// A transaction that has read what another one changes meanwhile is not serializable. It is run
// again and sees the change.
func TestSerializationFailuresAreRunAgain(t *testing.T) {
	t.Parallel()
	for name, open := range serializable() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, open(t))
			must(t, a.CreateUser(t.Context(), &cardea.User{ID: "ada", Name: ""}))
			const writers = 4
			var runs atomic.Int32
			var wg, read sync.WaitGroup
			read.Add(writers)
			for range writers {
				wg.Go(func() {
					first := true
					err := a.Transact(t.Context(), func(ctx context.Context) error {
						runs.Add(1)
						u, err := a.UserByID(ctx, "ada")
						if err != nil {
							return err
						}
						if first {
							first = false
							read.Done()
							read.Wait()
						}
						u.Name += "x"
						return a.UpdateUser(ctx, u)
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			u, err := a.UserByID(t.Context(), "ada")
			must(t, err)
			if len(u.Name) != writers || runs.Load() <= writers {
				t.Errorf("got %q after %d runs, want an x of each of %d writers, and that some ran again", u.Name,
					runs.Load(), writers)
			}
		})
	}
}

// Single statements are transactions too. In a serializable database 20 goroutines renew a session,
// consume a token, and rename a user at once, and all get an answer of the contract. On MariaDB
// such statements only wait for each other, even in serializable transactions; see the next test.
func TestStatementsAreRunAgain(t *testing.T) {
	t.Parallel()
	a := openOn(t, serializable()["PostgreSQL"](t))
	ctx := t.Context()
	must(t, a.CreateUser(ctx, &cardea.User{ID: "ada"}))
	must(t, a.CreateSession(ctx, &cardea.Session{Token: "token", UserID: "ada", Expires: expiry}))
	must(t, a.CreateVerificationToken(ctx,
		&cardea.VerificationToken{Identifier: "ada", Token: "token", Expires: expiry}))
	var wg sync.WaitGroup
	var consumed atomic.Int32
	for i := range 20 {
		wg.Go(func() {
			if err := a.RenewSession(ctx, "token", expiry.Add(time.Duration(i)*time.Second)); err != nil {
				t.Errorf("renew: %v", err)
			}
			_, err := a.ConsumeVerificationToken(ctx, "ada", "token")
			if err == nil {
				consumed.Add(1)
			} else if !errors.Is(err, cardea.ErrNotFound) {
				t.Errorf("consume: %v", err)
			}
			if err := a.UpdateUser(ctx, &cardea.User{ID: "ada", Name: fmt.Sprint(i)}); err != nil {
				t.Errorf("update user: %v", err)
			}
		})
	}
	wg.Wait()
	if consumed.Load() != 1 {
		t.Errorf("%d got the token, want 1", consumed.Load())
	}
}

// A transaction and a single statement lock the same rows in opposite orders. InnoDB ends the one
// that has written less, which is the statement. It is run again after the transaction.
func TestStatementThatDeadlocksIsRunAgain(t *testing.T) {
	t.Parallel()
	a := openOn(t, mariaDB(t))
	ctx, past := t.Context(), expiry.AddDate(-20, 0, 0)
	add := func(ctx context.Context, token string) error {
		return a.CreateVerificationToken(ctx, &cardea.VerificationToken{Identifier: "ada", Token: token, Expires: past})
	}
	for _, token := range []string{"a", "b", "c"} {
		must(t, add(ctx, token))
	}
	var removed int
	var removal error
	ended := make(chan struct{})
	must(t, a.Transact(ctx, func(ctx context.Context) error {
		for i := range 20 {
			must(t, add(ctx, fmt.Sprint("z", i)))
		}
		_, err := a.ConsumeVerificationToken(ctx, "ada", "b")
		must(t, err)
		go func() {
			defer close(ended)
			removed, removal = a.DeleteExpiredVerificationTokens(t.Context(), expiry, 10)
		}()
		waitForLockWait(t, a) // it has locked one of the others, and waits for b
		for _, token := range []string{"a", "c"} {
			if _, err := a.ConsumeVerificationToken(ctx, "ada", token); err != nil {
				t.Errorf("the transaction was ended instead: %v", err)
			}
		}
		return nil
	}))
	<-ended
	if removal != nil || removed != 10 {
		t.Errorf("removed %d with error %v, want 10 of those that the transaction left", removed, removal)
	}
}

// waitForLockWait waits until a transaction waits for a lock in a's MariaDB database.
func waitForLockWait(t *testing.T, a *gormadapter.Adapter) {
	t.Helper()
	for range 300 {
		var waiting int
		must(t, a.DB().Raw("SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist "+
			"ON id = trx_mysql_thread_id "+
			"WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()").Scan(&waiting).Error)
		if waiting > 0 {
			return
		}
		// The server refreshes this information only if nobody has asked for 100 ms.
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("nobody waits for a lock")
}

// serializable are the servers, with transactions that are serializable by default.
func serializable() map[string]func(t testing.TB) gormadapter.Options {
	return map[string]func(t testing.TB) gormadapter.Options{
		"PostgreSQL": func(t testing.TB) gormadapter.Options {
			return gormadapter.Options{
				Driver: postgresql.Driver, DSN: postgreSQLAddress(t, "CARDEA_TEST_POSTGRES",
					"default_transaction_isolation=serializable"),
			}
		},
		"MariaDB": func(t testing.TB) gormadapter.Options {
			o := mariaDB(t)
			o.DSN += "?tx_isolation=%27SERIALIZABLE%27"
			return o
		},
	}
}

// With innodb_snapshot_isolation, MariaDB's REPEATABLE READ fails as PostgreSQL's does: error 1020,
// "record has changed since last read". MariaDB has that setting since 10.6.18, 10.11.8 and 11.4.2,
// and switches it on since 11.6.2.
func TestSnapshotIsolationOfMariaDB(t *testing.T) {
	t.Parallel()
	o := mariaDB(t)
	o.DSN += "?innodb_snapshot_isolation=ON"
	a, err := gormadapter.Open(o)
	if err != nil && strings.Contains(err.Error(), "1193") {
		t.Skip("this version does not have innodb_snapshot_isolation")
	}
	must(t, err)
	defer a.Close()
	must(t, a.Migrate(t.Context()))
	must(t, a.CreateUser(t.Context(), &cardea.User{ID: "ada"}))
	runs := 0
	must(t, a.Transact(t.Context(), func(ctx context.Context) error {
		runs++
		if _, err := a.UserByID(ctx, "ada"); err != nil {
			return err
		}
		if runs == 1 {
			must(t, a.UpdateUser(t.Context(), &cardea.User{ID: "ada", Name: "outside"}))
		}
		return a.UpdateUser(ctx, &cardea.User{ID: "ada", Name: "inside"})
	}))
	if runs != 2 {
		t.Errorf("got %d runs, want 2", runs)
	}
}

// In the application's own transaction the adapter returns the error of a deadlock, because only
// the application can run the transaction again.
func TestDeadlockInTheApplicationsTransaction(t *testing.T) {
	t.Parallel()
	for _, e := range engines()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, e.empty(t))
			users := []string{"ada", "grace"}
			for _, id := range users {
				must(t, a.CreateUser(t.Context(), &cardea.User{ID: id}))
			}
			errs := make([]error, 2)
			var wg, both sync.WaitGroup
			both.Add(2)
			for i := range users {
				wg.Go(func() {
					errs[i] = a.DB().Transaction(func(tx *gorm.DB) error {
						ctx := gormadapter.WithTx(t.Context(), tx)
						if err := a.UpdateUser(ctx, &cardea.User{ID: users[i], Name: "x"}); err != nil {
							return err
						}
						both.Done()
						both.Wait()
						return a.UpdateUser(ctx, &cardea.User{ID: users[1-i], Name: "x"})
					})
				})
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Errorf("got %v and %v, want one error", errs[0], errs[1])
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
