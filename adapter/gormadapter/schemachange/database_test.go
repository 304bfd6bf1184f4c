package schemachange_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	driver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// database is an empty database of one test.
type database struct {
	dialect string
	open    func(testing.TB, gorm.Config) *gorm.DB
}

// onEach runs a test on every database that there is.
func onEach(t *testing.T, test func(*testing.T, database)) {
	t.Helper()
	for name, newDatabase := range map[string]func(testing.TB) database{
		"SQLite": newSQLite, "PostgreSQL": newPostgres, "MariaDB": newMariaDB, "MySQL": newMySQL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newDatabase(t))
		})
	}
}

func newSQLite(t testing.TB) database {
	name := filepath.Join(t.TempDir(), "db.sqlite")
	return database{"sqlite", func(t testing.TB, c gorm.Config) *gorm.DB { return connect(t, sqlite.Open(name), c) }}
}

var names atomic.Int64

func newName() string {
	return fmt.Sprintf("cardea_schema_%d_%d_%d", os.Getpid(), time.Now().UnixNano(), names.Add(1))
}

func newPostgres(t testing.TB) database {
	t.Helper()
	dsn := os.Getenv("CARDEA_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("CARDEA_TEST_POSTGRES names no server")
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	admin := connect(t, postgres.Open(dsn), gorm.Config{})
	config.Database = newName()
	exec(t, admin, "CREATE DATABASE "+config.Database)
	t.Cleanup(func() { exec(t, admin, "DROP DATABASE "+config.Database+" WITH (FORCE)") })
	return database{"postgres", func(t testing.TB, c gorm.Config) *gorm.DB {
		return connect(t, postgres.New(postgres.Config{Conn: stdlib.OpenDB(*config)}), c)
	}}
}

func newMariaDB(t testing.TB) database {
	t.Helper()
	return newOnServer(t, "mariadb", "CARDEA_TEST_MARIADB")
}

func newMySQL(t testing.TB) database {
	t.Helper()
	return newOnServer(t, "mysql", "CARDEA_TEST_MYSQL")
}

func newOnServer(t testing.TB, dialect, variable string) database {
	t.Helper()
	dsn := os.Getenv(variable)
	if dsn == "" {
		t.Skip(variable + " names no server")
	}
	config, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	admin := connect(t, mysql.Open(dsn), gorm.Config{})
	config.DBName, config.ParseTime, config.ClientFoundRows = newName(), true, true
	exec(t, admin, "CREATE DATABASE "+config.DBName)
	t.Cleanup(func() { exec(t, admin, "DROP DATABASE "+config.DBName) })
	return database{dialect, func(t testing.TB, c gorm.Config) *gorm.DB {
		return connect(t, mysql.Open(config.FormatDSN()), c)
	}}
}

// connect closes the connection at the end of the test, before what was registered earlier is
// cleaned up.
func connect(t testing.TB, dialector gorm.Dialector, c gorm.Config) *gorm.DB {
	t.Helper()
	c.Logger = logger.Discard
	db, err := gorm.Open(dialector, &c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pool, err := db.DB(); err != nil || pool.Close() != nil {
			t.Error("the connection does not close")
		}
	})
	return db
}

func exec(t testing.TB, db *gorm.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := db.Exec(s).Error; err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func value[T any](t testing.TB, db *gorm.DB, query string, args ...any) (v T) {
	t.Helper()
	if err := db.Raw(query, args...).Row().Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func adapter(t testing.TB, db *gorm.DB, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.New(db, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func apply(t testing.TB, a *gormadapter.Adapter, own ...any) *schemachange.Plan {
	t.Helper()
	p, err := schemachange.Apply(t.Context(), a, own...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// settled fails unless there is nothing left to do.
func settled(t testing.TB, a *gormadapter.Adapter, own ...any) *schemachange.Plan {
	t.Helper()
	p, err := schemachange.Diff(t.Context(), a, own...)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Up) > 0 || len(p.Differences) > 0 {
		t.Errorf("there is still to do: %q\n%s", p.Differences, p.Script())
	}
	return p
}

// A first run creates what Migrate would, a second has nothing to do.
func TestApplyTwice(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		a := adapter(t, d.open(t, gorm.Config{}))
		if p := apply(t, a); len(p.Up) == 0 || len(p.Down) == 0 {
			t.Errorf("got %d statements and %d back", len(p.Up), len(p.Down))
		}
		settled(t, a)
		if p := apply(t, a); len(p.Up) > 0 {
			t.Errorf("the second run did\n%s", p.Script())
		}
	})
}

func TestNothingToDoAfterMigrate(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		a := adapter(t, d.open(t, gorm.Config{}))
		if err := a.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		settled(t, a)
	})
}
