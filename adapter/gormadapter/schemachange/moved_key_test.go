package schemachange_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"github.com/cardea-auth/cardea/adapter/gormadapter/schemachange"
	"gorm.io/gorm"
)

// book is in a table of the application that refers to the users.
type book struct {
	ID       string `gorm:"size:40"`
	Title    string `gorm:"size:40;not null"`
	AuthorID string `gorm:"size:255;not null"`
	Author   *gormadapter.User
}

// indexedBook has an index that begins with the column of the foreign key.
type indexedBook struct {
	ID       string `gorm:"size:40"`
	Title    string `gorm:"size:40;not null;index:by_author,priority:2"`
	AuthorID string `gorm:"size:255;not null;index:by_author,priority:1"`
	Author   *gormadapter.User
}

func (indexedBook) TableName() string { return "books" }

// titledBook has the same index in another order, so that the foreign key cannot use it.
type titledBook struct {
	ID       string `gorm:"size:40"`
	Title    string `gorm:"size:40;not null;index:by_author,priority:1"`
	AuthorID string `gorm:"size:255;not null;index:by_author,priority:2"`
	Author   *gormadapter.User
}

func (titledBook) TableName() string { return "books" }

// keylessBook has no primary key.
type keylessBook struct {
	Title    string `gorm:"size:40;not null"`
	AuthorID string `gorm:"size:255;not null"`
	Author   *gormadapter.User
}

func (keylessBook) TableName() string { return "books" }

const (
	toMembers = ", CONSTRAINT fk_books_author FOREIGN KEY (author_id) REFERENCES members (id)"
	toUser    = ", CONSTRAINT fk_books_author FOREIGN KEY (author_id) REFERENCES user (id)"
)

// A foreign key that moves to another table leaves all indexes as they are. That is also so if the
// plan fails, and after its undo statements.
func TestIndexesOfMovedForeignKey(t *testing.T) {
	t.Parallel()
	for name, indexes := range map[string]string{
		"of the server":           "",
		"with the name of a key":  ", INDEX fk_books_author (author_id)",
		"with another name":       ", INDEX by_author (author_id)",
		"unique":                  ", UNIQUE INDEX fk_books_author (author_id, id)",
		"composite":               ", INDEX by_author (author_id, title)",
		"composite and same name": ", INDEX fk_books_author (author_id, title)",
		"of other columns":        ", INDEX fk_books_author (title), INDEX by_author (author_id)",
		"also of another key": ", INDEX fk_books_author (author_id), " +
			"CONSTRAINT second FOREIGN KEY (author_id) REFERENCES members (id)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forEachMySQL(t, func(t *testing.T, d database) {
				db, a := withBooks(t, d, ", PRIMARY KEY (id)"+indexes+toMembers)
				before := definitionOfBooks(t, db)

				mustExec(t, db, "INSERT INTO members (id) VALUES ('1')",
					"INSERT INTO books (id, title, author_id) VALUES ('1', 'Emma', '1')")
				if _, err := schemachange.Apply(t.Context(), a, &book{}); err == nil ||
					!strings.Contains(err.Error(), "1452") || strings.Contains(err.Error(), "undo") {
					t.Fatalf("with a row that refers to no user: %v", err)
				}
				expectBooks(t, db, "after a failure", before)

				mustExec(t, db, "DELETE FROM books")
				p := mustApply(t, a, &book{})
				expectNoChanges(t, a, &book{})
				expectBooks(t, db, "after the change", strings.Replace(before,
					"`fk_books_author` FOREIGN KEY (`author_id`) REFERENCES `members`",
					"`fk_books_author` FOREIGN KEY (`author_id`) REFERENCES `user`", 1))

				runScript(t, db, p.DownScript())
				expectBooks(t, db, "after the undo statements", before)
			})
		})
	}
}

// A plan can be run and undone whatever index a foreign key uses before and after it.
func TestForeignKeysAndChangedIndexes(t *testing.T) {
	t.Parallel()
	const key = ", PRIMARY KEY (id)"
	for name, c := range map[string]struct {
		definition string
		entity     any
	}{
		"index grows":            {key + ", INDEX by_author (author_id)" + toUser, &indexedBook{}},
		"index grows, key moves": {key + ", INDEX by_author (author_id)" + toMembers, &indexedBook{}},
		"index of two keys grows": {key + ", INDEX by_author (author_id)" + toMembers +
			", CONSTRAINT second FOREIGN KEY (author_id) REFERENCES members (id)", &indexedBook{}},
		"index begins with the key":    {key + ", INDEX by_author (title)" + toUser, &indexedBook{}},
		"index leaves the key":         {key + ", INDEX by_author (author_id, title)" + toUser, &titledBook{}},
		"index replaces the server's":  {key + toUser, &indexedBook{}},
		"index replaces it, key moves": {key + toMembers, &indexedBook{}},
		"index replaces that of another key": {
			key + ", CONSTRAINT second FOREIGN KEY (author_id) REFERENCES members (id)", &indexedBook{},
		},
		"index replaces that of two keys": {
			key + toMembers + ", CONSTRAINT second FOREIGN KEY (author_id) REFERENCES members (id)", &indexedBook{},
		},
		"new key":        {key, &book{}},
		"name is taken":  {key + ", INDEX fk_books_author (title)", &book{}},
		"no primary key": {"", &keylessBook{}},
		"another column": {
			key + ", CONSTRAINT fk_books_author FOREIGN KEY (other_id) REFERENCES user (id)", &book{},
		},
		"another, moving": {
			key + ", CONSTRAINT fk_books_author FOREIGN KEY (other_id) REFERENCES members (id)", &book{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forEachMySQL(t, func(t *testing.T, d database) {
				db, a := withBooks(t, d, c.definition)
				before := definitionOfBooks(t, db)
				p := mustApply(t, a, c.entity)
				if len(p.Up) == 0 {
					t.Error("nothing changed")
				}
				expectNoChanges(t, a, c.entity)
				runScript(t, db, p.DownScript())
				expectBooks(t, db, "after the undo statements", before)
			})
		})
	}
}

func forEachMySQL(t *testing.T, test func(*testing.T, database)) {
	t.Helper()
	for name, newDatabase := range map[string]func(testing.TB) database{"MariaDB": newMariaDB, "MySQL": newMySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newDatabase(t))
		})
	}
}

// withBooks creates the users in two tables, user and members, and the table books with the given
// end of its definition.
func withBooks(t *testing.T, d database, definition string) (*gorm.DB, *gormadapter.Adapter) {
	t.Helper()
	db := d.open(t, gorm.Config{})
	a := newAdapter(t, db)
	mustApply(t, a)
	mustExec(t, db, "CREATE TABLE members LIKE user",
		"CREATE TABLE books (id varchar(40) NOT NULL, title varchar(40) NOT NULL, author_id varchar(255) NOT NULL, "+
			"other_id varchar(255)"+definition+") COLLATE "+collationOf(d))
	return db, a
}

// definitionOfBooks returns the lines of the definition in alphabetical order, because an index
// that is created again is in another line. The server gives an index that it creates for two
// foreign keys the name of the one that comes first, so here both names are the same.
func definitionOfBooks(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var name, definition string
	if err := db.Raw("SHOW CREATE TABLE books").Row().Scan(&name, &definition); err != nil {
		t.Fatal(err)
	}
	definition = strings.NewReplacer(",\n", "\n", "KEY `second` (", "KEY `fk_books_author` (").Replace(definition)
	lines := strings.Split(definition, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func expectBooks(t *testing.T, db *gorm.DB, when, want string) {
	t.Helper()
	if got := definitionOfBooks(t, db); got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", when, got, want)
	}
}
