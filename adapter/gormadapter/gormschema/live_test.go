package gormschema_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/gormschema"
	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// A database that MikroORM made becomes Cardea's, rows and all.
func TestMikroORMsDatabase(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		file := map[string]string{"postgres": "postgresql"}[d.dialect]
		if file == "" {
			file = d.dialect
		}
		script, err := os.ReadFile("testdata/mikroorm/" + file + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		db := d.open(t, gorm.Config{})
		runScript(t, db, string(script))
		a := adapter(t, db)
		u := signedIn(t, a, "one")
		p := apply(t, a)
		if !slices.Contains(p.Differences, "foreign key session_user_id_foreign of session is another") {
			t.Errorf("got %q", p.Differences)
		}
		if got, want := settled(t, a).Extra, []string{"default of column user.email"}; !slices.Equal(got, want) {
			t.Errorf("extra: got %q, want %q", got, want)
		}
		if s, err := a.Session(t.Context(), "one"); err != nil || s.User.ID != u.ID {
			t.Errorf("session: got %v and %v", s, err)
		}
		runScript(t, db, p.DownScript())
		if again := apply(t, a); !slices.Equal(again.Differences, p.Differences) {
			t.Errorf("after the way back: got %q, want %q", again.Differences, p.Differences)
		}
	})
}

func TestPrefixesAndSchemas(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		prefixes := []string{"", "one_", "two_"}
		if d.dialect == "postgres" {
			prefixes = append(prefixes, "auth.", "other.x_")
		}
		for _, prefix := range prefixes {
			a := adapter(t, d.open(t, gorm.Config{NamingStrategy: schema.NamingStrategy{TablePrefix: prefix}}))
			if p := apply(t, a); len(p.Up) == 0 {
				t.Errorf("prefix %q: nothing was done", prefix)
			}
			settled(t, a)
			signedIn(t, a, "one")
		}
	})
}

// PostgreSQL writes a check differently after a dump has told it its own words.
func TestCheckAfterDump(t *testing.T) {
	t.Parallel()
	db := newPostgres(t).open(t, gorm.Config{})
	a := adapter(t, db, gormadapter.WithUser[withEnum]())
	apply(t, a)
	for range 2 {
		check := value[string](t, db, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'user_role'")
		exec(t, db, `ALTER TABLE "user" DROP CONSTRAINT user_role, ADD CONSTRAINT user_role `+check)
		settled(t, a)
	}
}

// numbered is a table whose keys the database counts.
type numbered struct {
	ID   int64
	Name string `gorm:"size:40;not null;default:a"`
}

type renumbered struct {
	ID   int64
	Name string `gorm:"size:40;not null;default:b"`
}

func (renumbered) TableName() string { return "numbereds" }

// A number of a deleted row is not given again because the table was rebuilt.
func TestNumbersGoOn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := adapter(t, db)
		apply(t, a, &numbered{})
		if err := db.Create(&[]numbered{{}, {}, {}}).Error; err != nil {
			t.Fatal(err)
		}
		exec(t, db, "DELETE FROM numbereds")
		if p := apply(t, a, &renumbered{}); len(p.Up) == 0 {
			t.Error("nothing was done")
		}
		settled(t, a, &renumbered{})
		row := renumbered{Name: "z"}
		if err := db.Create(&row).Error; err != nil {
			t.Fatal(err)
		}
		if row.ID <= 3 {
			t.Errorf("got number %d a second time", row.ID)
		}
	})
}

// What Atlas does not read from a definition a rebuild would lose, so there is none.
func TestNoRebuildThatLoses(t *testing.T) {
	t.Parallel()
	for name, definition := range map[string]string{
		"collate": "email text COLLATE NOCASE", "conflict": "email text UNIQUE ON CONFLICT IGNORE",
		"deferrable": "email text, boss text REFERENCES user (id) DEFERRABLE INITIALLY DEFERRED",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newSQLite(t).open(t, gorm.Config{})
			columns, constraint, _ := strings.Cut(definition, ", ")
			exec(t, db, "CREATE TABLE user (id text NOT NULL PRIMARY KEY, name text, "+columns+
				", email_verified datetime, image text, other text DEFAULT 'collate' /* match */"+
				strings.TrimSuffix(", "+constraint, ", ")+")")
			apply(t, adapter(t, db, gormadapter.WithUser[withNullable]())) // a column more takes no rebuild
			_, err := gormschema.Apply(t.Context(), adapter(t, db, gormadapter.WithUser[withEnum]()))
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), name+" would be lost") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPrimaryKeyStays(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		exec(t, db, "CREATE TABLE verification_token (token varchar(255) NOT NULL, identifier varchar(255) NOT "+
			"NULL, PRIMARY KEY (identifier, token))")
		_, err := gormschema.Apply(t.Context(), adapter(t, db))
		if err == nil || !strings.Contains(err.Error(), "primary key is (identifier, token), the entity's (token)") {
			t.Errorf("got %v", err)
		}
		if db.Migrator().HasTable("user") {
			t.Error("the other tables were made")
		}
	})
}

// A new column that is not null and has no default cannot be had by rows that are there.
func TestNotNullWithoutDefault(t *testing.T) {
	t.Parallel()
	type strict struct {
		gormadapter.User
		Must string `gorm:"size:20;not null"`
	}
	for name, newDatabase := range map[string]func(testing.TB) database{"SQLite": newSQLite, "PostgreSQL": newPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := newDatabase(t).open(t, gorm.Config{})
			a := adapter(t, db)
			apply(t, a)
			if err := a.CreateUser(t.Context(), &cardea.User{ID: "1"}); err != nil {
				t.Fatal(err)
			}
			if _, err := gormschema.Apply(t.Context(), adapter(t, db, gormadapter.WithUser[strict]())); err == nil {
				t.Error("the column was added")
			}
			if _, err := a.UserByID(t.Context(), "1"); err != nil {
				t.Error(err)
			}
		})
	}
}

// One connection is all there is of a database in memory.
func TestMemory(t *testing.T) {
	t.Parallel()
	a, err := gormadapter.Open(gormadapter.Options{Driver: sqlite.Driver, DBName: ":memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	apply(t, a)
	signedIn(t, a, "one")
	a2 := adapter(t, a.DB(), gormadapter.WithUser[withEnum]())
	if p := apply(t, a2); !strings.Contains(p.Script(), "DROP TABLE") {
		t.Errorf("no rebuild in\n%s", p.Script())
	}
	if s, err := a2.Session(t.Context(), "one"); err != nil || s.Expires.Before(time.Now()) {
		t.Errorf("got %v and %v", s, err)
	}
	if value[int](t, a.DB(), "PRAGMA foreign_keys") != 1 {
		t.Error("foreign keys stay off")
	}
}
