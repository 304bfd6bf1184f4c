package gormadapter_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/gorm"
)

// The pool has one connection, on which the server counts the statements that are prepared.
func TestInsertsInTransactionsArePreparedOnce(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[2:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			db := connect(t, gormmysql.Open(e.empty(t).DSN+"?parseTime=true"))
			pool, err := db.DB()
			must(t, err)
			pool.SetMaxOpenConns(1)
			a := newOn(t, db)
			prepared := func() (n int) {
				var name string
				must(t, pool.QueryRow("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").Scan(&name, &n))
				return n
			}
			signUp := func() {
				u, err := firstSignIn(t.Context(), a)
				must(t, err)
				must(t, a.DeleteUser(t.Context(), u.ID))
			}
			u, err := firstSignIn(t.Context(), a)
			must(t, err)
			before := prepared()
			must(t, a.DeleteUser(t.Context(), u.ID)) // its transaction prepares what the first sign-in has queued
			signUp()
			if got := prepared() - before; got < 4 {
				t.Errorf("got %d statements prepared by the next transactions, want 3 inserts and a deletion at least",
					got)
			}
			before = prepared()
			for range 5 {
				signUp()
			}
			if got := prepared() - before; got != 0 {
				t.Errorf("got %d statements prepared by the next five, want none", got)
			}
		})
	}
}

// transactionObserver is a user that keeps the transaction in which it was written.
type transactionObserver struct {
	gormadapter.User
	pool any
}

func (b *transactionObserver) BeforeCreate(tx *gorm.DB) error {
	b.pool = tx.Statement.ConnPool
	return nil
}

// Hooks get database/sql's own transaction, so that an application can share it with other code.
// Callbacks find the pool.
func TestTransactionsOfHooksAndCallbacks(t *testing.T) {
	t.Parallel()
	a := open(t, gormadapter.WithUser[transactionObserver]())
	var seen []string
	must(t, a.DB().Callback().Create().Before("gorm:create").Register("test:see", func(tx *gorm.DB) {
		_, inTx := tx.Statement.ConnPool.(gorm.Tx)
		pool, err := tx.DB()
		want, wantErr := a.DB().DB()
		seen = append(seen, fmt.Sprint(tx.Statement.Table, inTx, pool == want, errors.Join(err, wantErr)))
	}))
	for range 2 { // the second time the statements are prepared
		seen = nil
		u, err := firstSignIn(t.Context(), a)
		must(t, err)
		pool := u.Entity.(*transactionObserver).pool
		if _, ok := pool.(*sql.Tx); !ok {
			t.Errorf("the hook got a %T, want a *sql.Tx", pool)
		}
		want := "[usertrue true <nil> accounttrue true <nil> sessiontrue true <nil>]"
		if got := fmt.Sprint(seen); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		must(t, a.DeleteUser(t.Context(), u.ID))
	}
}

// The first time the inserts are not prepared yet.
func TestPreparedInsertsAreRolledBack(t *testing.T) {
	t.Parallel()
	a := open(t)
	for range 3 {
		err := a.Transact(t.Context(), func(ctx context.Context) error {
			if _, err := firstSignIn(ctx, a); err != nil {
				return err
			}
			return errOwn
		})
		if !errors.Is(err, errOwn) {
			t.Errorf("got %v, want the application's error", err)
		}
		for _, table := range []string{"user", "account", "session"} {
			if got := count(t, a, table); got != 0 {
				t.Errorf("%s: got %d rows, want none", table, got)
			}
		}
	}
}
