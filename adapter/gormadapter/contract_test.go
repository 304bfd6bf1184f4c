package gormadapter_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/adaptertest"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// open returns an adapter on a new file with its tables.
func open(t testing.TB, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	return openFile(t, filepath.Join(t.TempDir(), "db.sqlite"), opts...)
}

func openFile(t testing.TB, name string, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: name}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

// openDB returns an application's own connection to a new file.
func openDB(t testing.TB, config gorm.Config) *gorm.DB {
	t.Helper()
	return openDBFile(t, filepath.Join(t.TempDir(), "db.sqlite"), config)
}

func openDBFile(t testing.TB, name string, config gorm.Config) *gorm.DB {
	t.Helper()
	if config.Logger == nil {
		config.Logger = logger.Discard
	}
	db, err := gorm.Open(sqlite.Open(name), &config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pool, err := db.DB(); err == nil {
			pool.Close()
		}
	})
	return db
}

func newOn(t testing.TB, db *gorm.DB, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.New(db, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestContract(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, reused(t, func(t testing.TB) *gormadapter.Adapter {
		return openExisting(t, sqliteFile(t))
	}))
}

func TestContractInMemory(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, func(t *testing.T) cardea.Adapter { return openFile(t, ":memory:") })
}

// The application's own connection prepares all statements and has a table prefix, and the
// application's own migrations made the tables.
func TestContractOnTheApplicationsConnection(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, reusedOfApplication(t, func(t testing.TB) *gormadapter.Adapter {
		db := openDBFile(t, sqliteFile(t).DBName, gorm.Config{
			PrepareStmt: true, TranslateError: true, NamingStrategy: schema.NamingStrategy{TablePrefix: "auth_"},
		})
		a, err := gormadapter.New(db, gormadapter.WithUser[member]())
		must(t, err)
		return a
	}))
}

// The connection's dialect has no RETURNING, as MySQL's has none.
func TestContractWithoutReturning(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, reused(t, func(t testing.TB) *gormadapter.Adapter {
		db := openDBFile(t, sqliteFile(t).DBName, gorm.Config{})
		remove := db.Callback().Delete()
		remove.Clauses = slices.DeleteFunc(slices.Clone(remove.Clauses), func(name string) bool {
			return name == "RETURNING"
		})
		a, err := gormadapter.New(db)
		must(t, err)
		return a
	}))
}
