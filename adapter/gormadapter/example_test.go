package gormadapter_test

import (
	"context"
	"fmt"
	"log"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
)

// Open makes the adapter's connection.
func ExampleOpen() {
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"})
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
	ctx := context.Background()
	if err := adapter.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	user := &cardea.User{Name: "Ada", Email: "ada@example.com"}
	if err := adapter.CreateUser(ctx, user); err != nil {
		log.Fatal(err)
	}
	found, err := adapter.UserByEmail(ctx, "ada@example.com")
	fmt.Println(found.Name, found.ID == user.ID, err)
	// Output: Ada true <nil>
}

// New uses a connection that the application has already. The sign-up is part of a transaction of
// the application.
func ExampleNew() {
	db, err := gorm.Open(sqlite.Open(":memory:"))
	if err != nil {
		log.Fatal(err)
	}
	adapter, err := gormadapter.New(db)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if err := adapter.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	err = db.Transaction(func(tx *gorm.DB) error {
		user := &cardea.User{ID: "1", Name: "Ada"}
		if err := adapter.CreateUser(gormadapter.WithTx(ctx, tx), user); err != nil {
			return err
		}
		return fmt.Errorf("no seats left")
	})
	fmt.Println(err)
	_, err = adapter.UserByID(ctx, "1")
	fmt.Println(err)
	// Output:
	// no seats left
	// find user: not found
}

// Customer is the default user with a column of the application, which the browser does not see.
type Customer struct {
	gormadapter.User
	Role string `gorm:"not null;default:MEMBER" json:"-"`
}

// The application has its own user entity.
func ExampleWithUser() {
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"},
		gormadapter.WithUser[Customer]())
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
	ctx := context.Background()
	if err := adapter.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	user := &cardea.User{Name: "Ada", Entity: &Customer{Role: "TRIAL"}}
	if err := adapter.CreateUser(ctx, user); err != nil {
		log.Fatal(err)
	}
	found, err := adapter.UserByID(ctx, user.ID)
	if err != nil {
		log.Fatal(err)
	}
	customer := found.Entity.(*Customer)
	fmt.Println(*customer.Name, customer.Role)
	// Output: Ada TRIAL
}

// Invoice is an entity that has nothing to do with sign-in.
type Invoice struct {
	ID     string `gorm:"primaryKey;not null"`
	UserID string
	User   *gormadapter.User
}

// The application's own migration creates the tables.
func ExampleDefaultEntities() {
	db, err := gorm.Open(sqlite.Open(":memory:"))
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(append([]any{&Invoice{}}, gormadapter.DefaultEntities()...)...); err != nil {
		log.Fatal(err)
	}
	tables, err := db.Migrator().GetTables()
	fmt.Println(tables, err)
	// Output: [user invoices session account verification_token authenticator throttle factor recovery_code user_password] <nil>
}
