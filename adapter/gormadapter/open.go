package gormadapter

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// Options say what database [Open] connects to: DSN, or DBName with Host, Port, User, Password and
// TLS.
type Options struct {
	// Driver opens the kind of database: sqlite.Driver, postgresql.Driver or mysql.Driver, which
	// also opens MariaDB. Each is in the package of that name beside this one. A program contains
	// only the drivers that it imports. To choose one at run time, call drivers.ByName. Required.
	Driver Driver

	// DSN is the whole address of the database, instead of Host, Port, User, Password, TLS and
	// DBName:
	//
	//   - PostgreSQL: "postgres://user:password@host:5432/name", or another form that pgx reads.
	//   - MySQL and MariaDB: "mysql://user:password@host:3306/name", or another form that
	//     github.com/go-sql-driver/mysql reads.
	//   - SQLite: the same as DBName.
	DSN string

	// Host is the server's name, its IP address, or the folder of its Unix socket (for MySQL and
	// MariaDB the socket itself). Defaults to 127.0.0.1.
	Host string

	// Port is the server's TCP port. Defaults to 5432 for PostgreSQL and 3306 for MySQL and
	// MariaDB.
	Port int

	// User is the name of the database user. Required for a server, unless DSN is set.
	User string

	// Password is the database user's. If it is empty, pgx looks for one in ~/.pgpass.
	Password string

	// TLS encrypts the connection to the server and says how its certificate is verified.
	// &tls.Config{} requires a valid certificate for Host. If TLS is nil, the connection is
	// encrypted if the server offers it, and no certificate is verified, as with sslmode=prefer.
	TLS *tls.Config

	// DBName is the name of the database. For SQLite it is a file, which is created in a directory
	// that exists, or ":memory:" for a database that ends with the adapter. Required, unless DSN is
	// set.
	DBName string

	// Schema is the schema of PostgreSQL that contains the tables. It must exist. It comes before
	// the names that GORM gives to tables. Defaults to the server's search_path. Only for
	// PostgreSQL.
	Schema string

	// Timezone is an IANA name such as "Europe/Rome". Defaults to UTC, and for PostgreSQL to the
	// server's. Not for SQLite.
	//
	// For MySQL and MariaDB it is the zone whose wall clock is in columns of type datetime. Use it
	// to read the database of a Node server that ran in its local time. If the zone has daylight
	// saving time, one hour a year is ambiguous.
	//
	// For PostgreSQL it is the session's TimeZone, which does not change what the adapter reads and
	// writes.
	Timezone string

	// TransactionPooler must be true if the connection to PostgreSQL goes through PgBouncer or
	// another pooler in transaction mode. Statements are then not prepared on the server. Only for
	// PostgreSQL.
	TransactionPooler bool

	// MaxOpenConns is the largest number of connections to a server. A request that needs one more
	// waits until one is free or its context ends. Defaults to 20. Not for SQLite.
	MaxOpenConns int

	// MaxIdleConns is how many connections to a server stay open unused, at most MaxOpenConns.
	// Defaults to MaxOpenConns. Not for SQLite.
	MaxIdleConns int

	// ConnMaxLifetime is the age at which a connection to a server is replaced. Defaults to five
	// minutes. Not for SQLite.
	ConnMaxLifetime time.Duration

	// Debug logs each statement with its duration, at level info, never with its values. Defaults
	// to false: nothing is logged.
	Debug bool

	// Logger gets what Debug logs. Defaults to slog.Default().
	Logger *slog.Logger
}

// Open connects to a database and returns an adapter on it, which the caller closes. It creates no
// tables: call [Adapter.Migrate], or have the application's own migrations do it. Open reports all
// faults of the options in one error, which never contains the password.
//
// The connection has the settings of package sqlite, or those that docs/databases.md lists for each
// server. An application that needs others makes the *gorm.DB itself and calls [New].
func Open(o Options, opts ...Option) (*Adapter, error) {
	if o.Driver == nil {
		return nil, joinFaults(o.withoutDriver())
	}
	connection, err := o.Driver.Connect(o)
	if err != nil {
		return nil, fmt.Errorf("gormadapter: %w", err)
	}
	db, err := gorm.Open(connection.Dialector, &gorm.Config{Logger: o.logger(), NamingStrategy: o.naming()})
	if err != nil {
		return nil, fmt.Errorf("gormadapter: open %s: %w", connection.Database,
			errors.Join(err, connection.Pool.Close()))
	}
	a, err := New(db, opts...)
	if err != nil {
		return nil, errors.Join(err, connection.Pool.Close())
	}
	a.owned = true
	a.errors.constant = connection.ConstantErrors
	a.db.errors = a.errors
	return a, nil
}

// withoutDriver reports what is wrong with options that name no driver.
func (o Options) withoutDriver() []error {
	faults := []error{errors.New("Options.Driver is nil: import one of " +
		"github.com/cardea-auth/cardea/adapter/gormadapter/{sqlite,postgresql,mysql} and set it to " +
		"sqlite.Driver, postgresql.Driver or mysql.Driver, or to what drivers.ByName returns; " +
		"for another database give a *gorm.DB to gormadapter.New")}
	if o.DSN == "" && o.DBName == "" {
		faults = append(faults, errors.New("Options.DBName is empty: name the database, or for sqlite a file"))
	}
	return faults
}

// naming puts Options.Schema before the names of tables. It returns nil for GORM's default.
func (o Options) naming() schema.Namer {
	if o.Schema == "" {
		return nil
	}
	return schema.NamingStrategy{TablePrefix: o.Schema + "."}
}

// logger returns GORM's logger for Debug and Logger.
func (o Options) logger() logger.Interface {
	switch {
	case !o.Debug:
		return logger.Discard
	case o.Logger == nil:
		return statementLogger{slog.Default()}
	}
	return statementLogger{o.Logger}
}
