package sqlite_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type item struct {
	ID    int
	Name  string `gorm:"uniqueIndex;not null"`
	Count int    `gorm:"check:positive,count >= 0"`
	Kind  string `gorm:"not null;default:(lower('PLAIN'))"`
}

func items(t *testing.T) *gorm.DB {
	t.Helper()
	db := openFile(t)
	if err := db.AutoMigrate(&item{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Create(&[]item{{Name: "a", Count: 1, Kind: "x"}, {Name: "b", Count: 2, Kind: "x"},
		{Name: "c", Count: 3, Kind: "x"}}).Error; err != nil {
		t.Fatal(err)
	}
	return db
}

func TestReturning(t *testing.T) {
	t.Parallel()
	db := items(t)
	created := item{Name: "d"}
	if err := db.Create(&created).Error; err != nil {
		t.Fatal(err)
	}
	if created.ID != 4 || created.Kind != "plain" {
		t.Errorf("got %+v, want what the database filled in", created)
	}
	var gone []item
	if err := db.Clauses(clause.Returning{}).Where("count > ?", 1).Delete(&gone).Error; err != nil {
		t.Fatal(err)
	}
	if len(gone) != 2 {
		t.Errorf("got %+v, want two", gone)
	}
	changed := item{ID: 1}
	if err := db.Model(&changed).Clauses(clause.Returning{}).Update("count",
		gorm.Expr("count + 10")).Error; err != nil {
		t.Fatal(err)
	}
	if changed.Count != 11 || changed.Name != "a" {
		t.Errorf("got %+v, want the whole row", changed)
	}
}

func TestOnConflict(t *testing.T) {
	t.Parallel()
	db := items(t)
	onName := []clause.Column{{Name: "name"}}
	if err := db.Clauses(clause.OnConflict{Columns: onName, DoNothing: true}).Create(&item{Name: "a",
		Count: 7}).Error; err != nil {
		t.Error(err)
	}
	update := clause.OnConflict{Columns: onName, DoUpdates: clause.AssignmentColumns([]string{"count"})}
	if err := db.Clauses(update).Create(&item{Name: "b", Count: 7}).Error; err != nil {
		t.Error(err)
	}
	if err := db.Clauses(clause.Insert{Modifier: "IGNORE"}).Create(&item{Name: "c", Count: 7}).Error; err != nil {
		t.Error(err)
	}
	if got := value[string](t, db, "SELECT group_concat(name || count) FROM items"); got != "a1,b7,c3" {
		t.Errorf("got %s, want a1,b7,c3", got)
	}
}

func TestInsertModifier(t *testing.T) {
	t.Parallel()
	dry := openFile(t).Session(&gorm.Session{DryRun: true})
	for modifier, want := range map[string]string{
		"": "INSERT INTO ", "IGNORE": "INSERT OR IGNORE INTO ", "OR IGNORE": "INSERT OR IGNORE INTO ",
		"or replace": "INSERT OR REPLACE INTO ",
	} {
		for _, table := range []string{"items", "attached.items"} {
			stmt := dry.Table(table).Clauses(clause.Insert{Modifier: modifier}).Create(&item{}).Statement
			want := want + stmt.Quote(table) + " "
			if got := stmt.SQL.String(); !strings.HasPrefix(got, want) {
				t.Errorf("%q: got %s, want %s", modifier, got, want)
			}
		}
	}
}

func TestLimitAndLocking(t *testing.T) {
	t.Parallel()
	db := items(t)
	for name, step := range map[string]struct {
		query *gorm.DB
		want  string
	}{
		"limit":         {db.Limit(2), "ab"},
		"limit, offset": {db.Limit(1).Offset(1), "b"},
		"offset":        {db.Offset(1), "bc"},
		"no limit":      {db.Limit(-1), "abc"},
		"for update":    {db.Clauses(clause.Locking{Strength: "UPDATE"}).Where("count < ?", 3), "ab"},
	} {
		var got []item
		if err := step.query.Order("id").Find(&got).Error; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var names strings.Builder
		for _, i := range got {
			names.WriteString(i.Name)
		}
		if names.String() != step.want {
			t.Errorf("%s: got %s, want %s", name, &names, step.want)
		}
	}
}

func TestTranslate(t *testing.T) {
	t.Parallel()
	type parent struct{ ID int }
	type child struct {
		ID       int
		ParentID int
		Parent   *parent
	}
	db := items(t)
	if err := db.AutoMigrate(&parent{}, &child{}); err != nil {
		t.Fatal(err)
	}
	for name, step := range map[string]struct{ err, want error }{
		"unique":      {db.Create(&item{Name: "a"}).Error, gorm.ErrDuplicatedKey},
		"primary key": {db.Create(&item{ID: 1, Name: "z"}).Error, gorm.ErrDuplicatedKey},
		"check":       {db.Create(&item{Name: "z", Count: -1}).Error, gorm.ErrCheckConstraintViolated},
		"foreign key": {db.Create(&child{ParentID: 7}).Error, gorm.ErrForeignKeyViolated},
	} {
		if got := new(sqlite.Dialector).Translate(step.err); !errors.Is(got, step.want) {
			t.Errorf("%s: got %v, want %v", name, got, step.want)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"user": "`user`", "user.id": "`user`.`id`", "user.*": "`user`.*", "`user`.`id`": "`user`.`id`", "a`b": "`a``b`",
		`a"b`: "`a\"b`",
	} {
		var got strings.Builder
		new(sqlite.Dialector).QuoteTo(&got, name)
		if got.String() != want {
			t.Errorf("%s: got %s, want %s", name, &got, want)
		}
	}
}

func TestSavepoints(t *testing.T) {
	t.Parallel()
	db := items(t)
	own := errors.New("own")
	if err := db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Transaction(func(tx *gorm.DB) error {
			if err := tx.Delete(&item{}, 1).Error; err != nil {
				return err
			}
			return own
		}); !errors.Is(err, own) {
			t.Errorf("got %v, want %v", err, own)
		}
		return tx.Delete(&item{}, 2).Error
	}); err != nil {
		t.Fatal(err)
	}
	if got := value[string](t, db, "SELECT group_concat(name) FROM items"); got != "a,c" {
		t.Errorf("got %s, want a,c", got)
	}
}
