package schemachange_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// database is an empty database of one test. Each call of open returns another connection pool.
type database struct {
	dialect string
	open    func(testing.TB, gorm.Config) *gorm.DB
}

// forEachDatabase runs a test on SQLite and on every server that the environment names.
func forEachDatabase(t *testing.T, test func(*testing.T, database)) {
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

// newSQLite lets writers wait for longer than the default: a change of a table holds the lock until
// all rows are copied, which takes a slow machine seconds.
func newSQLite(t testing.TB) database {
	name := "file:" + filepath.Join(t.TempDir(), "db.sqlite") + "?_busy_timeout=60000"
	return database{"sqlite", func(t testing.TB, c gorm.Config) *gorm.DB {
		return openGORM(t, sqlite.Open(name), c)
	}}
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
	admin := openGORM(t, postgres.Open(dsn), gorm.Config{})
	config.Database = newDatabaseName()
	mustExec(t, admin, "CREATE DATABASE "+config.Database)
	t.Cleanup(func() { mustExec(t, admin, "DROP DATABASE "+config.Database+" WITH (FORCE)") })
	return database{"postgres", func(t testing.TB, c gorm.Config) *gorm.DB {
		return openGORM(t, postgres.New(postgres.Config{Conn: stdlib.OpenDB(*config)}), c)
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
	return newOnNodes(t, dialect, variable)[0]
}

// newOnNodes returns an empty database at each of the servers that the variable names. They are one
// cluster, so it is the same database.
func newOnNodes(t testing.TB, dialect, variable string) (nodes []database) {
	t.Helper()
	addresses := strings.Fields(os.Getenv(variable))
	if len(addresses) == 0 {
		t.Skip(variable + " names no server")
	}
	name := newDatabaseName()
	admin := openGORM(t, mysql.Open(addresses[0]), gorm.Config{})
	mustExec(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { mustExec(t, admin, "DROP DATABASE "+name) })
	for _, address := range addresses {
		config, err := driver.ParseDSN(address)
		if err != nil {
			t.Fatal(err)
		}
		config.DBName, config.ParseTime, config.ClientFoundRows = name, true, true
		if len(addresses) > 1 {
			config.Params = map[string]string{"wsrep_sync_wait": "7"}
		}
		if len(addresses) > 1 { // each node must know the database before somebody connects to it
			config.DBName = ""
			queryValue[int](t, openGORM(t, mysql.Open(config.FormatDSN()), gorm.Config{}), "SELECT 1")
			config.DBName = name
		}
		nodes = append(nodes, database{dialect, func(t testing.TB, c gorm.Config) *gorm.DB {
			return openGORM(t, mysql.Open(config.FormatDSN()), c)
		}})
	}
	return nodes
}

var databaseCount atomic.Int64

func newDatabaseName() string {
	return fmt.Sprintf("cardea_schema_%d_%d_%d", os.Getpid(), time.Now().UnixNano(), databaseCount.Add(1))
}

// openGORM closes the pool at the end of the test, before the cleanups that were registered
// earlier.
func openGORM(t testing.TB, dialector gorm.Dialector, c gorm.Config) *gorm.DB {
	t.Helper()
	c.Logger = logger.Discard
	db, err := gorm.Open(dialector, &c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pool, err := db.DB(); err != nil || pool.Close() != nil {
			t.Error("the connection pool does not close")
		}
	})
	return db
}

func mustExec(t testing.TB, db *gorm.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if err := db.Exec(s).Error; err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// runScript runs a script on one connection, statement by statement.
func runScript(t testing.TB, db *gorm.DB, script string) {
	t.Helper()
	err := db.Connection(func(db *gorm.DB) error {
		for statement := range strings.SplitSeq(script, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if err := db.Exec(statement).Error; err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// queryValue returns the only value that a query finds.
func queryValue[T any](t testing.TB, db *gorm.DB, query string, args ...any) (v T) {
	t.Helper()
	if err := db.Raw(query, args...).Row().Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func quoted(d database, name string) string {
	if d.dialect == "postgres" {
		return `"` + name + `"`
	}
	return "`" + name + "`"
}

func newAdapter(t testing.TB, db *gorm.DB, opts ...gormadapter.Option) *gormadapter.Adapter {
	t.Helper()
	a, err := gormadapter.New(db, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustApply(t testing.TB, a *gormadapter.Adapter, entities ...any) *schemachange.Plan {
	t.Helper()
	p, err := schemachange.Apply(t.Context(), a, entities...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// expectNoChanges fails the test if the database differs from the entities.
func expectNoChanges(t testing.TB, a *gormadapter.Adapter, entities ...any) *schemachange.Plan {
	t.Helper()
	p, err := schemachange.Diff(t.Context(), a, entities...)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Up) > 0 || len(p.Differences) > 0 {
		t.Errorf("got differences %q, want none\n%s", p.Differences, p.Script())
	}
	return p
}
