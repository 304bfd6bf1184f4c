package gormadapter_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

type invoice struct {
	ID     string `gorm:"primaryKey;not null"`
	UserID string
}

var errOwn = errors.New("the application's own error")

// firstSignIn writes what package cardea writes at a first sign-in.
func firstSignIn(ctx context.Context, a *gormadapter.Adapter) (*cardea.User, error) {
	u := &cardea.User{Email: "ada@example.com"}
	err := a.Transact(ctx, func(ctx context.Context) error {
		if err := a.CreateUser(ctx, u); err != nil {
			return err
		}
		if err := a.LinkAccount(ctx, &cardea.Account{UserID: u.ID, Type: cardea.TypeOIDC, Provider: "p",
			ProviderAccountID: "1"}); err != nil {
			return err
		}
		return a.CreateSession(ctx, &cardea.Session{Token: "token", UserID: u.ID, Expires: time.Now()})
	})
	return u, err
}

func TestApplicationsTransactionCoversEverything(t *testing.T) {
	t.Parallel()
	for _, prepare := range []bool{false, true} {
		db := openDB(t, gorm.Config{PrepareStmt: prepare})
		a := newOn(t, db)
		if err := db.AutoMigrate(&invoice{}); err != nil {
			t.Fatal(err)
		}
		signUp := func(result error) error {
			return db.Transaction(func(tx *gorm.DB) error {
				ctx := gormadapter.WithTx(t.Context(), tx)
				u, err := firstSignIn(ctx, a)
				if err != nil {
					return err
				}
				if s, err := a.Session(ctx, "token"); err != nil || s.UserID != u.ID {
					t.Errorf("inside: got %v and %v", s, err)
				}
				if err := tx.Create(&invoice{ID: "1", UserID: u.ID}).Error; err != nil {
					return err
				}
				return result
			})
		}
		if err := signUp(errOwn); !errors.Is(err, errOwn) {
			t.Fatalf("got %v, want %v", err, errOwn)
		}
		for _, table := range []string{"user", "account", "session", "invoices"} {
			if got := count(t, a, table); got != 0 {
				t.Errorf("rolled back: %s has %d rows", table, got)
			}
		}
		if err := signUp(nil); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"user", "account", "session", "invoices"} {
			if got := count(t, a, table); got != 1 {
				t.Errorf("committed: %s has %d rows", table, got)
			}
		}
	}
}

func TestFailedSavepointLeavesTheApplicationsTransactionUsable(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	a := newOn(t, db)
	err := db.Transaction(func(tx *gorm.DB) error {
		ctx := gormadapter.WithTx(t.Context(), tx)
		err := a.Transact(ctx, func(ctx context.Context) error {
			if _, err := firstSignIn(ctx, a); err != nil {
				t.Error(err)
			}
			return errOwn
		})
		if !errors.Is(err, errOwn) {
			t.Errorf("got %v, want %v", err, errOwn)
		}
		_, err = firstSignIn(ctx, a)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := count(t, a, "user"); got != 1 {
		t.Errorf("got %d users, want 1", got)
	}
}

func TestAdapterOnATransaction(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	outside := newOn(t, db)
	tx := db.Begin()
	a, err := gormadapter.New(tx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := firstSignIn(t.Context(), a); err != nil {
		t.Error(err)
	}
	if _, err := a.Session(t.Context(), "token"); err != nil {
		t.Error(err)
	}
	if err := tx.Rollback().Error; err != nil {
		t.Fatal(err)
	}
	if got := count(t, outside, "user"); got != 0 {
		t.Errorf("got %d users, want none", got)
	}
}

func TestWithTxOutsideATransaction(t *testing.T) {
	t.Parallel()
	db := openDB(t, gorm.Config{})
	a := newOn(t, db)
	if _, err := firstSignIn(gormadapter.WithTx(t.Context(), db), a); err == nil {
		t.Error("got no error")
	}
}

// There are two adapters, each with its own database. One does not join the other's transaction.
func TestTransactionOfAnotherDatabase(t *testing.T) {
	t.Parallel()
	one, two := open(t), open(t)
	err := one.Transact(t.Context(), func(ctx context.Context) error {
		for _, a := range []*gormadapter.Adapter{one, two} {
			if _, err := firstSignIn(ctx, a); err != nil {
				t.Error(err)
			}
		}
		return errOwn
	})
	if !errors.Is(err, errOwn) {
		t.Fatal(err)
	}
	if inOne, inTwo := count(t, one, "user"), count(t, two, "user"); inOne != 0 || inTwo != 1 {
		t.Errorf("got %d and %d users, want 0 and 1", inOne, inTwo)
	}
}

// busy is the error of SQLite's driver if another connection writes.
type busy struct{}

func (busy) Error() string { return "database is locked" }
func (busy) Code() int     { return 5 }

// overtaken is the error of SQLite's driver if another connection has written since a transaction
// read.
type overtaken struct{}

func (overtaken) Error() string { return "database is locked" }
func (overtaken) Code() int     { return 517 }

// A transaction runs again for five seconds if it only waits, and for thirty if others win, as in a
// crowd in which each run waits for a lock for seconds and loses then.
func TestRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		for name, row := range map[string]struct {
			err         error
			takes       time.Duration // each run
			failures    int
			least, most int // runs
			limit       time.Duration
		}{
			"passing":                            {busy{}, 0, 2, 3, 3, 0},
			"never ending":                       {busy{}, 0, 100000, 10, 1000, 5 * time.Second},
			"slow":                               {busy{}, 3 * time.Second, 100000, 2, 2, 6 * time.Second},
			"slow, passing, and others win":      {overtaken{}, 3 * time.Second, 4, 5, 5, 0},
			"slow, never ending, and others win": {overtaken{}, 3 * time.Second, 100000, 9, 10, 30 * time.Second},
		} {
			runs := 0
			began := time.Now()
			err := a.Transact(t.Context(), func(ctx context.Context) error {
				time.Sleep(row.takes)
				if runs++; runs <= row.failures {
					if err := a.CreateUser(ctx, &cardea.User{ID: name}); err != nil {
						t.Error(err)
					}
					return row.err
				}
				return nil
			})
			if (err != nil) != (row.limit > 0) || runs < row.least || runs > row.most {
				t.Errorf("%s: got %v after %d runs, want %d to %d", name, err, runs, row.least, row.most)
			}
			took := time.Since(began)
			if row.limit > 0 && (!errors.Is(err, row.err) || took < row.limit || took > row.limit+4*time.Second) {
				t.Errorf("%s: gave up after %v with %v, want %v", name, took, err, row.limit)
			}
		}
		if got := count(t, a, "user"); got != 0 {
			t.Errorf("got %d users of failed runs", got)
		}
	})
}

// A transaction that has waited long for a connection, as in a crowd, has as much time for its
// retries as any other.
func TestRetriesAfterAWaitForAConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		pool, err := a.DB().DB()
		must(t, err)
		pool.SetMaxOpenConns(1)
		takeConnection := func() {
			other, err := pool.Conn(t.Context())
			must(t, err)
			time.AfterFunc(time.Minute, func() { other.Close() })
		}
		takeConnection()
		runs := 0
		err = a.Transact(t.Context(), func(context.Context) error {
			if runs++; runs < 3 {
				go takeConnection()
				return busy{}
			}
			return nil
		})
		if err != nil || runs != 3 {
			t.Errorf("got %v after %d runs, want that it works in the third", err, runs)
		}
	})
}

func TestNoRetries(t *testing.T) {
	t.Parallel()
	a := open(t)
	runs := 0
	fn := func(context.Context) error { runs++; return busy{} }
	err := a.Transact(t.Context(), func(context.Context) error { runs++; return errOwn })
	if !errors.Is(err, errOwn) || runs != 1 {
		t.Errorf("another error: got %v after %d runs, want one run", err, runs)
	}
	runs = 0
	err = a.DB().Transaction(func(tx *gorm.DB) error { return a.Transact(gormadapter.WithTx(t.Context(), tx), fn) })
	if !errors.Is(err, busy{}) || runs != 1 {
		t.Errorf("in the application's transaction: got %v after %d runs, want one run", err, runs)
	}
	runs = 0
	ctx, cancel := context.WithCancel(t.Context())
	err = a.Transact(ctx, func(context.Context) error { runs++; cancel(); return busy{} })
	if err == nil || runs != 1 {
		t.Errorf("after ctx has ended: got %v after %d runs, want one run", err, runs)
	}
}

// Another pool holds a real lock, and this one does not wait for it.
func TestWaitsForARealLock(t *testing.T) {
	t.Parallel()
	name := "file:" + t.TempDir() + "/db.sqlite?_busy_timeout=0"
	a, other := openFile(t, name), openFile(t, name)
	locked, release := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- other.Transact(t.Context(), func(context.Context) error {
			close(locked)
			<-release
			return nil
		})
	}()
	<-locked
	if err := a.CreateUser(t.Context(), &cardea.User{}); err == nil {
		t.Error("wrote while another had the lock")
	}
	time.AfterFunc(10*time.Millisecond, func() { close(release) })
	if err := a.Transact(t.Context(), func(ctx context.Context) error {
		return a.CreateUser(ctx, &cardea.User{})
	}); err != nil {
		t.Errorf("got %v, want that it is tried again", err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
