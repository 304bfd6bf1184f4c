package redisstore_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/adapter/redisstore"
	"github.com/cardea-auth/cardea/cardeatest"
	"github.com/cardea-auth/cardea/provider"
)

// A sign-in at a provider takes four statements of the database: the user is read and locked, the
// tokens and the session are written, and the browser asks who is signed in. It takes two more if
// the adapter inside has no LockReads, or embeds another one and may read users in another way.
func TestStatementsOfASignIn(t *testing.T) {
	t.Parallel()
	client := redisEngine.client(t)
	type embedding struct{ *gormadapter.Adapter }
	type plain struct {
		cardea.Adapter
		cardea.TokenStore
		cardea.SessionStore
	}
	for name, inner := range map[string]struct {
		of   func(*gormadapter.Adapter) cardea.Adapter
		want int
	}{
		"gormadapter":          {func(a *gormadapter.Adapter) cardea.Adapter { return a }, 4},
		"one that embeds it":   {func(a *gormadapter.Adapter) cardea.Adapter { return embedding{a} }, 6},
		"one that cannot lock": {func(a *gormadapter.Adapter) cardea.Adapter { return plain{a, a, a} }, 6},
	} {
		for cached, o := range map[string]redisstore.Options{"": options(), ", with sessions": withSessions()} {
			t.Run(name+cached, func(t *testing.T) {
				t.Parallel()
				sent := statements{Handler: slog.DiscardHandler}
				database, err := gormadapter.Open(gormadapter.Options{
					Driver: sqlite.Driver, DBName: ":memory:", Debug: true, Logger: slog.New(&sent),
				})
				must(t, err)
				t.Cleanup(func() { database.Close() })
				must(t, database.Migrate(t.Context()))
				idp := cardeatest.NewIssuer(t)
				auth, err := cardea.New(cardea.Config{
					Secret: strings.Repeat("s", 32), Logger: slog.New(slog.DiscardHandler),
					Adapter: wrap(t, newStore(t, client, o), inner.of(database)),
					Providers: []cardea.Provider{provider.OIDC("idp", "IdP", provider.Client{
						ID: idp.ClientID, Secret: idp.ClientSecret, Issuer: idp.URL,
					})},
				})
				must(t, err)
				site := httptest.NewServer(auth)
				t.Cleanup(site.Close)
				for range 2 { // the first time the user is new
					sent.take()
					cardeatest.SignIn(t, site.URL, "idp", "")
				}
				if list := sent.take(); len(list) != inner.want {
					t.Errorf("%d statements, want %d:\n%s", len(list), inner.want, strings.Join(list, "\n"))
				}
			})
		}
	}
}

// statements is the log of a database.
type statements struct {
	slog.Handler
	mu   sync.Mutex
	list []string
}

func (*statements) Enabled(context.Context, slog.Level) bool { return true }

func (s *statements) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "sql statement" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "sql" {
			s.list = append(s.list, a.Value.String())
		}
		return true
	})
	return nil
}

// take returns the statements since it was called last.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	s.list = nil
	return list
}
