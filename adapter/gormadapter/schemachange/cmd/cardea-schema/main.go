// Command cardea-schema is [schemachange.Main] for the default entities: it prints their schema,
// compares a live database with them, and writes numbered migrations. The database is in the
// environment variable DATABASE, a URL as gormadapter.Options.DSN has it, or a file of SQLite:
//
//	go run github.com/cardea-auth/cardea/adapter/gormadapter/schemachange/cmd/cardea-schema fresh -dialect postgres
//	DATABASE=postgres://ada@localhost/site go run github.com/cardea-auth/cardea/adapter/gormadapter/schemachange/cmd/cardea-schema check
//
// Whose entities have columns or names of their own needs a main of their own: examples/schema is
// one.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(schemachange.Main(ctx, schemachange.App{Open: database(os.Getenv("DATABASE")).open}, os.Args[1:], os.Stdout,
		os.Stderr))
}

// database is the address of one.
type database string

func (d database) open(opts ...gormadapter.Option) (*gormadapter.Adapter, error) {
	if d == "" {
		return nil, errors.New("DATABASE is empty: want a URL that begins with postgres://, mysql:// or mariadb://, " +
			"or the name of a SQLite file")
	}
	kind, _, isURL := strings.Cut(string(d), "://")
	if !isURL {
		kind = "sqlite"
	}
	return gormadapter.Open(gormadapter.Options{Type: kind, DSN: string(d)}, opts...)
}
