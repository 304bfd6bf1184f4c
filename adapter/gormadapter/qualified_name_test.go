package gormadapter_test

import (
	"fmt"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// elsewhere is a naming strategy. It knows the schema, on MySQL the other database, of the tables
// that are not in the default one.
type elsewhere struct {
	schema.NamingStrategy
	schema string
}

// memberElsewhere is the only entity in the other schema. Its table has a name of its own.
type memberElsewhere struct {
	gormadapter.User
	Nick  *string `gorm:"size:40;uniqueIndex"`
	Phone *string `gorm:"size:40;unique"`
	Level int     `gorm:"not null;default:1;check:member_level,level > 0"`
}

func (memberElsewhere) TableName(namer schema.Namer) string {
	return namer.(elsewhere).schema + ".members"
}

// memberBefore is the same table before it had the application's columns.
type memberBefore struct{ gormadapter.User }

func (memberBefore) TableName(namer schema.Namer) string { return memberElsewhere{}.TableName(namer) }

// Tables whose names have a schema of PostgreSQL, or a database of MySQL, in front are found, in
// Migrate and in the deletion of a user, and tables of the same names elsewhere are not taken for
// them.
func TestQualifiedNames(t *testing.T) {
	t.Parallel()
	for _, e := range databases()[1:] {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				name             string
				all, foreignKeys bool
			}{
				{"of all tables", true, false}, {"of all tables, with foreign keys", true, true},
				{"of the users", false, false}, {"of the users, with foreign keys", false, true},
			} {
				t.Run(c.name, func(t *testing.T) {
					other := connect(t, dialectorOf(t, e.empty(t))).Migrator().CurrentDatabase() // dropped last
					o := e.empty(t)
					open := func() *gorm.DB { return connect(t, dialectorOf(t, o)) }
					db := open()
					if e.name == "PostgreSQL" {
						other = "app"
						must(t, db.Exec("CREATE SCHEMA app").Error)
					}
					namer := elsewhere{schema.NamingStrategy{SingularTable: true}, other}
					if c.all {
						namer.TablePrefix = other + "."
						newOn(t, open()) // which has tables of the same names
					}
					db.NamingStrategy, db.DisableForeignKeyConstraintWhenMigrating = namer, !c.foreignKeys
					newOn(t, db, gormadapter.WithUser[memberBefore]())
					a := newOn(t, db, gormadapter.WithUser[memberElsewhere]())
					must(t, db.Callback().Raw().Before("gorm:raw").Register("test", func(tx *gorm.DB) {
						t.Errorf("a second Migrate sends %s", tx.Statement.SQL.String())
					}))
					must(t, a.Migrate(t.Context()))
					must(t, db.Callback().Raw().Remove("test"))
					if !c.all && db.Migrator().HasTable("members") {
						t.Error("there are members in the default schema")
					}
					ada, kept := populated(t, a, "ada"), populated(t, a, "other")
					must(t, visit(t.Context(), a, "visitor"))
					must(t, a.DeleteUser(t.Context(), ada))
					prefix := namer.TablePrefix
					for table, want := range map[string]int{
						other + ".members": 1, prefix + "account": 1, prefix + "authenticator": 1,
						prefix + "session": 3,
					} {
						if got := count(t, a, table); got != want {
							t.Errorf("%s: got %d rows, want %d", table, got, want)
						}
					}
					must(t, second(a.UserByID(t.Context(), kept)))
					if e.name != "PostgreSQL" {
						expectBytewise(t, db, other, "members")
					}
				})
			}
		})
	}
}

// expectBytewise fails the test if a table does not have the collation of a table that is alone.
func expectBytewise(t *testing.T, db *gorm.DB, inSchema, table string) {
	t.Helper()
	var collations []string
	must(t, db.Raw("SELECT table_collation FROM information_schema.tables WHERE table_schema = ? AND table_name = ?",
		inSchema, table).Scan(&collations).Error)
	for _, strict := range strictest {
		if fmt.Sprint(collations) == fmt.Sprint([]string{strict}) {
			return
		}
	}
	t.Errorf("table %s has the collation %q", table, collations)
}
