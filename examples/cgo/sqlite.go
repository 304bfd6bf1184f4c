//go:build cgo

package cgo

import (
	"net/url"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// settings are the parameters of the connection that Cardea needs. Without them, concurrent
// sign-ins fail with "database is locked", and sessions remain after their user was deleted.
// _busy_timeout is only a second, because the driver waits for a lock that long even if the context
// has ended.
const settings = "?_journal_mode=WAL&_busy_timeout=1000&_txlock=immediate&_foreign_keys=on"

// Open opens a GORM connection to a SQLite file. The caller closes its connection pool.
func Open(file string) (*gorm.DB, error) {
	return gorm.Open(sqlite.Open("file:"+(&url.URL{Path: file}).EscapedPath()+settings), &gorm.Config{})
}

// Adapter returns an adapter that uses the application's connection. It creates no tables.
func Adapter(db *gorm.DB) (*gormadapter.Adapter, error) { return gormadapter.New(db) }
