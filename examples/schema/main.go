// Command schema is the migration command of an application that has its own user columns and
// tables. Copy it, move the entities to a package that your application uses too, and run
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
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
)

// User is Cardea's user entity with a role and a relation.
type User struct {
	gormadapter.User

	// Role is MEMBER or ADMIN, and MEMBER for a new user.
	Role string `gorm:"size:20;not null;default:MEMBER;check:user_role,role IN ('MEMBER', 'ADMIN')" json:"role"`

	// Invoices are the user's invoices. GORM loads them only with Preload.
	Invoices []Invoice
}

// Invoice is a table of the application. It belongs to a user.
type Invoice struct {
	// ID is the number that the database assigns.
	ID int64

	// UserID is the ID of the user who pays.
	UserID string `gorm:"size:255;not null;index"`

	// Cents is the amount.
	Cents int64 `gorm:"not null"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(schemachange.Main(ctx, app(), os.Args[1:], os.Stdout, os.Stderr))
}

func app() schemachange.App {
	return schemachange.App{
		Open: func(opts ...gormadapter.Option) (*gormadapter.Adapter, error) {
			file := cmp.Or(os.Getenv("DATABASE"), "app.sqlite")
			return gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: file}, opts...)
		},
		Options:  []gormadapter.Option{gormadapter.WithUser[User]()},
		Entities: []any{&Invoice{}},
	}
}
