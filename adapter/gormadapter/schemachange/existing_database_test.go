package schemachange_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// A database that MikroORM created is changed to Cardea's schema and keeps its rows.
func TestMikroORMDatabase(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		file := d.dialect
		if file == "postgres" {
			file = "postgresql" // MikroORM's name
		}
		script, err := os.ReadFile("testdata/mikroorm/" + file + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		db := d.open(t, gorm.Config{})
		runScript(t, db, string(script))
		a := newAdapter(t, db)
		u := createSignedInUser(t, a, "one")
		p := mustApply(t, a)
		const changed = "foreign key session_user_id_foreign of session is different: (user_id) to user (id), on "
		if !slices.ContainsFunc(p.Differences, func(d string) bool {
			return strings.HasPrefix(d, changed) &&
				strings.HasSuffix(d, ", want (user_id) to user (id), on update cascade, on delete cascade")
		}) {
			t.Errorf("got %q", p.Differences)
		}
		want := []string{"default of column user.email"}
		if got := expectNoChanges(t, a).Extra; !slices.Equal(got, want) {
			t.Errorf("extra: got %q, want %q", got, want)
		}
		if s, err := a.Session(t.Context(), "one"); err != nil || s.User.ID != u.ID {
			t.Errorf("session: got %v and %v", s, err)
		}
		runScript(t, db, p.DownScript())
		if got := mustApply(t, a).Differences; !slices.Equal(got, p.Differences) {
			t.Errorf("after the undo statements: got %q, want %q", got, p.Differences)
		}
	})
}

// Several sets of tables in one database do not disturb each other.
func TestPrefixesAndSchemas(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		prefixes := []string{"", "one_", "two_"}
		if d.dialect == "postgres" {
			prefixes = append(prefixes, "auth.", "other.x_")
		}
		if d.dialect == "mysql" || d.dialect == "mariadb" {
			other := newDatabaseName()
			mustExec(t, d.open(t, gorm.Config{}), "CREATE DATABASE "+other)
			t.Cleanup(func() { mustExec(t, d.open(t, gorm.Config{}), "DROP DATABASE "+other) })
			prefixes = append(prefixes, other+".", other+".x_")
		}
		for _, prefix := range prefixes {
			naming := schema.NamingStrategy{TablePrefix: prefix}
			a := newAdapter(t, d.open(t, gorm.Config{NamingStrategy: naming}))
			if p := mustApply(t, a); len(p.Up) == 0 {
				t.Errorf("prefix %q: nothing changed", prefix)
			}
			expectNoChanges(t, a)
			createSignedInUser(t, a, "one")
		}
	})
}

// PostgreSQL writes a check in another way after it was created again from PostgreSQL's own text,
// as when a dump is restored. Both ways are the same check.
func TestCheckAfterDump(t *testing.T) {
	t.Parallel()
	db := newPostgres(t).open(t, gorm.Config{})
	a := newAdapter(t, db, gormadapter.WithUser[userWithCheck]())
	mustApply(t, a)
	for range 2 {
		check := queryValue[string](t, db,
			"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'user_role'")
		mustExec(t, db, `ALTER TABLE "user" DROP CONSTRAINT user_role, ADD CONSTRAINT user_role `+check)
		expectNoChanges(t, a)
	}
}

// Two versions of a table whose IDs the database assigns.
type (
	counted struct {
		ID   int64
		Name string `gorm:"size:40;not null;default:a"`
	}
	countedV2 struct {
		ID   int64
		Name string `gorm:"size:40;not null;default:b"`
	}
)

func (countedV2) TableName() string { return "counteds" }

// After a change the ID of a deleted row is not used again, although SQLite rebuilds the table.
func TestAutoIncrementContinues(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := newAdapter(t, db)
		mustApply(t, a, &counted{})
		if err := db.Create(&[]counted{{}, {}, {}}).Error; err != nil {
			t.Fatal(err)
		}
		mustExec(t, db, "DELETE FROM counteds")
		if p := mustApply(t, a, &countedV2{}); len(p.Up) == 0 {
			t.Error("nothing changed")
		}
		expectNoChanges(t, a, &countedV2{})
		row := countedV2{Name: "z"}
		if err := db.Create(&row).Error; err != nil {
			t.Fatal(err)
		}
		if row.ID <= 3 {
			t.Errorf("got ID %d, want one that was never used", row.ID)
		}
	})
}

// A rebuild would lose the parts of a definition that Atlas does not read. Then Apply fails, and
// says which part.
func TestRebuildThatLosesIsRefused(t *testing.T) {
	t.Parallel()
	for word, definition := range map[string]string{
		"collate":    "email text COLLATE NOCASE",
		"conflict":   "email text UNIQUE ON CONFLICT IGNORE",
		"deferrable": "email text, boss text REFERENCES user (id) DEFERRABLE INITIALLY DEFERRED",
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			db := newSQLite(t).open(t, gorm.Config{})
			mustExec(t, db, "CREATE TABLE user (id text NOT NULL PRIMARY KEY, name text, "+
				"email_verified datetime, image text, other text DEFAULT 'collate' /* match */, "+definition+")")
			// A new column needs no rebuild.
			mustApply(t, newAdapter(t, db, gormadapter.WithUser[userWithNick]()))
			_, err := schemachange.Apply(t.Context(), newAdapter(t, db, gormadapter.WithUser[userWithCheck]()))
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), word+" would be lost") {
				t.Errorf("got %v, want an error that says what would be lost", err)
			}
		})
	}
}

func TestOtherPrimaryKeyIsRefused(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		mustExec(t, db, "CREATE TABLE verification_token (token varchar(255) NOT NULL, "+
			"identifier varchar(255) NOT NULL, PRIMARY KEY (identifier, token))")
		_, err := schemachange.Apply(t.Context(), newAdapter(t, db))
		if err == nil || !strings.Contains(err.Error(), "primary key is (identifier, token), the entity's (token)") {
			t.Errorf("got %v, want an error with both keys", err)
		}
		if db.Migrator().HasTable("user") {
			t.Error("the other tables were created")
		}
	})
}

// A new column that is NOT NULL and has no default cannot be added to a table that has rows.
func TestNotNullWithoutDefault(t *testing.T) {
	t.Parallel()
	type userWithRequired struct {
		gormadapter.User
		Required string `gorm:"size:20;not null"`
	}
	for name, newDatabase := range map[string]func(testing.TB) database{
		"SQLite": newSQLite, "PostgreSQL": newPostgres,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newDatabase(t).open(t, gorm.Config{})
			a := newAdapter(t, db)
			mustApply(t, a)
			if err := a.CreateUser(t.Context(), &cardea.User{ID: "1"}); err != nil {
				t.Fatal(err)
			}
			a2 := newAdapter(t, db, gormadapter.WithUser[userWithRequired]())
			if _, err := schemachange.Apply(t.Context(), a2); err == nil {
				t.Error("the column was added")
			}
			if _, err := a.UserByID(t.Context(), "1"); err != nil {
				t.Error(err)
			}
		})
	}
}

// A database in memory has one connection only, so a plan must not need a second one.
func TestInMemoryDatabase(t *testing.T) {
	t.Parallel()
	a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	mustApply(t, a)
	createSignedInUser(t, a, "one")
	a2 := newAdapter(t, a.DB(), gormadapter.WithUser[userWithCheck]())
	if p := mustApply(t, a2); !strings.Contains(p.Script(), "DROP TABLE") {
		t.Errorf("no table is rebuilt in\n%s", p.Script())
	}
	if s, err := a2.Session(t.Context(), "one"); err != nil || s.Expires.Before(time.Now()) {
		t.Errorf("session: got %v and %v", s, err)
	}
	if queryValue[int](t, a.DB(), "PRAGMA foreign_keys") != 1 {
		t.Error("foreign keys stay off")
	}
}
