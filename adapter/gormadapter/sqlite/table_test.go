package sqlite_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// visit loses its owner when the owner is deleted.
type visit struct {
	ID      int
	OwnerID *string
	Owner   *owner `gorm:"constraint:OnDelete:SET NULL"`
}

// owners returns a database with an owner that a pet and a visit refer to.
func owners(t *testing.T) *gorm.DB {
	t.Helper()
	db := openFile(t)
	if err := db.AutoMigrate(&owner{}, &pet{}, &visit{}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []any{&pet{ID: "1", Owner: &owner{ID: "1"}}, &visit{Owner: &owner{ID: "2"}}} {
		if err := db.Create(row).Error; err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// SQLite deletes all rows of a table before it drops it, and then what refers to them
// (https://www.sqlite.org/foreignkeys.html § 5). gorm.io/driver/sqlite prevents it too.
func TestDropTableKeepsRowsOfOtherTables(t *testing.T) {
	t.Parallel()
	for name, drop := range map[string]func(db *gorm.DB) error{
		"by entity": func(db *gorm.DB) error { return db.Migrator().DropTable(&owner{}) },
		"by name":   func(db *gorm.DB) error { return db.Migrator().DropTable("owners") },
		"prepared": func(db *gorm.DB) error {
			return db.Session(&gorm.Session{PrepareStmt: true}).Migrator().DropTable("owners")
		},
		"on one connection": func(db *gorm.DB) error {
			return db.Connection(func(tx *gorm.DB) error { return tx.Migrator().DropTable("owners") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := owners(t)
			if err := drop(db); err != nil {
				t.Fatal(err)
			}
			if db.Migrator().HasTable("owners") {
				t.Error("the table is still there")
			}
			keepsPetAndVisit(t, db)
			foreignKeysAreOn(t, db)
		})
	}
}

func keepsPetAndVisit(t *testing.T, db *gorm.DB) {
	t.Helper()
	query := "SELECT (SELECT count(*) FROM pets) || ' ' || (SELECT count(owner_id) FROM visits)"
	if got := value[string](t, db, query); got != "1 1" {
		t.Errorf("got %s pets and visits with an owner, want 1 1", got)
	}
}

// foreignKeysAreOn checks every connection of the pool.
func foreignKeysAreOn(t *testing.T, db *gorm.DB) {
	t.Helper()
	for range max(1, pool(t, db).Stats().OpenConnections) {
		conn, err := pool(t, db).Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var on bool
		if err := conn.QueryRowContext(t.Context(), "PRAGMA foreign_keys").Scan(&on); err != nil || !on {
			t.Errorf("foreign keys are %v, %v", on, err)
		}
	}
}

// In a transaction foreign keys stay on. What would change rows of other tables is refused.
func TestDropTableInTransaction(t *testing.T) {
	t.Parallel()
	db := owners(t)
	for name, begin := range map[string]func(fn func(*gorm.DB) error) error{
		"transaction": func(fn func(*gorm.DB) error) error { return db.Transaction(fn) },
		"prepared": func(fn func(*gorm.DB) error) error {
			return db.Session(&gorm.Session{PrepareStmt: true}).Transaction(fn)
		},
		"statement BEGIN": func(fn func(*gorm.DB) error) error {
			return db.Connection(func(tx *gorm.DB) error {
				tx = tx.Session(&gorm.Session{})
				defer tx.Exec("ROLLBACK")
				if err := tx.Exec("BEGIN").Error; err != nil {
					return err
				}
				return fn(tx)
			})
		},
	} {
		for _, tables := range [][]any{{"owners"}, {&owner{}}, {"main.OWNERS", "pets"}} {
			err := begin(func(tx *gorm.DB) error { return tx.Migrator().DropTable(tables...) })
			if err == nil || !strings.Contains(err.Error(), "outside a transaction") {
				t.Errorf("%s, %v: got %v, want an error that names the way out", name, tables, err)
			}
		}
	}
	keepsPetAndVisit(t, db)
	foreignKeysAreOn(t, db)
	if err := db.Transaction(func(tx *gorm.DB) error {
		return tx.Migrator().DropTable(&owner{}, &pet{}, &visit{})
	}); err != nil {
		t.Errorf("all tables: %v", err)
	}
}

// The dialect finds columns, indexes and foreign keys also if names keep their upper case.
func TestNamesWithUpperCase(t *testing.T) {
	t.Parallel()
	db, err := gorm.Open(sqlite.Open(filepath.Join(t.TempDir(), "db.sqlite")), &gorm.Config{
		Logger: logger.Discard, NamingStrategy: schema.NamingStrategy{NoLowerCase: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool(t, db).Close() })
	if err := db.AutoMigrate(&owner{}, &pet{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Exec("CREATE UNIQUE INDEX One ON pets (OwnerID)").Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Create(&pet{ID: "1", Owner: &owner{ID: "1"}}).Error; err != nil {
		t.Fatal(err)
	}
	columns, err := db.Migrator().ColumnTypes(&pet{})
	if err != nil || len(columns) != 2 || columns[1].Name() != "OwnerID" {
		t.Errorf("got columns %v and %v", columns, err)
	}
	indexes, err := db.Migrator().GetIndexes(&pet{})
	if err != nil || len(indexes) != 2 || indexes[0].Name() != "One" {
		t.Errorf("got indexes %v and %v", indexes, err)
	}
	err = db.Transaction(func(tx *gorm.DB) error { return tx.Migrator().DropTable(&owner{}) })
	if err == nil || !strings.Contains(err.Error(), "outside a transaction") {
		t.Errorf("got %v, want an error that names the way out", err)
	}
}

func TestDropTableWithoutRowsInTransaction(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	if err := db.AutoMigrate(&owner{}, &pet{}); err != nil {
		t.Fatal(err)
	}
	if err := db.Transaction(func(tx *gorm.DB) error { return tx.Migrator().DropTable(&owner{}) }); err != nil {
		t.Error(err)
	}
}

// A drop that fails, or whose context ends, leaves foreign keys on.
func TestFailedDropTable(t *testing.T) {
	t.Parallel()
	db := owners(t)
	ctx, cancel := context.WithCancel(t.Context())
	callback := db.Callback().Raw()
	if err := callback.Before("gorm:raw").Register("test:cancel", func(tx *gorm.DB) {
		if strings.HasPrefix(tx.Statement.SQL.String(), "DROP TABLE") {
			cancel()
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.WithContext(ctx).Migrator().DropTable("owners"); err == nil {
		t.Error("dropped the table after the context has ended")
	}
	if err := callback.Remove("test:cancel"); err != nil {
		t.Fatal(err)
	}
	keepsPetAndVisit(t, db)
	foreignKeysAreOn(t, db)
	if err := db.Exec("CREATE VIEW seen AS SELECT 1").Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Migrator().DropTable("seen"); err == nil {
		t.Error("dropped a view as a table")
	}
	foreignKeysAreOn(t, db)
}

// If foreign keys are off, they stay off.
func TestDropTableWithoutForeignKeys(t *testing.T) {
	t.Parallel()
	db := owners(t)
	if err := db.Connection(func(tx *gorm.DB) error {
		tx = tx.Session(&gorm.Session{})
		if err := tx.Exec("PRAGMA foreign_keys = OFF").Error; err != nil {
			return err
		}
		if err := tx.Migrator().DropTable("owners"); err != nil {
			return err
		}
		if value[bool](t, tx, "PRAGMA foreign_keys") {
			t.Error("foreign keys are on")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	keepsPetAndVisit(t, db)
}
