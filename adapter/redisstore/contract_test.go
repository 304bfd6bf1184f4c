package redisstore_test

import (
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/adapter/redisstore"
	"github.com/cardea-auth/cardea/adaptertest"
	"github.com/cardea-auth/cardea/feature"
	"github.com/cardea-auth/cardea/memadapter"
	"github.com/cardea-auth/cardea/ratelimit"
)

func TestLimitContract(t *testing.T) {
	t.Parallel()
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			client := e.client(t)
			adaptertest.RunLimitStore(t, func(t *testing.T) ratelimit.Store { return newStore(t, client, options()) })
		})
	}
}

func wrap(t testing.TB, s *redisstore.Store, inner cardea.Adapter) cardea.Adapter {
	t.Helper()
	a, err := s.Wrap(inner)
	must(t, err)
	return a
}

func openSQLite(t testing.TB, file string) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: file})
	must(t, err)
	t.Cleanup(func() { a.Close() })
	must(t, a.Migrate(t.Context()))
	return a
}

func TestContract(t *testing.T) {
	t.Parallel()
	client := redisEngine.client(t)
	adaptertest.Run(t, func(t *testing.T) cardea.Adapter {
		return wrap(t, newStore(t, client, options()), memadapter.New())
	})
}

func TestContractWithCachedSessions(t *testing.T) {
	t.Parallel()
	client := redisEngine.client(t)
	adaptertest.Run(t, func(t *testing.T) cardea.Adapter {
		return wrap(t, newStore(t, client, withSessions()), memadapter.New())
	})
}

func TestContractWithCachedSessionsInACluster(t *testing.T) {
	t.Parallel()
	client := clusterEngine.client(t)
	adaptertest.Run(t, func(t *testing.T) cardea.Adapter {
		return wrap(t, newStore(t, client, withSessions()), memadapter.New())
	})
}

func TestContractWithGORM(t *testing.T) {
	t.Parallel()
	client := redisEngine.client(t)
	if testing.Short() {
		t.Skip("makes many databases")
	}
	adaptertest.Run(t, func(t *testing.T) cardea.Adapter {
		return wrap(t, newStore(t, client, withSessions()), openSQLite(t, ":memory:"))
	})
}

// Every optional store of an adapter is found through the one in front of it, and none that the
// adapter does not have.
func TestStoresOfTheInnerAdapterAreFound(t *testing.T) {
	t.Parallel()
	s := newStore(t, redisEngine.clientOf(t, "127.0.0.1:1"), options())
	full := wrap(t, s, openSQLite(t, ":memory:"))
	cached := wrap(t, newStore(t, redisEngine.clientOf(t, "127.0.0.1:1"), withSessions()), openSQLite(t, ":memory:"))
	usersAndTokens := wrap(t, s, struct {
		cardea.Adapter
		cardea.TokenStore
	}{memadapter.New(), memadapter.New()})
	for _, test := range []struct {
		name string
		has  func(cardea.Adapter) bool
		less bool // also in front of an adapter of users and tokens
	}{
		{"SessionStore", has[cardea.SessionStore], false},
		{"SessionTracker", has[cardea.SessionTracker], false},
		{"TokenStore", has[cardea.TokenStore], true},
		{"AuthenticatorStore", has[cardea.AuthenticatorStore], false},
		{"ratelimit.Store", has[ratelimit.Store], true},
		{"a method that only gormadapter has", has[interface{ Entities() []any }], false},
	} {
		if !test.has(full) || !test.has(cached) || test.has(usersAndTokens) != test.less {
			t.Errorf("%s: in front of all stores %t, with cached sessions %t, in front of users and tokens %t",
				test.name, test.has(full), test.has(cached), test.has(usersAndTokens))
		}
	}
	if _, err := s.Wrap(struct{ cardea.Adapter }{memadapter.New()}); err == nil {
		t.Error("an adapter without tokens was accepted")
	}
	if _, err := s.Wrap(nil); err == nil {
		t.Error("no adapter was accepted")
	}
}

func has[T any](a cardea.Adapter) bool {
	_, ok := feature.StoreOf[T](a)
	return ok
}
