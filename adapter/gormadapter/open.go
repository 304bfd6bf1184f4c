package gormadapter

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// Options describe the database that [Open] connects to. Set DSN, or set DBName and, for a database
// server, Host, Port, User, Password and TLS.
type Options struct {
	// Driver selects the kind of database: sqlite.Driver, postgresql.Driver, or mysql.Driver, which
	// is for MariaDB too. Each is in the package of that name beside this one. A program links only
	// the drivers that it imports. To choose one at run time, call drivers.ByName. Required.
	Driver Driver

	// DSN is the complete address of the database. It replaces Host, Port, User, Password, TLS and
	// DBName, which must then be empty:
	//
	//   - PostgreSQL: "postgres://user:password@host:5432/name", or another form that pgx reads.
	//   - MySQL and MariaDB: "mysql://user:password@host:3306/name", or another form that
	//     github.com/go-sql-driver/mysql reads.
	//   - Servers that replace each other, as for Host: "postgres://user@db1:5432,db2:5432/name" or
	//     "mysql://user@db1:3306,db2:3306/name".
	//   - SQLite: the same as DBName.
	DSN string `json:"-"`

	// Host is the server's name, its IP address, or the folder of its Unix socket (for MySQL and
	// MariaDB the socket itself). Defaults to 127.0.0.1. Not for SQLite.
	//
	// For servers that replace each other it has several names or addresses, with commas between
	// them, all with the same Port. Each new connection is to the first one that accepts writes.
	// Those that cannot be reached are left out, and so are standbys, replicas that are read-only,
	// and nodes of a Galera cluster that are not ready.
	Host string

	// Port is the server's TCP port, at most 65535. Defaults to 5432 for PostgreSQL and 3306 for
	// MySQL and MariaDB. Not for SQLite.
	Port int

	// User is the name of the database user. Required for a server, unless DSN is set. Not for
	// SQLite.
	User string

	// Password is the password of the database user. Defaults to no password; for PostgreSQL to the
	// one in PGPASSWORD or ~/.pgpass, if there is one. Not for SQLite.
	Password string `json:"-"`

	// TLS encrypts the connection to the server and says how its certificate is verified.
	// &tls.Config{} requires a valid certificate for Host. If TLS is nil, the connection is
	// encrypted if the server offers it, and no certificate is verified, as with sslmode=prefer.
	// Not for SQLite.
	TLS *tls.Config `json:"-"`

	// DBName is the name of the database. For SQLite it is the name of a file, or ":memory:" for a
	// database that exists until the adapter is closed. The file is created if it is missing; its
	// directory must exist. Required, unless DSN is set.
	DBName string

	// Schema is the schema of PostgreSQL that contains the tables. It must exist. It is written
	// before the names of tables that GORM makes. If it is empty, the server's search_path decides.
	// Only for PostgreSQL.
	Schema string

	// Timezone is an IANA name such as "Europe/Rome". Not for SQLite.
	//
	// For MySQL and MariaDB it is the time zone of the values in columns of type datetime. Set it
	// to read the database of a Node server that ran in local time. If the zone has daylight saving
	// time, one hour a year is ambiguous. Defaults to UTC.
	//
	// For PostgreSQL it is the TimeZone of the database session, which does not change what the
	// adapter reads and writes. Defaults to the server's setting.
	Timezone string

	// TransactionPooler must be true if the connection to PostgreSQL goes through PgBouncer or
	// another pooler in transaction mode. Statements are then not prepared on the server. Only for
	// PostgreSQL.
	TransactionPooler bool

	// MaxOpenConns is the largest number of connections to a server, at most 1<<20. A request that
	// needs one more waits until one is free or its context ends. Defaults to 20. Not for SQLite.
	MaxOpenConns int

	// MaxIdleConns is the largest number of connections to a server that stay open while they are
	// not used, at most MaxOpenConns. Defaults to MaxOpenConns. Not for SQLite.
	MaxIdleConns int

	// ConnMaxLifetime is the age at which a connection to a server is replaced. Defaults to five
	// minutes. Not for SQLite.
	ConnMaxLifetime time.Duration

	// Debug logs each statement with its duration, at level info and without its values. Defaults
	// to false, which logs nothing.
	Debug bool

	// Logger is where Debug logs to, and where warnings go, for example of columns that are too
	// narrow. Defaults to slog.Default().
	Logger *slog.Logger
}

// Open connects to a database and returns an adapter on it. The caller must close the adapter.
//
// Open creates no tables: call [Adapter.Migrate], or let the application's own migrations create
// them. The connection has the settings of package sqlite, or those that docs/databases.md lists
// for each server. An application that needs other settings opens the *gorm.DB itself and calls
// [New].
//
// If tables exist whose columns are too narrow for their entities, Open logs a warning with the
// statement that widens them.
//
// Open reports all faults of the options in one error. It also returns an error if the database
// cannot be reached; for a server it tries ten seconds, unless DSN sets another limit. No error
// contains the password.
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
		classifier := errorClassifier{dialect: dialect(connection.Dialector.Name())}
		if cure := classifier.cure(err); cure != "" {
			err = fmt.Errorf("%w: %s", err, cure)
		}
		return nil, fmt.Errorf("gormadapter: open %s: %w", connection.Database,
			errors.Join(err, connection.Pool.Close()))
	}
	a, err := New(db, opts...)
	if err != nil {
		return nil, errors.Join(err, connection.Pool.Close())
	}
	a.ownsPool = true
	a.errors.constant = connection.ConstantErrors
	a.db.errors = a.errors
	a.db.log = cmp.Or(o.Logger, slog.Default())
	a.layouts.current(context.Background()) // which warns of columns that are too narrow
	return a, nil
}

// withoutDriver returns the faults of options without a driver, which would otherwise check them.
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

// naming returns a naming strategy that writes Options.Schema before the names of tables, or nil
// for GORM's default strategy.
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
		return statementLogger{logger: slog.Default()}
	}
	return statementLogger{logger: o.Logger}
}
