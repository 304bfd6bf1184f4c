//go:build cgo

package cgo

import (
	"net/url"

	"github.com/cardea-auth/cardea/adapter/gormadapter"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// settings are those without which sign-ins at the same time fail with "database is locked", or
// sessions outlive their user. The driver waits for a lock as long as _busy_timeout says, whatever
// the context does, so it is short.
const settings = "?_journal_mode=WAL&_busy_timeout=1000&_txlock=immediate&_foreign_keys=on"

// Open returns the application's connection to a file.
func Open(file string) (*gorm.DB, error) {
	return gorm.Open(sqlite.Open("file:"+(&url.URL{Path: file}).EscapedPath()+settings), &gorm.Config{})
}

// Adapter returns the adapter on it.
func Adapter(db *gorm.DB) (*gormadapter.Adapter, error) { return gormadapter.New(db) }
