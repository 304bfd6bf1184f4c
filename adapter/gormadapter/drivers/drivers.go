// Package drivers returns a driver of gormadapter by its name, or by the address of the database.
// It is for applications that read these from their configuration when they start. A program that
// imports this package links all drivers. A program that always uses the same kind of database
// imports the package of that driver instead.
package drivers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/mysql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/postgresql"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
)

// ByName returns the driver for "sqlite", for "postgresql" or "postgres", or for "mysql" or
// "mariadb". These are the names that MikroORM and database URLs use, in lower case. For any other
// name ByName returns nil and an error that says what to do instead.
func ByName(name string) (gormadapter.Driver, error) {
	switch name {
	case "sqlite":
		return sqlite.Driver, nil
	case "postgresql", "postgres":
		return postgresql.Driver, nil
	case "mysql", "mariadb":
		return mysql.Driver, nil
	case "mssql", "sqlserver":
		return nil, fmt.Errorf("drivers: there is no driver for %q: open the database with gorm.io/driver/sqlserver "+
			"and give the *gorm.DB to gormadapter.New", name)
	}
	return nil, fmt.Errorf(`drivers: there is no driver for %q; supported are "sqlite", "postgresql" (or "postgres"), `+
		`"mysql" and "mariadb"; for another database give a *gorm.DB to gormadapter.New`, name)
}

// ByDSN returns the driver for an address of [gormadapter.Options.DSN] that says which kind of
// database it is: a URL such as postgres://ada@localhost/site, with a scheme that is a name for
// [ByName], or ":memory:" or the name of a file for SQLite.
//
//	driver, err := drivers.ByDSN(address)
//	adapter, err := gormadapter.Open(gormadapter.Options{Driver: driver, DSN: address})
//
// For any other address it returns nil and an error, which does not contain the address: it may
// have a password. The forms "host=… dbname=…" of pgx and "user@tcp(host)/name" of MySQL do not say
// which kind of database they are for.
func ByDSN(dsn string) (gormadapter.Driver, error) {
	scheme, _, isURL := strings.Cut(dsn, "://")
	switch {
	case scheme == "sqlite" && isURL:
		return nil, errors.New("drivers: the address of a SQLite database is the name of its file, without sqlite://")
	case isURL && isScheme(scheme):
		return ByName(scheme)
	case dsn == "", isURL, strings.Contains(dsn, "="), strings.Contains(dsn, "@"):
		return nil, errors.New("drivers: the address of the database does not say of which kind it is: want a URL " +
			"that begins with postgres://, mysql:// or mariadb://, or the name of a file for SQLite")
	}
	return sqlite.Driver, nil
}

// isScheme reports whether a text is the scheme of a URL (RFC 3986 § 3.1) in lower case, which is
// no secret.
func isScheme(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}
