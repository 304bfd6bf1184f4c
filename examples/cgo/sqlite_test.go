//go:build cgo

package cgo_test

import (
	"path/filepath"
	"testing"

	"github.com/cardea-auth/cardea"
	"github.com/cardea-auth/cardea/adaptertest"
	"github.com/cardea-auth/cardea/examples/cgo"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

func TestContract(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, func(t *testing.T) cardea.Adapter {
		db, err := cgo.Open(filepath.Join(t.TempDir(), "site #1 100%.sqlite"))
		if err != nil {
			t.Fatal(err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pool.Close() })
		a, err := cgo.Adapter(db.Session(&gorm.Session{Logger: logger.Discard}))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		return a
	})
}

// The parameters in the DSN take effect.
func TestSettings(t *testing.T) {
	t.Parallel()
	db, err := cgo.Open(filepath.Join(t.TempDir(), "db.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for setting, want := range map[string]string{"journal_mode": "wal", "busy_timeout": "1000", "foreign_keys": "1"} {
		var got string
		if err := db.Raw("PRAGMA " + setting).Row().Scan(&got); err != nil || got != want {
			t.Errorf("%s: got %s and %v, want %s", setting, got, err, want)
		}
	}
}
