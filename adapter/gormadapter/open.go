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

// Options tell Open what to connect to: with DSN, or with DBName and what it needs beside it.
type Options struct {
	// Driver opens the kind of database: sqlite.Driver, postgresql.Driver, or mysql.Driver, which is
	// also for MariaDB, each of the package of that name beside this one. The program contains only
	// the drivers that it imports. To choose one at run time, call drivers.ByName. Required.
	Driver Driver

	// DSN is a full address, instead of Host, Port, User, Password, TLS and DBName:
	// "postgres://user:password@host:5432/name" or what else pgx reads,
	// "mysql://user:password@host:3306/name" or what else github.com/go-sql-driver/mysql reads, and
	// for sqlite the same as DBName.
	DSN string

	// Host is the server's name, its IP address, or a folder with its Unix socket (for MySQL the
	// socket itself). Defaults to 127.0.0.1.
	Host string

	// Port defaults to 5432 for PostgreSQL and 3306 for MySQL and MariaDB.
	Port int

	// User and Password are the database user's. PostgreSQL finds an empty password in ~/.pgpass as
	// always.
	User, Password string

	// TLS makes the connection to the server encrypted and says how its certificate is verified;
	// &tls.Config{} asks for a valid one in the name of Host. Without it the connection is
	// encrypted when the server offers that, and nobody is verified, as with sslmode=prefer.
	TLS *tls.Config

	// DBName is the database. For sqlite it is a file, which is created in a directory that exists,
	// or ":memory:" for one that ends with the adapter.
	DBName string

	// Schema is the schema of PostgreSQL in which the tables are, and which exists. It comes before
	// the names that GORM gives to tables. Defaults to what the server's search_path says.
	Schema string

	// Timezone is an IANA name such as "Europe/Rome". For MySQL and MariaDB it is the zone whose
	// wall clock is in columns of type datetime, so a database of a Node server that ran with its
	// local time can be read; a zone with daylight saving then has one ambiguous hour a year. For
	// PostgreSQL it is the session's TimeZone, which changes nothing in what the adapter reads and
	// writes. Defaults to UTC, and for PostgreSQL to the server's.
	Timezone string

	// TransactionPooler says that the way to PostgreSQL leads through PgBouncer, or another pooler,
	// in transaction mode. Statements are then not prepared on the server.
	TransactionPooler bool

	// MaxOpenConns is the largest number of connections to a server; who needs one more waits until
	// one is free or the context ends. Defaults to 20.
	MaxOpenConns int

	// MaxIdleConns is how many of them stay open unused. Defaults to MaxOpenConns.
	MaxIdleConns int

	// ConnMaxLifetime is the age at which a connection to a server is replaced. Defaults to five
	// minutes.
	ConnMaxLifetime time.Duration

	// Debug logs each statement with its duration, at level info, never with its values. Defaults
	// to no log.
	Debug bool

	// Logger is where Debug logs. Defaults to slog.Default().
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
	return a, nil
}

// withoutDriver reports what is wrong with options that name no driver.
func (o Options) withoutDriver() []error {
	faults := []error{errors.New("Options.Driver is nil: import adapter/gormadapter/sqlite, postgresql or mysql " +
		"and set Driver to sqlite.Driver, postgresql.Driver or mysql.Driver, or call drivers.ByName; " +
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

func (o Options) logger() logger.Interface {
	switch {
	case !o.Debug:
		return logger.Discard
	case o.Logger == nil:
		return statementLogger{slog.Default()}
	}
	return statementLogger{o.Logger}
}
