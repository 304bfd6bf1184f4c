package schemachange_test

import (
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// elsewhere is a naming strategy that knows the other schema, on MySQL the other database.
type elsewhere struct {
	schema.NamingStrategy
	schema string
}

// memberElsewhere and badge are in the other schema, all other tables are in the default one.
type (
	memberElsewhere struct {
		gormadapter.User
		Nick *string `gorm:"size:40;uniqueIndex:members_nick"`
	}
	memberLater struct {
		gormadapter.User
		Nick  *string `gorm:"size:60;uniqueIndex:members_nick"`
		Level int     `gorm:"not null;default:1;check:members_level,level > 0"`
	}
	badge struct {
		ID       int64
		MemberID string `gorm:"size:255;not null"`
		Member   *memberElsewhere
	}
)

func (memberElsewhere) TableName(namer schema.Namer) string {
	return namer.(elsewhere).schema + ".members"
}
func (memberLater) TableName(namer schema.Namer) string { return namer.(elsewhere).schema + ".members" }
func (badge) TableName(namer schema.Namer) string       { return namer.(elsewhere).schema + ".badges" }

// The users' table has a schema of PostgreSQL, or a database of MySQL, in front of its name.
func TestUsersElsewhere(t *testing.T) {
	t.Parallel()
	for name, newDatabase := range map[string]func(testing.TB) database{
		"PostgreSQL": newPostgres, "MariaDB": newMariaDB, "MySQL": newMySQL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := newDatabase(t).open(t, gorm.Config{}).Migrator().CurrentDatabase() // dropped last
			d := newDatabase(t)
			if d.dialect == "postgres" {
				other = "app"
			}
			open := func() *gorm.DB {
				naming := elsewhere{schema.NamingStrategy{SingularTable: true}, other}
				return d.open(t, gorm.Config{NamingStrategy: naming})
			}
			a := newAdapter(t, open(), gormadapter.WithUser[memberElsewhere]())
			mustApply(t, a, &badge{})
			expectNoChanges(t, a, &badge{})
			if err := a.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			u := createSignedInUser(t, a, "one")

			later := newAdapter(t, open(), gormadapter.WithUser[memberLater]())
			mustApply(t, later)
			expectNoChanges(t, later)
			if s, err := later.Session(t.Context(), "one"); err != nil || s.UserID != u.ID {
				t.Errorf("session: got %v and %v", s, err)
			}
			if err := later.DeleteUser(t.Context(), u.ID); err != nil {
				t.Error(err)
			}
			if got := queryValue[int](t, later.DB(), "SELECT count(*) FROM account"); got != 0 {
				t.Errorf("got %d accounts after the deletion, want none", got)
			}
		})
	}
}
