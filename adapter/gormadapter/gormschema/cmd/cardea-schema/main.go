// Command cardea-schema is [gormschema.Main] for the default entities: it prints their schema,
// compares a live database with them, and writes numbered migrations. The database is in the
// environment variable DATABASE, a URL as gormadapter.Options.DSN has it, or a file of SQLite:
//
//	go run github.com/cardea-auth/cardea/adapter/gormadapter/gormschema/cmd/cardea-schema fresh -dialect postgres
//	DATABASE=postgres://ada@localhost/site go run github.com/cardea-auth/cardea/adapter/gormadapter/gormschema/cmd/cardea-schema check
//
// Whose entities have columns or names of their own needs a main of their own: examples/schema is
// one.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/drivers"
	"github.com/cardea-auth/cardea/adapter/gormadapter/gormschema"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(gormschema.Main(ctx, gormschema.App{Open: database(os.Getenv("DATABASE")).open}, os.Args[1:], os.Stdout,
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
	driver, err := drivers.ByName(kind)
	if err != nil {
		return nil, fmt.Errorf("DATABASE: %w", err)
	}
	return gormadapter.Open(gormadapter.Options{Driver: driver, DSN: string(d)}, opts...)
}
