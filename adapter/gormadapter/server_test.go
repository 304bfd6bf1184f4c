package gormadapter_test

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/mysql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"github.com/cardea-auth/cardea/adaptertest"
	sqldriver "github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
)

// engine is a kind of database of the tests.
type engine struct {
	name  string
	empty func(t testing.TB) gormadapter.Options // an empty database, which is dropped after the test
}

func engines() []engine {
	return append(databases(), engine{"PgBouncer", pgBouncer})
}

// databases are the engines without the pooler.
func databases() []engine {
	return []engine{{"SQLite", sqliteFile}, {"PostgreSQL", postgreSQL}, {"MariaDB", mariaDB}, {"MySQL", mySQL}}
}

// sqliteFile lets writers wait for longer than the default. SQLite has no queue of them, so on a
// slow machine one of fifty can wait for many seconds.
func sqliteFile(t testing.TB) gormadapter.Options {
	return gormadapter.Options{Driver: sqlite.Driver, DBName: "file:" + t.TempDir() + "/db.sqlite" + longWait}
}

const longWait = "?_busy_timeout=60000" // milliseconds

func postgreSQL(t testing.TB) gormadapter.Options {
	t.Helper()
	return gormadapter.Options{Driver: postgresql.Driver, DSN: postgreSQLAddress(t, "CARDEA_TEST_POSTGRES", "")}
}

func pgBouncer(t testing.TB) gormadapter.Options {
	t.Helper()
	return gormadapter.Options{
		Driver: postgresql.Driver, DSN: postgreSQLAddress(t, "CARDEA_TEST_PGBOUNCER", ""), TransactionPooler: true,
	}
}

// postgreSQLAddress creates an empty database and returns its URL.
func postgreSQLAddress(t testing.TB, variable, query string) string {
	t.Helper()
	u, err := url.Parse(addressOf(t, variable))
	if err != nil {
		t.Fatalf("%s is no URL", variable)
	}
	u.Path = "/" + createDatabase(t, postgres.Open(addressOf(t, "CARDEA_TEST_POSTGRES")), " WITH (FORCE)")
	if query != "" {
		u.RawQuery += "&" + query
	}
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

// mySQLAddress creates an empty database and returns its DSN.
func mySQLAddress(t testing.TB, variable string) string {
	t.Helper()
	config, err := sqldriver.ParseDSN(addressOf(t, variable))
	if err != nil {
		t.Fatalf("%s is no DSN", variable)
	}
	config.DBName = createDatabase(t, gormmysql.Open(config.FormatDSN()), "")
	return config.FormatDSN()
}

// kindOf returns the kind of a test's database: sqlite, postgresql, mariadb or mysql.
func kindOf(t testing.TB, o gormadapter.Options) string {
	t.Helper()
	switch o.Driver {
	case sqlite.Driver:
		return "sqlite"
	case postgresql.Driver:
		return "postgresql"
	}
	config, err := sqldriver.ParseDSN(o.DSN)
	must(t, err)
	mariaDB, err := sqldriver.ParseDSN(os.Getenv("CARDEA_TEST_MARIADB"))
	if err == nil && mariaDB.Addr == config.Addr {
		return "mariadb"
	}
	return "mysql"
}

// strictest are the collations that compare byte for byte, spaces at the end included.
var strictest = map[string]string{"mariadb": "utf8mb4_nopad_bin", "mysql": "utf8mb4_0900_bin"}

// bytewise makes new tables of a database compare byte for byte by default.
func bytewise(t testing.TB, o gormadapter.Options) gormadapter.Options {
	t.Helper()
	must(t, connect(t, gormmysql.Open(o.DSN)).Exec("ALTER DATABASE COLLATE "+strictest[kindOf(t, o)]).Error)
	return o
}

// serverConnection returns an application's own connection to a database, with TranslateError and
// without the settings of Open.
func serverConnection(t testing.TB, o gormadapter.Options) *gorm.DB {
	t.Helper()
	db := connect(t, dialectorOf(t, o))
	db.TranslateError = true
	return db
}

func dialectorOf(t testing.TB, o gormadapter.Options) gorm.Dialector {
	t.Helper()
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

// openOn returns an adapter on a database, with its tables.
func openOn(t testing.TB, o gormadapter.Options, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	a := openExisting(t, o, opts...)
	must(t, a.Migrate(context.Background()))
	return a
}

// openExisting returns an adapter on a database without migrating it.
func openExisting(t testing.TB, o gormadapter.Options, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.Open(o, opts...)
	must(t, err)
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestContractOnPostgreSQL(t *testing.T) {
	t.Parallel()
	o := postgreSQL(t)
	db := connect(t, dialectorOf(t, o))
	var schemas atomic.Int32
	adaptertest.Run(t, reused(t, func(t testing.TB) *gormadapter.Adapter {
		schema := fmt.Sprint("schema", schemas.Add(1))
		must(t, db.Exec("CREATE SCHEMA "+schema).Error)
		return openExisting(t, gormadapter.Options{Driver: postgresql.Driver, DSN: o.DSN + "&search_path=" + schema})
	}))
}

// The adapter connects through a pooler, to schemas of one database.
func TestContractOnPgBouncer(t *testing.T) {
	t.Parallel()
	o := pgBouncer(t)
	db := connect(t, dialectorOf(t, o))
	var schemas atomic.Int32
	adaptertest.Run(t, reused(t, func(t testing.TB) *gormadapter.Adapter {
		inSchema := o
		inSchema.Schema = fmt.Sprint("schema", schemas.Add(1))
		must(t, db.Exec("CREATE SCHEMA "+inSchema.Schema).Error)
		return openExisting(t, inSchema)
	}))
}

func TestContractOnMariaDB(t *testing.T) {
	t.Parallel()
	addressOf(t, "CARDEA_TEST_MARIADB")
	adaptertest.Run(t, reused(t, func(t testing.TB) *gormadapter.Adapter { return openExisting(t, mariaDB(t)) }))
}

func TestContractOnMySQL(t *testing.T) {
	t.Parallel()
	addressOf(t, "CARDEA_TEST_MYSQL")
	adaptertest.Run(t, reused(t, func(t testing.TB) *gormadapter.Adapter { return openExisting(t, mySQL(t)) }))
}

func TestContractOnTheApplicationsMariaDB(t *testing.T) {
	t.Parallel()
	addressOf(t, "CARDEA_TEST_MARIADB")
	contractOnTheApplications(t, mariaDB)
}

func TestContractOnTheApplicationsMySQL(t *testing.T) {
	t.Parallel()
	addressOf(t, "CARDEA_TEST_MYSQL")
	contractOnTheApplications(t, mySQL)
}

// contractOnTheApplications runs the contract on an application's own connection with hardly any
// settings, on tables that the application's migrations made.
func contractOnTheApplications(t *testing.T, empty func(testing.TB) gormadapter.Options) {
	adaptertest.Run(t, reusedOfApplication(t, func(t testing.TB) *gormadapter.Adapter {
		a, err := gormadapter.New(connect(t, dialectorOf(t, bytewise(t, empty(t)))))
		must(t, err)
		return a
	}))
}

// An application's own connection goes through a pooler, in each of the modes in which pgx prepares
// nothing. Many goroutines work at once, so that each gets server connections that others have
// used.
func TestPoolerOnTheApplicationsConnection(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"exec", "cache_describe", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			a := newOn(t, connect(t, postgres.Open(postgreSQLAddress(t, "CARDEA_TEST_PGBOUNCER",
				"default_query_exec_mode="+mode))))
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					for j := range 8 {
						if err := visit(t.Context(), a, fmt.Sprint("visitor ", i, ".", j)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

// visit signs a user up, reads, renews and deletes the session, deletes the user, and checks that
// it always got that user.
func visit(ctx context.Context, a *gormadapter.Adapter, name string) error {
	u := &cardea.User{Name: name, Email: name}
	if err := a.Transact(ctx, func(ctx context.Context) error {
		if err := a.CreateUser(ctx, u); err != nil {
			return err
		}
		return a.LinkAccount(ctx, &cardea.Account{UserID: u.ID, Type: "oidc", Provider: "p", ProviderAccountID: name})
	}); err != nil {
		return err
	}
	if err := a.CreateSession(ctx, &cardea.Session{Token: name, UserID: u.ID, Expires: expiry}); err != nil {
		return err
	}
	s, err := a.Session(ctx, name)
	if err != nil || s.User.Name != name {
		return fmt.Errorf("session of %s: got %v and %w", name, s, err)
	}
	byAccount, err := a.UserByAccount(ctx, "p", name)
	if err != nil || byAccount.ID != u.ID {
		return fmt.Errorf("account of %s: got %v and %w", name, byAccount, err)
	}
	return cmp.Or(a.RenewSession(ctx, name, expiry), a.DeleteSession(ctx, name), a.DeleteUser(ctx, u.ID))
}
