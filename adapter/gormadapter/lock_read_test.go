package gormadapter_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"gorm.io/gorm"
)

// At a provider the end of a sign-in takes four statements, as if written by hand: the callback is
// used, the user is read and locked, and the tokens and the session are written. With a link there
// is one more, which makes the uses of other links wait. MySQL and MariaDB also read the user
// before the transaction, and lock in a statement of its own.
func TestStatementsOfASignIn(t *testing.T) {
	t.Parallel()
	for _, e := range databases() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var list []string
			o := e.empty(t)
			o.Debug, o.Logger = true, slog.New(statementList{slog.DiscardHandler, &mu, &list})
			s := newHeldSite[gormadapter.User](t, openOn(t, o), nil)
			link, provider := 5, 4
			if e.name == "MariaDB" || e.name == "MySQL" {
				link, provider = link+2, provider+2
			}
			if e.name == "MySQL" {
				link += 2 // it has no RETURNING
			}
			for range 3 { // in the first round the user is new, in the second the isolation level is asked for
				s.issuer.Next(visitor("ann"))
				enter(cardeatest.NewBrowser(t, s.URL), "ann")
				b := cardeatest.NewBrowser(t, s.URL)
				there := s.URL + "/api/auth/csrf"
				b.Post("/signin/email", url.Values{"email": {"ann@example.com"}, "callbackUrl": {there}})
				mailed := s.mails.Last(t, "ann@example.com").Link
				mu.Lock()
				list = nil
				mu.Unlock()
				get(t, b, strings.TrimPrefix(mailed, s.URL))
			}
			checkStatements(t, "with a link", list, link)
			list = nil
			s.issuer.Next(visitor("ann"))
			enter(cardeatest.NewBrowser(t, s.URL), "ann")
			checkStatements(t, "at the provider", list, provider)
		})
	}
}

func checkStatements(t *testing.T, how string, list []string, want int) {
	t.Helper()
	if len(list) != want {
		t.Errorf("a sign-in %s takes %d statements, want %d:\n%s", how, len(list), want, strings.Join(list, "\n"))
	}
}

// A read with a lock must return what was committed last. In a transaction of the application, or
// with a higher isolation level, only LockUser makes sure of that.
func TestTransactionsThatLockReads(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		open func(t testing.TB) gormadapter.Options
		want bool
	}{
		"SQLite":     {sqliteFile, true},
		"PostgreSQL": {postgreSQL, true},
		"PostgreSQL, repeatable read": {func(t testing.TB) gormadapter.Options {
			o := postgreSQL(t)
			o.DSN += "&default_transaction_isolation=repeatable%20read"
			return o
		}, false},
		"PostgreSQL, serializable": {serializable()["PostgreSQL"], false},
		"MariaDB":                  {mariaDB, false},
		"MySQL":                    {mySQL, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, tc.open(t))
			for range 2 { // the second time from memory
				must(t, a.Transact(t.Context(), func(ctx context.Context) error {
					if _, ok := a.LockReads(ctx, a); ok != tc.want {
						t.Errorf("in a transaction of the adapter: %v, want %v", ok, tc.want)
					}
					return nil
				}))
			}
			if _, ok := a.LockReads(t.Context(), a); ok != tc.want {
				t.Errorf("before a transaction: %v, want %v", ok, tc.want)
			}
			if name != "PostgreSQL" {
				return
			}
			must(t, a.DB().Transaction(func(tx *gorm.DB) error {
				return a.Transact(gormadapter.WithTx(t.Context(), tx), func(ctx context.Context) error {
					if _, ok := a.LockReads(ctx, a); ok {
						t.Error("in a transaction of the application, reads lock")
					}
					return nil
				})
			}))
		})
	}
}

// People sign in whatever isolation level the connection of the application has.
func TestSignInWithHigherIsolation(t *testing.T) {
	t.Parallel()
	o := postgreSQL(t)
	o.DSN += "&default_transaction_isolation=repeatable%20read"
	s := newHeldSite[gormadapter.User](t, openOn(t, o), nil)
	for range 2 {
		s.issuer.Next(visitor("ann"))
		b := cardeatest.NewBrowser(t, s.URL)
		if enter(b, "ann"); b.Session() == nil {
			t.Fatal("nobody is signed in")
		}
	}
	if n := count(t, s.store, "user"); n != 1 {
		t.Errorf("%d users, want 1", n)
	}
}
