package schemachange_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// person has a field for each kind of tag.
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

func TestEveryTag(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		a := newAdapter(t, d.open(t, gorm.Config{}), gormadapter.WithUser[person]())
		mustApply(t, a, &team{})
		expectNoChanges(t, a, &team{})
	})
}

// No difference after Migrate and AutoMigrate means that a tag means the same here as to GORM. Only
// the join table is missing: the adapter's Migrate does not create it.
func TestEveryTagAfterMigrate(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		db := d.open(t, gorm.Config{})
		a := newAdapter(t, db, gormadapter.WithUser[person]())
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
	userWithJoined struct {
		gormadapter.User
		Joined time.Time `gorm:"not null;default:CURRENT_TIMESTAMP"`
	}
	userWithJoinedMySQL struct {
		gormadapter.User
		Joined time.Time `gorm:"not null;default:CURRENT_TIMESTAMP(3)"` // MySQL wants the column's precision
	}
)

// The usual type and default of a time make no difference, whoever created the table.
func TestCurrentTimestampDefault(t *testing.T) {
	t.Parallel()
	forEachDatabase(t, func(t *testing.T, d database) {
		for prefix, create := range map[string]func(*gormadapter.Adapter) error{
			"migrated_": func(a *gormadapter.Adapter) error { return a.Migrate(t.Context()) },
			"applied_": func(a *gormadapter.Adapter) error {
				_, err := schemachange.Apply(t.Context(), a)
				return err
			},
		} {
			user := gormadapter.WithUser[userWithJoined]()
			if d.dialect == "mysql" {
				user = gormadapter.WithUser[userWithJoinedMySQL]()
			}
			naming := schema.NamingStrategy{TablePrefix: prefix}
			a := newAdapter(t, d.open(t, gorm.Config{NamingStrategy: naming}), user)
			if err := create(a); err != nil {
				t.Fatal(err)
			}
			expectNoChanges(t, a)
		}
	})
}
