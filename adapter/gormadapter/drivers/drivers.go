// Package drivers returns a driver of gormadapter by its name. It is for applications that read the
// kind of their database from their configuration when they start. A program that imports this
// package links all drivers. A program that always uses the same kind of database imports the
// package of that driver instead.
package drivers

import (
	"fmt"

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
