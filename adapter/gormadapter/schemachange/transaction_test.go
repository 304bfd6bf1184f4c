package schemachange_test

import (
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
)

// A plan takes locks and settings of a connection of its own, so it cannot be part of the
// application's transaction.
func TestNoPlanInATransaction(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		err := db.Transaction(func(tx *gorm.DB) error {
			a := adapter(t, tx)
			for name, plan := range map[string]func() error{
				"Diff":  func() error { _, err := schemachange.Diff(t.Context(), a); return err },
				"Apply": func() error { _, err := schemachange.Apply(t.Context(), a); return err },
			} {
				if err := plan(); err == nil || !strings.Contains(err.Error(), "made on a transaction") {
					t.Errorf("%s: got %v", name, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if db.Migrator().HasTable("user") {
			t.Error("there is a table user")
		}
		apply(t, adapter(t, db))
	})
}
