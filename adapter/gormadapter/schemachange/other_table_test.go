package schemachange_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
)

// member is a user in a table of the application.
type member struct{ gormadapter.User }

func (member) TableName() string { return "members" }

// A command that does not know where the users are leaves the foreign keys of existing tables as
// they are, unless it is asked to move them.
func TestForeignKeysToAnotherTable(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		mustApply(t, newAdapter(t, db, gormadapter.WithUser[member]()))
		app := schemachange.App{Open: func(opts ...gormadapter.Option) (*gormadapter.Adapter, error) {
			return gormadapter.New(db, opts...)
		}}
		run := func(args ...string) (status int, output string) {
			var out bytes.Buffer
			return schemachange.Main(t.Context(), app, args, &out, &out), out.String()
		}
		const risk = "session_user_id_foreign of session leads to table members, and that of the entity to user"
		if status, out := run("diff"); status != 0 || !strings.Contains(out, risk) {
			t.Errorf("diff: %d %s", status, out)
		}
		if status, out := run("apply"); status != 1 || !strings.Contains(out, risk) ||
			!strings.Contains(out, "nothing was changed") {
			t.Errorf("apply: %d %s", status, out)
		}
		if db.Migrator().HasTable("user") {
			t.Error("apply has created a table")
		}
		if status, out := run("apply", "-other-table"); status != 0 {
			t.Errorf("apply -other-table: %d %s", status, out)
		}
		if status, out := run("check"); status != 0 {
			t.Errorf("check: %d %s", status, out)
		}
	})
}
