package schemachange_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// person has one of everything that a tag can say.
type person struct {
	gormadapter.User
	Role     string  `gorm:"size:20;not null;default:ADMIN;check:person_role,role IN ('ADMIN', 'TRIAL')"`
	Phone    *string `gorm:"size:40;unique"`
	Nick     *string `gorm:"size:40;uniqueIndex"`
	Level    int     `gorm:"not null;default:10;index:,sort:desc"`
	Active   bool    `gorm:"not null;default:true"`
	Balance  float64 `gorm:"precision:10;scale:2;not null;default:0"`
	Note     *string
	Seen     *time.Time
	Key      []byte `gorm:"size:64"`
	Small    uint8
	Quote    string  `gorm:"size:20;not null;default:it's"`
	Empty    string  `gorm:"size:20;not null;default:''"`
	BossID   *string `gorm:"size:255"`
	Boss     *person
	TeamID   *int64
	Team     *team
	Likes    []team                          `gorm:"many2many:likes"`
	Sessions []gormadapter.SessionOf[person] `gorm:"foreignKey:UserID;constraint:session_user_id_foreign,OnUpdate:CASCADE,OnDelete:CASCADE"`
}

type team struct {
	ID   int64
	Name string `gorm:"size:40;not null;uniqueIndex"`
}

// Nothing to do after Migrate and AutoMigrate means that what the tags say is understood as GORM
// understands it.
func TestEveryTag(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		a := adapter(t, d.open(t, gorm.Config{}), gormadapter.WithUser[person]())
		apply(t, a, &team{})
		settled(t, a, &team{})
	})
}

func TestEveryTagAfterMigrate(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := adapter(t, db, gormadapter.WithUser[person]())
		if err := db.AutoMigrate(&team{}); err != nil {
			t.Fatal(err)
		}
		if err := a.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		p, err := schemachange.Diff(t.Context(), a, &team{})
		if err != nil {
			t.Fatal(err)
		}
		if want := "table likes is missing"; strings.Join(p.Differences, "\n") != want {
			t.Errorf("got %q, want %q\n%s", p.Differences, want, p.Script())
		}
	})
}

type (
	newcomer struct {
		gormadapter.User
		Joined time.Time `gorm:"not null;default:CURRENT_TIMESTAMP"`
	}
	newcomerOfMySQL struct {
		gormadapter.User
		Joined time.Time `gorm:"not null;default:CURRENT_TIMESTAMP(3)"` // MySQL wants the precision of the column
	}
)

// The usual type of a time, with the usual default.
func TestDefaultNow(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		for prefix, create := range map[string]func(*gormadapter.Adapter) error{
			"migrated_": func(a *gormadapter.Adapter) error { return a.Migrate(t.Context()) },
			"planned_":  func(a *gormadapter.Adapter) error { _, err := schemachange.Apply(t.Context(), a); return err },
		} {
			user := gormadapter.WithUser[newcomer]()
			if d.dialect == "mysql" {
				user = gormadapter.WithUser[newcomerOfMySQL]()
			}
			a := adapter(t, d.open(t, gorm.Config{NamingStrategy: schema.NamingStrategy{TablePrefix: prefix}}), user)
			if err := create(a); err != nil {
				t.Fatal(err)
			}
			settled(t, a)
		}
	})
}

// Three ages of a user entity.
type (
	second struct {
		gormadapter.User
		Nick  *string `gorm:"size:40"`
		Level int     `gorm:"not null;default:10"`
		Phone *string `gorm:"size:40;uniqueIndex:user_phone_unique"`
		Role  string  `gorm:"size:20;not null;default:ADMIN;check:user_role,role IN ('ADMIN', 'TRIAL')"`

		BossID *string `gorm:"size:255"`
		Boss   *second
	}
	third struct {
		gormadapter.User
		Nick  *string `gorm:"size:40"`
		Level int     `gorm:"not null;default:20"`
		Phone *string `gorm:"size:40;uniqueIndex:user_phone_unique"`
		Role  string  `gorm:"size:20;not null;default:TRIAL;check:user_role,role IN ('ADMIN', 'TRIAL', 'GUEST')"`

		BossID *string `gorm:"size:255"`
		Boss   *third
	}
)

// signedIn creates a user with a session and an account.
func signedIn(t testing.TB, a *gormadapter.Adapter, token string) *cardea.User {
	t.Helper()
	u := &cardea.User{Name: "Ada", Email: token + "@example.com"}
	if err := a.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if err := a.LinkAccount(t.Context(), &cardea.Account{UserID: u.ID, Type: "oauth", Provider: "github",
		ProviderAccountID: token}); err != nil {
		t.Fatal(err)
	}
	if err := a.CreateSession(t.Context(),
		&cardea.Session{Token: token, UserID: u.ID, Expires: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	return u
}

// byHand is what an application may have done to the tables without telling its entities.
func byHand(t testing.TB, db *gorm.DB, dialect string) (extra []string) {
	q, collate := "`", ""
	switch dialect {
	case "postgres":
		q = `"`
	case "mariadb":
		collate = " COLLATE utf8mb4_nopad_bin" // that of the key
	case "mysql":
		collate = " COLLATE utf8mb4_0900_bin"
	}
	user := q + "user" + q
	exec(t, db, "ALTER TABLE "+user+" ADD COLUMN legacy varchar(20) DEFAULT 'old'",
		"CREATE INDEX legacy_index ON "+user+" (legacy)",
		"CREATE TABLE invoice (id integer PRIMARY KEY, user_id varchar(255)"+collate+
			" NOT NULL, FOREIGN KEY (user_id) REFERENCES "+user+" (id) ON DELETE CASCADE)",
		"CREATE VIEW people AS SELECT id, legacy FROM "+user)
	extra = []string{"column user.legacy", "index legacy_index of user"}
	switch dialect {
	case "sqlite":
		exec(t, db, "CREATE INDEX legacy_some ON user (lower(legacy) DESC) WHERE legacy <> 'where'",
			"CREATE TABLE log (what text)",
			"CREATE TRIGGER legacy_log AFTER UPDATE ON user BEGIN INSERT INTO log VALUES (new.id); END")
		extra = append(extra, "index legacy_some of user", "trigger legacy_log of user")
	case "postgres":
		exec(t, db, `ALTER TABLE "user" ADD CONSTRAINT legacy_check CHECK (legacy <> 'new')`)
		extra = append(extra, "check legacy_check of user")
	}
	return extra
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := adapter(t, db)
		apply(t, a)
		u := signedIn(t, a, "one")
		extra := byHand(t, db, d.dialect)
		exec(t, db, "INSERT INTO invoice VALUES (1, '"+u.ID+"')")
		intact := func(when string) {
			t.Helper()
			if s, err := a.Session(t.Context(), "one"); err != nil || s.UserID != u.ID {
				t.Errorf("%s: session: got %v and %v", when, s, err)
			}
			if _, err := a.UserByAccount(t.Context(), "github", "one"); err != nil {
				t.Errorf("%s: account: %v", when, err)
			}
			if got := value[string](t, db, "SELECT legacy FROM people"); got != "old" {
				t.Errorf("%s: legacy: got %q, want old", when, got)
			}
			if got := value[int](t, db, "SELECT count(*) FROM invoice"); got != 1 {
				t.Errorf("%s: got %d invoices, want 1", when, got)
			}
			if err := db.Exec("INSERT INTO invoice VALUES (2, 'nobody')").Error; err == nil {
				t.Errorf("%s: an invoice of nobody was taken", when)
			}
			p, err := schemachange.Diff(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range extra {
				if !slices.Contains(p.Extra, e) {
					t.Errorf("%s: %q is not in %q", when, e, p.Extra)
				}
			}
			if d.dialect == "sqlite" {
				exec(t, db, "UPDATE user SET name = 'Ada'", "DELETE FROM log WHERE what = '"+u.ID+"'")
				if got := value[int](t, db, "SELECT count(*) FROM log WHERE what <> '"+u.ID+"'"); got != 0 {
					t.Errorf("%s: the trigger wrote %d others", when, got)
				}
			}
		}
		intact("at first")

		a2 := adapter(t, db, gormadapter.WithUser[second]())
		added := apply(t, a2)
		intact("with columns")
		settled(t, a2)
		if got := value[string](t, db, "SELECT role FROM "+quoted(d, "user")); got != "ADMIN" {
			t.Errorf("role: got %q, want ADMIN", got)
		}

		a3 := adapter(t, db, gormadapter.WithUser[third]())
		changed := apply(t, a3)
		intact("with other defaults")
		settled(t, a3)
		want := []string{
			"column user.level has a different default", "column user.role has a different default",
			"check user_role of user is different",
		}
		if !slices.Equal(changed.Differences, want) {
			t.Errorf("got differences %q, want %q", changed.Differences, want)
		}
		if got := value[int](t, db, "SELECT level FROM "+quoted(d, "user")); got != 10 {
			t.Errorf("level of an old row: got %d, want 10", got)
		}
		exec(t, db, "INSERT INTO "+quoted(d, "user")+" (id) VALUES ('new')")
		if got := value[string](t, db, "SELECT role FROM "+quoted(d, "user")+" WHERE id = 'new'"); got != "TRIAL" {
			t.Errorf("role of a new row: got %q, want TRIAL", got)
		}
		if err := db.Exec("UPDATE " + quoted(d, "user") + " SET role = 'KING'").Error; err == nil {
			t.Error("the check does not hold")
		}
		exec(t, db, "DELETE FROM "+quoted(d, "user")+" WHERE id = 'new'")

		runScript(t, db, changed.DownScript())
		settled(t, a2)
		runScript(t, db, added.DownScript())
		intact("back")
		settled(t, a)
		if db.Migrator().HasColumn(&second{}, "level") {
			t.Error("the column level is still there")
		}
	})
}

func quoted(d database, name string) string {
	if d.dialect == "postgres" {
		return `"` + name + `"`
	}
	return "`" + name + "`"
}

// runScript runs a script on one connection, statement by statement.
func runScript(t testing.TB, db *gorm.DB, script string) {
	t.Helper()
	err := db.Connection(func(db *gorm.DB) error {
		for statement := range strings.SplitSeq(script, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if err := db.Exec(statement).Error; err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
