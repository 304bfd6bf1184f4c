package plugintest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/mysql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	sqldriver "github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

var expiry = time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)

// engine is a kind of database of the tests.
type engine struct {
	name  string
	empty func(testing.TB) gormadapter.Options // an empty database, which is dropped after the test
}

func engines() []engine {
	return []engine{
		{"SQLite", sqliteFile}, {"PostgreSQL", postgreSQL}, {"PgBouncer", pgBouncer}, {"MariaDB", mariaDB},
		{"MySQL", mySQL},
	}
}

func sqliteFile(t testing.TB) gormadapter.Options {
	return gormadapter.Options{Driver: sqlite.Driver, DBName: t.TempDir() + "/db.sqlite"}
}

func postgreSQL(t testing.TB) gormadapter.Options {
	t.Helper()
	return gormadapter.Options{Driver: postgresql.Driver, DSN: postgreSQLAddress(t, "CARDEA_TEST_POSTGRES")}
}

func pgBouncer(t testing.TB) gormadapter.Options {
	t.Helper()
	return gormadapter.Options{
		Driver: postgresql.Driver, DSN: postgreSQLAddress(t, "CARDEA_TEST_PGBOUNCER"), TransactionPooler: true,
	}
}

func postgreSQLAddress(t testing.TB, variable string) string {
	t.Helper()
	u, err := url.Parse(addressOf(t, variable))
	must(t, err)
	u.Path = "/" + createDatabase(t, postgres.Open(addressOf(t, "CARDEA_TEST_POSTGRES")), " WITH (FORCE)")
	return u.String()
}

func mariaDB(t testing.TB) gormadapter.Options {
	t.Helper()
	return gormadapter.Options{Driver: mysql.Driver, DSN: mySQLAddress(t, "CARDEA_TEST_MARIADB")}
}

func mySQL(t testing.TB) gormadapter.Options {
	t.Helper()
	return gormadapter.Options{Driver: mysql.Driver, DSN: mySQLAddress(t, "CARDEA_TEST_MYSQL")}
}

func mySQLAddress(t testing.TB, variable string) string {
	t.Helper()
	config, err := sqldriver.ParseDSN(addressOf(t, variable))
	must(t, err)
	config.DBName = createDatabase(t, gormmysql.Open(config.FormatDSN()), "")
	return config.FormatDSN()
}

// dialectorOf returns GORM's dialect on a new connection, without any setting that Open makes.
func dialectorOf(o gormadapter.Options) gorm.Dialector {
	switch {
	case o.Driver == mysql.Driver:
		return gormmysql.Open(o.DSN + "?parseTime=true")
	case o.TransactionPooler:
		return postgres.Open(o.DSN + "&default_query_exec_mode=cache_describe")
	case o.Driver == postgresql.Driver:
		return postgres.Open(o.DSN)
	}
	return sqlite.Open(o.DBName)
}

func addressOf(t testing.TB, variable string) string {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		t.Skipf("%s is not set; scripts/servers run go test ./... sets it", variable)
	}
	return address
}

// createDatabase creates a database, which is dropped at the end of the test, and returns its name.
func createDatabase(t testing.TB, on gorm.Dialector, drop string) string {
	t.Helper()
	db := connect(t, on)
	name := "cardea_" + strings.ToLower(rand.Text())
	must(t, db.Exec("CREATE DATABASE "+name).Error)
	t.Cleanup(func() {
		if err := db.WithContext(context.Background()).Exec("DROP DATABASE " + name + drop).Error; err != nil {
			t.Error(err)
		}
	})
	return name
}

// connect returns a connection that logs nothing and is closed at the end of the test.
func connect(t testing.TB, to gorm.Dialector) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(to, &gorm.Config{Logger: logger.Discard, TranslateError: true})
	must(t, err)
	pool, err := db.DB()
	must(t, err)
	t.Cleanup(func() { pool.Close() })
	return db
}

// openOn returns an adapter that gormadapter.Open made, with its tables.
func openOn(t testing.TB, o gormadapter.Options) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.Open(o)
	must(t, err)
	t.Cleanup(func() { must(t, a.Close()) })
	must(t, a.Migrate(context.Background()))
	return a
}

// newOn returns an adapter on db with its tables.
func newOn(t testing.TB, db *gorm.DB, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.New(db, opts...)
	must(t, err)
	must(t, a.Migrate(t.Context()))
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }
