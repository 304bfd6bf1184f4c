package gormadapter_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/oauth"
	"gorm.io/gorm"
)

// queryingUser is a user entity whose hooks query the database.
type queryingUser struct {
	gormadapter.User
	Rank int64 `gorm:"not null;default:0"`
}

func (u *queryingUser) BeforeCreate(tx *gorm.DB) error { return u.look(tx) }
func (u *queryingUser) AfterCreate(tx *gorm.DB) error  { return u.look(tx) }
func (u *queryingUser) AfterFind(tx *gorm.DB) error    { return u.look(tx) }

func (u *queryingUser) look(tx *gorm.DB) error {
	return tx.Session(&gorm.Session{NewDB: true}).Table("user").Count(new(int64)).Error
}

// limited returns an adapter with at most so many connections, and their pool.
func limited(t *testing.T, e engine, conns int, opts ...gormadapter.Option) (*gormadapter.Adapter, *sql.DB) {
	t.Helper()
	a := openOn(t, e.empty(t), opts...)
	pool, err := a.DB().DB()
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(conns)
	return a, pool
}

// 50 people sign in at once with one or two connections, while each hook, callback and event of the
// application needs a connection too.
func TestSignInsWithFewConnections(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		for conns := 1; conns <= 2; conns++ {
			t.Run(fmt.Sprintf("%s, %d", e.name, conns), func(t *testing.T) {
				t.Parallel()
				const people = 50
				a, _ := limited(t, e, conns, gormadapter.WithUser[queryingUser]())
				s := newSite[queryingUser](t, a, asking(t, a), nil)
				for i := range people {
					s.issuer.Next(visitor(fmt.Sprintf("visitor%d", i)))
				}
				var group sync.WaitGroup
				for i := range people {
					b := cardeatest.NewBrowser(t, s.URL)
					group.Go(func() {
						if res := enter(b, fmt.Sprintf("visitor%d", i)); res.StatusCode != http.StatusOK {
							t.Errorf("sign-in: %s", res.Status)
						}
						if res, body := get(t, b, "/page"); res.StatusCode != http.StatusOK || body != secretPage {
							t.Errorf("page: %s", res.Status)
						}
					})
				}
				group.Wait()
				if got := countRows(t, a); got != (rows{people, people, people}) {
					t.Errorf("got %+v", got)
				}
			})
		}
	}
}

// asking configures an application whose hook, callbacks and events all query the store.
func asking(t *testing.T, a *gormadapter.Adapter) func(*cardea.Config) {
	ask := func(ctx context.Context) error {
		_, err := a.Accounts(ctx, "nobody")
		if err != nil {
			t.Error(err)
		}
		return err
	}
	return func(c *cardea.Config) {
		c.OnCreateUser = cardea.BeforeCreate(func(ctx context.Context, _ *queryingUser, _ *oauth.Profile) error {
			return ask(ctx)
		})
		c.Callbacks.SignIn = func(ctx context.Context, _ *cardea.SignIn) (string, error) { return "", ask(ctx) }
		c.Callbacks.Session = func(ctx context.Context, _ *cardea.SessionView) error { return ask(ctx) }
		c.Callbacks.Authorized = func(ctx context.Context, _ *cardea.Session) (bool, error) { return true, ask(ctx) }
		c.Events.CreateUser = func(ctx context.Context, _ *cardea.User) { ask(ctx) }
		c.Events.LinkAccount = func(ctx context.Context, _ *cardea.User, _ *cardea.Account, _ *oauth.Profile) {
			ask(ctx)
		}
		c.Events.SignIn = func(ctx context.Context, _ *cardea.SignIn) { ask(ctx) }
	}
}

// patience is how long a request may wait in the applications below, if it must not take long.
const patience = 2 * time.Second

// hurry is an application's switch: while it is on, no request may take longer than patience.
type hurry struct{ atomic.Bool }

func (h *hurry) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Load() {
			ctx, cancel := context.WithTimeout(r.Context(), patience)
			defer cancel()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// All connections are in use. Requests wait as long as they may, get 503 with Retry-After, and
// write nothing. What needs no database is answered.
func TestExhaustedPool(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a, pool := limited(t, e, 2)
			var short hurry
			s := newSite[gormadapter.User](t, a, nil, short.wrap)
			b := cardeatest.SignIn(t, s.URL, "idp", "")
			s.issuer.Next(visitor("late"))
			late := cardeatest.NewBrowser(t, s.URL)

			var taken [2]*sql.Conn
			for i := range taken {
				var err error
				if taken[i], err = pool.Conn(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if res, _ := get(t, b, "/api/auth/providers"); res.StatusCode != http.StatusOK { // for health checks
				t.Errorf("providers: %s", res.Status)
			}
			short.Store(true)
			begin := time.Now()
			checkUnavailable(t, "sign-in", enter(late, "late"))
			res, err := b.Get(b.Site + "/page")
			if err != nil {
				t.Fatal(err)
			}
			checkUnavailable(t, "page", res)
			if waited := time.Since(begin); waited < 2*patience || waited > time.Minute {
				t.Errorf("waited %v for two answers, want %v for each", waited, patience)
			}
			if log := s.log.take(); !strings.Contains(log, "create verification token: context deadline exceeded") {
				t.Errorf("the log says %s", log)
			}

			short.Store(false)
			for _, conn := range taken {
				conn.Close()
			}
			if got := countRows(t, a); got != (rows{1, 1, 1}) {
				t.Errorf("got %+v, want what was there before", got)
			}
			if _, body := get(t, b, "/page"); body != secretPage {
				t.Errorf("afterwards the page is %q", body)
			}
			enter(late, "late")
			if late.Session() == nil {
				t.Error("afterwards: no session")
			}
		})
	}
}

// A hook that needs another connection, while its sign-in holds the only one, waits for itself. The
// wait ends with the request.
func TestHookBesideItsTransaction(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a, _ := limited(t, e, 1)
			beside := true
			var short hurry
			short.Store(true)
			s := newSite[gormadapter.User](t, a, func(c *cardea.Config) {
				query := func(ctx context.Context, _ *gormadapter.User, _ *oauth.Profile) error {
					if !beside {
						return nil
					}
					return a.DB().WithContext(ctx).Table("user").Count(new(int64)).Error
				}
				c.OnCreateUser = cardea.BeforeCreate(query)
			}, short.wrap)
			b := cardeatest.NewBrowser(t, s.URL)
			checkUnavailable(t, "sign-in", enter(b, ""))
			if log := s.log.take(); !strings.Contains(log, "OnCreateUser: context deadline exceeded") {
				t.Errorf("the log says %s", log)
			}
			if got := countRows(t, a); got != (rows{}) {
				t.Errorf("got %+v, want nothing", got)
			}
			beside = false
			short.Store(false)
			enter(b, "")
			if b.Session() == nil {
				t.Error("afterwards: no session")
			}
		})
	}
}

// A sign-in within a transaction of the application is committed or rolled back with it.
func TestSignInInTheApplicationsTransaction(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a := openOn(t, e.empty(t))
			var result error
			s := newSite[gormadapter.User](t, a, nil, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !strings.Contains(r.URL.Path, "/callback/") {
						next.ServeHTTP(w, r)
						return
					}
					err := a.DB().WithContext(r.Context()).Transaction(func(tx *gorm.DB) error {
						next.ServeHTTP(w, r.WithContext(gormadapter.WithTx(r.Context(), tx)))
						return result
					})
					if err != result {
						t.Error(err)
					}
				})
			})
			b := cardeatest.NewBrowser(t, s.URL)
			result = errOwn
			enter(b, "")
			if b.Session() != nil {
				t.Error("rolled back: there is a session")
			}
			if got := countRows(t, a); got != (rows{}) {
				t.Errorf("rolled back: got %+v", got)
			}
			result = nil
			enter(b, "")
			if b.Session() == nil {
				t.Error("committed: no session")
			}
			if got := countRows(t, a); got != (rows{1, 1, 1}) {
				t.Errorf("committed: got %+v", got)
			}
		})
	}
}
