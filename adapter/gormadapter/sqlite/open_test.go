package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cardea-auth/cardea/adapter/gormadapter/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

func open(t *testing.T, name string) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(sqlite.Open(name), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool(t, db).Close() })
	return db
}

func openFile(t *testing.T) *gorm.DB {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "db.sqlite"))
}

func pool(t *testing.T, db *gorm.DB) *sql.DB {
	t.Helper()
	p, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func value[T any](t *testing.T, db *gorm.DB, query string, args ...any) (v T) {
	t.Helper()
	if err := db.Raw(query, args...).Row().Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func TestSettings(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "busy_timeout": "5000", "foreign_keys": "1", "synchronous": "1",
	} {
		if got := value[string](t, db, "PRAGMA "+pragma); got != want {
			t.Errorf("%s: got %s, want %s", pragma, got, want)
		}
	}
	replaced := open(t, "file:"+filepath.Join(t.TempDir(), "db.sqlite")+"?_busy_timeout=7&_foreign_keys=off")
	for pragma, want := range map[string]string{"journal_mode": "wal", "busy_timeout": "7", "foreign_keys": "0"} {
		if got := value[string](t, replaced, "PRAGMA "+pragma); got != want {
			t.Errorf("with parameters: %s: got %s, want %s", pragma, got, want)
		}
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain.sqlite", "what?.sqlite", "100%.sqlite", "a#b.sqlite", "with space.sqlite"} {
		path := filepath.Join(t.TempDir(), name)
		if err := open(t, path).Exec("CREATE TABLE t (id text)").Error; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		filepath.Join(dir, "missing", "db.sqlite"): "no such file or directory",
		filepath.Join(text, "db.sqlite"):           "not a directory",
		dir:                                        "unable to open database file",
		text:                                       "not a database",
		"file:" + filepath.Join(dir, "x") + "?a=%zz": "parameters",
	} {
		_, err := gorm.Open(sqlite.Open(name), &gorm.Config{Logger: logger.Discard})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}

// A cancelled transaction must not close the connection, which would delete the database in memory.
func TestInMemoryLastsAsLongAsThePool(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		":memory:", "file::memory:", "file:named?mode=memory", "file::memory:?_foreign_keys=off",
	} {
		db := open(t, name)
		if err := db.Exec("CREATE TABLE t (id text)").Error; err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		tx := db.WithContext(ctx).Begin()
		if err := tx.Exec("INSERT INTO t VALUES ('undone')").Error; err != nil {
			t.Fatal(err)
		}
		cancel()
		tx.Rollback()
		if err := db.Exec("INSERT INTO t VALUES ('kept')").Error; err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := value[string](t, db, "SELECT group_concat(id) FROM t"); got != "kept" {
			t.Errorf("%s: got %q, want kept", name, got)
		}
	}
}

// Eight goroutines first read and then write in a transaction. If transactions took the lock late,
// most of them would fail at once.
func TestTransactionsWaitForEachOther(t *testing.T) {
	t.Parallel()
	db := openFile(t)
	if err := db.Exec("CREATE TABLE counter (n integer)").Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Exec("INSERT INTO counter VALUES (0)").Error; err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if err := db.Transaction(func(tx *gorm.DB) error {
					var n int
					if err := tx.Raw("SELECT n FROM counter").Row().Scan(&n); err != nil {
						return err
					}
					return tx.Exec("UPDATE counter SET n = ?", n+1).Error
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := value[int](t, db, "SELECT n FROM counter"); got != 160 {
		t.Errorf("got %d, want 160", got)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	type event struct {
		ID int
		At time.Time
		On *time.Time `gorm:"type:timestamptz"`
	}
	db := openFile(t)
	if err := db.AutoMigrate(&event{}); err != nil {
		t.Fatal(err)
	}
	west := time.FixedZone("", -5*60*60)
	for i, at := range []time.Time{
		time.Date(2026, 11, 22, 23, 59, 59, 999_000_000, west),
		time.Date(1990, 5, 1, 0, 0, 0, 0, west), // the driver alone reads it as a day in the year 22303
		time.Date(1970, 1, 1, 0, 0, 1, 0, time.UTC),
		time.Date(1815, 12, 10, 0, 0, 0, 0, time.UTC),
	} {
		if err := db.Create(&event{ID: i + 1, At: at, On: &at}).Error; err != nil {
			t.Fatal(err)
		}
		var got event
		if err := db.First(&got, i+1).Error; err != nil {
			t.Fatal(err)
		}
		if !got.At.Equal(at) || got.At.Location() != time.UTC || got.On == nil || !got.On.Equal(at) {
			t.Errorf("got %v and %v, want %v in UTC", got.At, got.On, at)
		}
		if got := value[string](t, db, "SELECT typeof(at) || ' ' || (+at) FROM events WHERE id = ?",
			i+1); got != "integer "+strconv.FormatInt(at.UnixMilli(), 10) {
			t.Errorf("stored as %s, want integer %d", got, at.UnixMilli())
		}
	}
	// A time that another driver wrote as text.
	if err := db.Exec("INSERT INTO events (id, at) VALUES (99, '2026-11-22 10:00:00.5-05:00')").Error; err != nil {
		t.Fatal(err)
	}
	var got event
	if err := db.First(&got, 99).Error; err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 22, 15, 0, 0, 500_000_000, time.UTC); !got.At.Equal(want) || got.On != nil {
		t.Errorf("got %v and %v, want %v and nil", got.At, got.On, want)
	}
}

// GORM's own timestamps are the same after the insert and after a read.
func TestTimestampsOfGORM(t *testing.T) {
	t.Parallel()
	type event struct {
		ID        int
		CreatedAt time.Time
		UpdatedAt time.Time
	}
	db := openFile(t)
	if err := db.AutoMigrate(&event{}); err != nil {
		t.Fatal(err)
	}
	var written, read event
	if err := db.Create(&written).Error; err != nil {
		t.Fatal(err)
	}
	if err := db.First(&read, written.ID).Error; err != nil {
		t.Fatal(err)
	}
	if written != read {
		t.Errorf("wrote %+v, read %+v", written, read)
	}
}
