package sqlite_test

import (
	"slices"
	"testing"
)

type document struct {
	ID       int
	Name     string `gorm:"uniqueIndex:documents_live,where:deleted = 0"`
	Deleted  bool
	Title    string `gorm:"index:documents_title,length:10,type:btree,comment:it's first,sort:desc,collate:nocase"`
	Language string `gorm:"index:documents_language,expression:lower(language)"`
	Number   int    `gorm:"uniqueIndex:documents_number,option:WHERE number > 0"`
}

// CREATE INDEX of SQLite has a WHERE (https://www.sqlite.org/partialindex.html), and neither
// lengths nor comments nor types.
func TestCreateIndex(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	if got := autoMigrate(t, db, &document{}); len(got) != 5 {
		t.Fatalf("got %q, want a table and four indexes", got)
	}
	if got := autoMigrate(t, db, &document{}); len(got) > 0 {
		t.Errorf("second run: %q", got)
	}
	for name, want := range map[string]string{
		"documents_live":     "CREATE UNIQUE INDEX `documents_live` ON `documents`(`name`) WHERE deleted = 0",
		"documents_title":    "CREATE INDEX `documents_title` ON `documents`(`title` COLLATE nocase desc)",
		"documents_language": "CREATE INDEX `documents_language` ON `documents`(lower(language))",
		"documents_number":   "CREATE UNIQUE INDEX `documents_number` ON `documents`(`number`) WHERE number > 0",
	} {
		if got := value[string](t, db, "SELECT sql FROM sqlite_master WHERE name = ?", name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	deleted := []document{{Name: "a", Deleted: true}, {Name: "a", Deleted: true}, {Name: "a"}}
	if err := db.Create(&deleted).Error; err != nil {
		t.Errorf("a deleted document with the same name: %v", err)
	}
	if err := db.Create(&document{Name: "a"}).Error; err == nil {
		t.Error("two documents have the same name")
	}
}

func TestCreateIndexWithoutTag(t *testing.T) {
	t.Parallel()
	m := openFile(t).Migrator()
	for _, err := range []error{
		m.CreateIndex(&document{}, "nothing"), m.CreateIndex("documents", "documents_live"),
	} {
		if err == nil {
			t.Error("an index that no tag describes was created")
		}
	}
}

// A partial unique index is an index of the table, and no constraint of the column.
func TestGetIndexesReturnsPartialIndexes(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	autoMigrate(t, db, &document{})
	indexes, err := db.Migrator().GetIndexes(&document{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, index := range indexes {
		got[index.Name()] = index.Columns()
	}
	for name, columns := range map[string][]string{
		"documents_live": {"name"}, "documents_title": {"title"}, "documents_language": {""},
		"documents_number": {"number"},
	} {
		if !slices.Equal(got[name], columns) {
			t.Errorf("%s: got columns %q, want %q", name, got[name], columns)
		}
	}
	type document struct {
		ID   int
		Name string `gorm:"unique"`
	}
	if m := db.Migrator(); m.HasConstraint(&document{}, "uni_documents_name") {
		t.Error("the partial index counts as a unique constraint")
	}
	if got := autoMigrate(t, db, &document{}); len(got) != 1 {
		t.Errorf("got %q, want the unique index over all rows", got)
	}
}
