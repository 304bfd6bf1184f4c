// Command schema is the application's own migration command: its entities beside those of Cardea,
// and gormschema. Copy it, put the entities into a package that the application shares, and run
//
//	go run ./schema check
//	go run ./schema new -format goose add_role
package main

import (
	"cmp"
	"context"
	"os"
	"os/signal"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/gormschema"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
)

// User is the user entity with columns of the application's.
type User struct {
	gormadapter.User
	Role     string `gorm:"size:20;not null;default:MEMBER;check:user_role,role IN ('MEMBER', 'ADMIN')" json:"role"`
	Invoices []Invoice
}

// Invoice is a table that has nothing to do with sign-in but its owner.
type Invoice struct {
	ID     int64
	UserID string `gorm:"size:255;not null;index"`
	Cents  int64  `gorm:"not null"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(gormschema.Main(ctx, app(), os.Args[1:], os.Stdout, os.Stderr))
}

func app() gormschema.App {
	return gormschema.App{
		Open: func(opts ...gormadapter.Option) (*gormadapter.Adapter, error) {
			return gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver,
				DBName: cmp.Or(os.Getenv("DATABASE"), "app.sqlite")}, opts...)
		},
		Options:  []gormadapter.Option{gormadapter.WithUser[User]()},
		Entities: []any{&Invoice{}},
	}
}
