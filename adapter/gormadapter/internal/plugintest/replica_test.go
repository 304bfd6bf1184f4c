package plugintest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adaptertest"
	"github.com/cardea-auth/cardea/provider"
	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"
)

// replicated returns an adapter that reads from a replica. The replica contains only what a test
// writes to it, so it lags behind the primary.
func replicated(t testing.TB, e engine) (a, replica *gormadapter.Adapter) {
	t.Helper()
	at := e.empty(t)
	replica = openOn(t, at)
	db := connect(t, dialectorOf(e.empty(t)))
	must(t, db.Use(dbresolver.Register(dbresolver.Config{Replicas: []gorm.Dialector{dialectorOf(at)}})))
	return newOn(t, db.Session(&gorm.Session{})), replica
}

func TestSessionsFromAReplica(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			a, replica := replicated(t, e)
			ctx := t.Context()
			must(t, a.CreateUser(ctx, &cardea.User{ID: "ada", Name: "primary"}))
			must(t, a.CreateSession(ctx, &cardea.Session{Token: "token", UserID: "ada", Expires: expiry}))
			name := func() string {
				t.Helper()
				s, err := a.Session(ctx, "token")
				must(t, err)
				return s.User.Name
			}
			if got := name(); got != "primary" {
				t.Errorf("before the replica has it: read from the %s", got)
			}
			must(t, replica.CreateUser(ctx, &cardea.User{ID: "ada", Name: "replica"}))
			must(t, replica.CreateSession(ctx, &cardea.Session{Token: "token", UserID: "ada", Expires: expiry}))
			for range 2 { // the statement is prepared by now
				if got := name(); got != "replica" {
					t.Errorf("got the session from the %s", got)
				}
			}
			must(t, a.Transact(ctx, func(ctx context.Context) error {
				s, err := a.Session(ctx, "token")
				if err == nil && s.User.Name != "primary" {
					t.Errorf("in a transaction: read from the %s", s.User.Name)
				}
				return err
			}))

			// The primary has renewed a session, and the replica still has it as expired.
			must(t, replica.RenewSession(ctx, "token", time.Now().Add(-time.Minute)))
			if got := name(); got != "primary" {
				t.Errorf("expired on the replica: read from the %s", got)
			}

			// Sign-in decides only on what it reads from the primary.
			must(t, replica.CreateUser(ctx, &cardea.User{ID: "stale", Email: "stale@example.com"}))
			must(t, replica.LinkAccount(ctx,
				&cardea.Account{UserID: "stale", Type: "oidc", Provider: "p", ProviderAccountID: "1"}))
			for what, err := range map[string]error{
				"UserByID":      second(a.UserByID(ctx, "stale")),
				"UserByEmail":   second(a.UserByEmail(ctx, "stale@example.com")),
				"UserByAccount": second(a.UserByAccount(ctx, "p", "1")),
				"UpdateUser":    a.UpdateUser(ctx, &cardea.User{ID: "stale"}),
				"RenewSession":  a.RenewSession(ctx, "other", expiry),
			} {
				if !errors.Is(err, cardea.ErrNotFound) {
					t.Errorf("%s: got %v, want not found", what, err)
				}
			}

			// If the replica fails, sessions are read from the primary.
			must(t, replica.DB().Migrator().DropTable(replica.Entities()...))
			if got := name(); got != "primary" {
				t.Errorf("without the replica: read from the %s", got)
			}
		})
	}
}

// A session that was ended stays valid on a replica that never catches up, but only until the
// session is extended, which happens when UpdateAge has passed.
func TestEndedSessionOnAReplica(t *testing.T) {
	t.Parallel()
	a, replica := replicated(t, engines()[0])
	ctx := t.Context()
	auth, err := cardea.New(cardea.Config{
		Secret: strings.Repeat("s", 32), Adapter: a, Logger: slog.New(slog.DiscardHandler),
		Session: cardea.SessionConfig{
			Strategy: cardea.StrategyDatabase, MaxAge: time.Hour, UpdateAge: 2 * time.Second,
		},
		Providers: []cardea.Provider{provider.GitHub(provider.Client{ID: "id", Secret: "secret"})},
	})
	must(t, err)
	server := httptest.NewServer(auth)
	t.Cleanup(server.Close)
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte("token")))
	must(t, a.CreateUser(ctx, &cardea.User{ID: "ada", Name: "Ada"}))
	must(t, replica.CreateUser(ctx, &cardea.User{ID: "ada", Name: "Ada"}))
	began := time.Now()
	for _, store := range []*gormadapter.Adapter{a, replica} {
		must(t, store.CreateSession(ctx, &cardea.Session{Token: hash, UserID: "ada", Expires: began.Add(time.Hour)}))
	}
	must(t, a.DeleteSession(ctx, hash))
	signedIn := func() bool {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/auth/session", nil)
		must(t, err)
		r.AddCookie(&http.Cookie{Name: "authjs.session-token", Value: "token"})
		res, err := server.Client().Do(r)
		must(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		must(t, err)
		return strings.Contains(string(body), "Ada")
	}
	if !signedIn() && time.Since(began) < 2*time.Second {
		t.Error("the replica was not asked")
	}
	time.Sleep(time.Until(began.Add(2100 * time.Millisecond)))
	if signedIn() {
		t.Error("the session is still valid after UpdateAge")
	}
}

// An application may read all sessions from the primary, whatever dbresolver has.
func TestSessionsFromThePrimary(t *testing.T) {
	t.Parallel()
	at := sqliteFile(t)
	replica := openOn(t, at)
	db := connect(t, dialectorOf(sqliteFile(t)))
	must(t, db.Use(dbresolver.Register(dbresolver.Config{Replicas: []gorm.Dialector{dialectorOf(at)}})))
	a := newOn(t, db, gormadapter.WithSessionsFromPrimary())
	ctx := t.Context()
	must(t, replica.CreateUser(ctx, &cardea.User{ID: "ada"}))
	must(t, replica.CreateSession(ctx, &cardea.Session{Token: "ended", UserID: "ada", Expires: expiry}))
	if _, err := a.Session(ctx, "ended"); !errors.Is(err, cardea.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

// The adapter keeps the contract with a replica that never catches up.
func TestContractWithAReplica(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, func(t *testing.T) cardea.Adapter {
		a, _ := replicated(t, engines()[0])
		return a
	})
}

func TestOtherSourcesAreRefused(t *testing.T) {
	t.Parallel()
	db := connect(t, dialectorOf(sqliteFile(t)))
	must(t, db.Use(dbresolver.Register(dbresolver.Config{Sources: []gorm.Dialector{dialectorOf(sqliteFile(t))}},
		&gormadapter.Account{})))
	_, err := gormadapter.New(db)
	if err == nil || !strings.Contains(err.Error(), "dbresolver writes table account to another database") ||
		strings.Contains(err.Error(), "table user") {
		t.Errorf("got %v, want an error for the account table alone", err)
	}
}
