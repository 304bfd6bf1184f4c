package gormadapter_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
)

// lateWrite is a write that waits for a lock when its context ends.
type lateWrite struct {
	// block takes the lock in another transaction.
	block func(tx *gorm.DB, a *gormadapter.Adapter, u *cardea.User) error
	write func(ctx context.Context, a *gormadapter.Adapter, u *cardea.User) error
	// absent returns an error if the write has happened.
	absent func(ctx context.Context, a *gormadapter.Adapter, u *cardea.User) error
}

// updates blocks every other write of the user's row.
func updates(tx *gorm.DB, a *gormadapter.Adapter, u *cardea.User) error {
	return a.LockUser(gormadapter.WithTx(context.Background(), tx), u.ID)
}

func lateWrites() map[string]lateWrite {
	return map[string]lateWrite{
		"CreateUser": {
			block: func(tx *gorm.DB, a *gormadapter.Adapter, _ *cardea.User) error {
				ctx := gormadapter.WithTx(context.Background(), tx)
				return a.CreateUser(ctx, &cardea.User{Email: "late@example.com"})
			},
			write: func(ctx context.Context, a *gormadapter.Adapter, _ *cardea.User) error {
				return a.CreateUser(ctx, &cardea.User{Email: "late@example.com"})
			},
			absent: func(ctx context.Context, a *gormadapter.Adapter, _ *cardea.User) error {
				return isNotFound(a.UserByEmail(ctx, "late@example.com"))
			},
		},
		"UpdateUser": {
			block: updates,
			write: func(ctx context.Context, a *gormadapter.Adapter, u *cardea.User) error {
				return a.UpdateUser(ctx, &cardea.User{ID: u.ID, Email: "late@example.com"})
			},
			absent: func(ctx context.Context, a *gormadapter.Adapter, _ *cardea.User) error {
				return isNotFound(a.UserByEmail(ctx, "late@example.com"))
			},
		},
		"LinkAccount": {
			block: func(tx *gorm.DB, a *gormadapter.Adapter, u *cardea.User) error {
				return a.LinkAccount(gormadapter.WithTx(context.Background(), tx), accountOf(u, "late"))
			},
			write: func(ctx context.Context, a *gormadapter.Adapter, u *cardea.User) error {
				return a.LinkAccount(ctx, accountOf(u, "late"))
			},
			absent: func(ctx context.Context, a *gormadapter.Adapter, _ *cardea.User) error {
				return isNotFound(a.UserByAccount(ctx, "github", "late"))
			},
		},
		"DeleteUser": {
			block: updates,
			write: func(ctx context.Context, a *gormadapter.Adapter, u *cardea.User) error {
				return a.DeleteUser(ctx, u.ID)
			},
			absent: func(ctx context.Context, a *gormadapter.Adapter, u *cardea.User) error {
				return second(a.UserByID(ctx, u.ID))
			},
		},
		"UnlinkAccount": {
			block: func(tx *gorm.DB, a *gormadapter.Adapter, u *cardea.User) error {
				ctx := gormadapter.WithTx(context.Background(), tx)
				return a.UpdateAccount(ctx, accountOf(u, "early"))
			},
			write: func(ctx context.Context, a *gormadapter.Adapter, _ *cardea.User) error {
				return a.UnlinkAccount(ctx, "github", "early")
			},
			absent: func(ctx context.Context, a *gormadapter.Adapter, _ *cardea.User) error {
				return second(a.UserByAccount(ctx, "github", "early"))
			},
		},
		"DeleteSessions": {
			block: func(tx *gorm.DB, a *gormadapter.Adapter, _ *cardea.User) error {
				return a.RenewSession(gormadapter.WithTx(context.Background(), tx), "early", expiry.Add(time.Hour))
			},
			write: func(ctx context.Context, a *gormadapter.Adapter, u *cardea.User) error {
				return second(a.DeleteSessions(ctx, u.ID, ""))
			},
			absent: func(ctx context.Context, a *gormadapter.Adapter, _ *cardea.User) error {
				return second(a.Session(ctx, "early"))
			},
		},
	}
}

func accountOf(u *cardea.User, id string) *cardea.Account {
	return &cardea.Account{
		UserID: u.ID, Type: cardea.TypeOAuth, Provider: "github", ProviderAccountID: id, AccessToken: "token",
	}
}

func isNotFound(_ any, err error) error {
	if errors.Is(err, cardea.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("got %v, want %w", err, cardea.ErrNotFound)
}

// If the context of a write ends while it waits for a lock, the method returns, and the write does
// not happen later. MySQL's server does not notice that the client has closed the connection. On
// PostgreSQL the pooler's options make pgx send no cancel request, as if it were lost.
func TestNoWriteAfterItsContext(t *testing.T) {
	t.Parallel()
	for name, empty := range map[string]func(testing.TB) gormadapter.Options{
		"PostgreSQL": func(t testing.TB) gormadapter.Options {
			o := postgreSQL(t)
			o.TransactionPooler = true
			return o
		},
		"PgBouncer": pgBouncer, "MariaDB": mariaDB, "MySQL": mySQL, "SQLite": sqliteFile,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for name, w := range lateWrites() {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					w.run(t, openOn(t, empty(t)))
				})
			}
		})
	}
}

func (w lateWrite) run(t *testing.T, a *gormadapter.Adapter) {
	u := &cardea.User{Email: "early@example.com"}
	must(t, a.CreateUser(t.Context(), u))
	must(t, a.LinkAccount(t.Context(), accountOf(u, "early")))
	must(t, a.CreateSession(t.Context(), &cardea.Session{Token: "early", UserID: u.ID, Expires: expiry}))
	tx := a.DB().Begin()
	must(t, tx.Error)
	defer tx.Rollback()
	must(t, w.block(tx, a, u))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := w.write(ctx, a, u); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
	}
	must(t, tx.Rollback().Error)
	time.Sleep(300 * time.Millisecond) // enough for the statement that got the lock
	must(t, w.absent(t.Context(), a, u))
}
