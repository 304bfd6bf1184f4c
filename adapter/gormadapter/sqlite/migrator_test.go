package sqlite_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// written records the statements that write.
type written struct {
	logger.Interface
	mu         sync.Mutex
	statements []string
}

func (w *written) LogMode(logger.LogLevel) logger.Interface { return w }

func (w *written) Trace(_ context.Context, _ time.Time, fc func() (string, int64), _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if sql, _ := fc(); !strings.HasPrefix(sql, "SELECT") {
		w.statements = append(w.statements, sql)
	}
}

// autoMigrate runs AutoMigrate and returns the statements that wrote.
func autoMigrate(t *testing.T, db *gorm.DB, entities ...any) []string {
	t.Helper()
	w := &written{Interface: logger.Discard}
	if err := db.Session(&gorm.Session{Logger: w}).AutoMigrate(entities...); err != nil {
		t.Fatal(err)
	}
	return w.statements
}

type team struct {
	ID string `gorm:"primaryKey;not null"`
}

// member has a column of every kind that GORM's general migrator is known to take for changed.
type member struct {
	ID      string  `gorm:"primaryKey;size:255;not null"`
	Name    string  `gorm:"size:100;not null;default:nobody"`
	Quoted  string  `gorm:"default:it's"`
	Empty   string  `gorm:"not null;default:''"`
	Active  bool    `gorm:"not null;default:true"`
	Score   float64 `gorm:"default:1.5"`
	Number  int     `gorm:"default:7"`
	Raw     []byte
	Joined  time.Time `gorm:"default:CURRENT_TIMESTAMP"`
	Left    *time.Time
	Made    string `gorm:"default:(lower('X'))"`
	Email   string `gorm:"unique"`
	Role    string `gorm:"check:known_role,role IN ('A','B');default:A"`
	TeamID  *string
	Team    *team  `gorm:"constraint:OnDelete:SET NULL"`
	Decimal string `gorm:"type:decimal(10,2)"`
}

func TestAutoMigrateTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	if got := autoMigrate(t, db, &team{}, &member{}); len(got) != 2 {
		t.Fatalf("got %q, want two tables", got)
	}
	for range 2 {
		if got := autoMigrate(t, db, &team{}, &member{}); len(got) > 0 {
			t.Errorf("second run: %q", got)
		}
		// If there are rows, the driver describes columns differently.
		if err := db.Create(&member{ID: time.Now().String(), Email: time.Now().String(),
			Decimal: "1"}).Error; err != nil {
			t.Fatal(err)
		}
	}
}

func TestAddColumns(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	for _, sql := range []string{
		"CREATE TABLE members (id text NOT NULL PRIMARY KEY)", "INSERT INTO members VALUES ('1')",
	} {
		if err := db.Exec(sql).Error; err != nil {
			t.Fatal(err)
		}
	}
	type member struct {
		ID     string  `gorm:"primaryKey;not null"`
		Role   string  `gorm:"not null;check:known_role,role IN ('A','B');default:A"`
		Email  *string `gorm:"unique"`
		TeamID *string
		Team   *team `gorm:"constraint:OnDelete:CASCADE"`
		Age    int   `gorm:"index"`
	}
	if err := db.AutoMigrate(&team{}, &member{}); err != nil {
		t.Fatal(err)
	}
	if got := autoMigrate(t, db, &team{}, &member{}); len(got) > 0 {
		t.Errorf("second run: %q", got)
	}
	if got := value[string](t, db, "SELECT role FROM members"); got != "A" {
		t.Errorf("old row: got role %q, want the default", got)
	}
	d := new(sqlite.Dialector)
	for sql, want := range map[string]error{
		"UPDATE members SET role = 'C'":                                 gorm.ErrCheckConstraintViolated,
		"UPDATE members SET team_id = 'nobody'":                         gorm.ErrForeignKeyViolated,
		"INSERT INTO members (id, email) VALUES ('2', 'x'), ('3', 'x')": gorm.ErrDuplicatedKey,
	} {
		if err := db.Exec(sql).Error; !errors.Is(d.Translate(err), want) {
			t.Errorf("%s: got %v, want %v", sql, err, want)
		}
	}
}

func TestColumnThatRowsCannotHave(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	if err := db.AutoMigrate(&team{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Create(&team{ID: "1"}).Error; err != nil {
		t.Fatal(err)
	}
	type team struct {
		ID   string `gorm:"primaryKey;not null"`
		Name string `gorm:"not null"`
	}
	if err := db.AutoMigrate(&team{}); err == nil || !strings.Contains(err.Error(), "NOT NULL") {
		t.Errorf("got %v, want an error about NOT NULL", err)
	}
}

// owner and pet show what a rebuild destroys: with foreign keys on, dropping the old table of
// owners deletes the pets.
type owner struct {
	ID   string `gorm:"primaryKey;not null"`
	Role string `gorm:"not null;default:A"`
}

type pet struct {
	ID      string `gorm:"primaryKey;not null"`
	OwnerID string
	Owner   *owner `gorm:"constraint:OnDelete:CASCADE"`
}

func TestRebuildsAreRefused(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	if err := db.AutoMigrate(&owner{}, &pet{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Create(&pet{ID: "1", Owner: &owner{ID: "1"}}).Error; err != nil {
		t.Fatal(err)
	}
	for name, entity := range rebuilds() {
		for where, migrate := range map[string]func() error{
			"outside a transaction": func() error { return db.Table("owners").AutoMigrate(entity) },
			"inside a transaction": func() error {
				return db.Transaction(func(tx *gorm.DB) error { return tx.Table("owners").AutoMigrate(entity) })
			},
		} {
			if err := migrate(); !errors.Is(err, sqlite.ErrRebuild) || !strings.Contains(err.Error(), "role") {
				t.Errorf("%s, %s: got %v, want ErrRebuild with the column's name", name, where, err)
			}
		}
	}
	m := db.Migrator()
	for name, err := range map[string]error{
		"AlterColumn":      m.AlterColumn(&owner{}, "Role"),
		"CreateConstraint": m.CreateConstraint(&pet{}, "Owner"),
		"DropConstraint":   m.DropConstraint(&pet{}, "Owner"),
	} {
		if !errors.Is(err, sqlite.ErrRebuild) {
			t.Errorf("%s: got %v, want ErrRebuild", name, err)
		}
	}
	if got := value[int](t, db, "SELECT count(*) FROM pets"); got != 1 {
		t.Errorf("got %d pets, want 1", got)
	}
}

func rebuilds() map[string]any {
	type otherDefault struct {
		ID   string `gorm:"primaryKey;not null"`
		Role string `gorm:"not null;default:B"`
	}
	type otherType struct {
		ID   string `gorm:"primaryKey;not null"`
		Role int    `gorm:"not null"`
	}
	type allowsNull struct {
		ID   string `gorm:"primaryKey;not null"`
		Role *string
	}
	return map[string]any{
		"another default": &otherDefault{}, "another type": &otherType{}, "allows null": &allowsNull{},
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	if err := db.AutoMigrate(&team{}, &member{}); err != nil {
		t.Fatal(err)
	}
	m := db.Migrator()
	for what, got := range map[string]bool{
		"table":             m.HasTable(&member{}),
		"table by name":     m.HasTable("members"),
		"column":            m.HasColumn(&member{}, "team_id"),
		"column by field":   m.HasColumn(&member{}, "TeamID"),
		"check":             m.HasConstraint(&member{}, "known_role"),
		"foreign key":       m.HasConstraint(&member{}, "Team"),
		"unique constraint": m.HasConstraint(&member{}, "uni_members_email"),
		"no table":          !m.HasTable("member"),
		"no column":         !m.HasColumn(&member{}, "nothing"),
		"no index":          !m.HasIndex(&member{}, "idx"),
		"no constraint":     !m.HasConstraint(&member{}, "nothing"),
	} {
		if !got {
			t.Errorf("%s: not so", what)
		}
	}
	tables, err := m.GetTables()
	slices.Sort(tables)
	if err != nil || !slices.Equal(tables, []string{"members", "teams"}) {
		t.Errorf("GetTables: got %q and %v", tables, err)
	}
	indexes, err := m.GetIndexes(&team{})
	if err != nil || len(indexes) != 1 || !slices.Equal(indexes[0].Columns(), []string{"id"}) {
		t.Errorf("GetIndexes: got %v and %v, want the primary key", indexes, err)
	}
}

func TestDropsThatNeedNoRebuild(t *testing.T) {
	t.Parallel()
	db := items(t)
	m := db.Migrator()
	for name, err := range map[string]error{
		"rename column": m.RenameColumn(&item{}, "kind", "sort"),
		"drop column":   m.DropColumn(&item{}, "sort"),
		"drop index":    m.DropIndex(&item{}, "idx_items_name"),
		"drop table":    m.DropTable("nothing"),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m.HasIndex(&item{}, "idx_items_name") || m.HasColumn("items", "kind") || m.HasColumn("items", "sort") {
		t.Error("something is still there")
	}
}
