package schemachange_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
)

// Member is the default user with one more column.
type Member struct {
	gormadapter.User
	Nick *string `gorm:"size:40"`
}

// Invoice is a table of the application.
type Invoice struct {
	ID     int64
	UserID string `gorm:"size:255;not null;index"`
	Cents  int64  `gorm:"not null"`
}

// The plan can be read before anything changes.
func ExampleDiff() {
	ctx := context.Background()
	adapter, err := gormadapter.Open(
		gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"}, gormadapter.WithUser[Member](),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
	earlier, err := gormadapter.New(adapter.DB()) // an earlier version had the default user
	if err != nil {
		log.Fatal(err)
	}
	if _, err := schemachange.Apply(ctx, earlier); err != nil {
		log.Fatal(err)
	}

	plan, err := schemachange.Diff(ctx, adapter)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Join(plan.Differences, "\n"))
	fmt.Print(plan.Script())
	// Output:
	// column user.nick is missing
	// -- add column "nick" to table: "user"
	// ALTER TABLE `user` ADD COLUMN `nick` text NULL;
}

// A program can call Apply each time it starts. The second time there is nothing to change.
func ExampleApply() {
	ctx := context.Background()
	adapter, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"})
	if err != nil {
		log.Fatal(err)
	}
	defer adapter.Close()
	for range 2 {
		plan, err := schemachange.Apply(ctx, adapter, &Invoice{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(plan.Differences), "differences")
		for _, difference := range plan.Differences {
			fmt.Println("-", difference)
		}
	}
	// Output:
	// 10 differences
	// - table user is missing
	// - table session is missing
	// - table account is missing
	// - table verification_token is missing
	// - table authenticator is missing
	// - table throttle is missing
	// - table factor is missing
	// - table recovery_code is missing
	// - table user_password is missing
	// - table invoices is missing
	// 0 differences
}
