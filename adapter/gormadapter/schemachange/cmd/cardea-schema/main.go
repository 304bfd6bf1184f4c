// Command cardea-schema prints the schema of the default entities, compares a live database with
// them, changes the database so that it has what they describe, and writes numbered migrations. Run
// without arguments, it prints its commands; [schemachange.Main] describes them.
//
// The environment variable DATABASE names the database. It is a URL as in
// [gormadapter.Options.DSN], or the name of a SQLite file:
//
//	go get -tool github.com/cardea-auth/cardea/adapter/gormadapter/schemachange/cmd/cardea-schema
//	go tool cardea-schema fresh -dialect postgres
//	DATABASE=postgres://ada@localhost/site go tool cardea-schema check
//
// If you have your own entities or tables, copy examples/schema instead, which lists them in its
// main.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/drivers"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	app := schemachange.App{Open: database(os.Getenv("DATABASE")).open}
	os.Exit(schemachange.Main(ctx, app, os.Args[1:], os.Stdout, os.Stderr))
}

// database is the URL of a database, or the name of a SQLite file.
type database string

func (d database) open(opts ...gormadapter.Option) (*gormadapter.Adapter, error) {
	if d == "" {
		return nil, errors.New("DATABASE is empty: set it to a URL that begins with " +
			"postgres://, mysql:// or mariadb://, or to the name of a SQLite file")
	}
	driver, err := drivers.ByDSN(string(d))
	if err != nil {
		return nil, fmt.Errorf("DATABASE: %w", err)
	}
	return gormadapter.Open(gormadapter.Options{Driver: driver, DSN: string(d)}, opts...)
}
