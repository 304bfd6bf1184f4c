// Package sqlite opens SQLite for gormadapter.Open, with [Driver]. It is also GORM's dialect for
// SQLite in pure Go, with settings for web applications: pass what [Open] returns to gorm.Open.
//
//   - The settings are: write-ahead log, synchronous=NORMAL, foreign keys on, and a wait of up to
//     five seconds for a locked database. Transactions take the write lock when they begin, because
//     a transaction that first reads and then writes fails at once if another writes in between.
//   - Times are stored as Unix milliseconds and read in UTC, so that they compare correctly
//     whatever zone they were in. MikroORM stores them in the same way. Times that another driver
//     wrote as text can be read too.
//   - Migrations add tables, columns and indexes. They refuse, with [ErrRebuild], changes that
//     SQLite can make only by copying a table into a new one: with foreign keys on, dropping the
//     old table deletes the rows of other tables that point to it.
//
// The driver is modernc.org/sqlite, which registers the name sqlite with database/sql. A program
// that also imports github.com/glebarez/sqlite, which registers the same name, panics when it
// starts.
package sqlite

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"modernc.org/sqlite"
)

// OpenDB opens a connection pool on a file, or on ":memory:". The file is created if it is missing;
// its directory must exist. A name that starts with file: is a URI in SQLite's sense, and its
// parameters, which modernc.org/sqlite documents, replace the settings of this package.
//
// A database in memory has exactly one connection: statements outside an open transaction wait
// until it ends. sql.Conn.Raw gives access only to the methods of a driver's connection, not to
// those of modernc.org/sqlite, such as backups.
func OpenDB(file string) (*sql.DB, error) {
	dsn, memory, err := dataSource(file)
	if err != nil {
		return nil, err
	}
	inner, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{inner})
	conns := max(8, 2*runtime.GOMAXPROCS(0))
	if memory {
		conns = 1 // each connection would have another database
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// defaults are the settings of this package as parameters of modernc.org/sqlite.
var defaults = map[string]string{
	"_busy_timeout":        "5000",
	"_foreign_keys":        "on",
	"_journal_mode":        "WAL",
	"_synchronous":         "NORMAL",
	"_txlock":              "immediate",
	"_time_integer_format": "unix_milli",
	"_error_rc":            "1", // otherwise, if a file cannot be opened, the error says "out of memory"
}

// dataSource returns the DSN of modernc.org/sqlite for a file, and whether it is in memory.
func dataSource(file string) (dsn string, memory bool, err error) {
	path, query, _ := strings.Cut(strings.TrimPrefix(file, "file:"), "?")
	if !strings.HasPrefix(file, "file:") {
		path, query = file, ""
		if err := checkDirectory(path); err != nil {
			return "", false, err
		}
		path = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(filepath.ToSlash(path))
	}
	params, err := url.ParseQuery(query)
	if err != nil {
		return "", false, fmt.Errorf("parameters: %w", err)
	}
	for key, value := range defaults {
		if !params.Has(key) {
			params.Set(key, value)
		}
	}
	return "file:" + path + "?" + params.Encode(), path == ":memory:" || params.Get("mode") == "memory", nil
}

// checkDirectory returns an error if the directory of the file is missing. SQLite's would not say
// so.
func checkDirectory(path string) error {
	if path == ":memory:" {
		return nil
	}
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("directory of the database file: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("directory of the database file: %s is not a directory", dir)
	}
	return nil
}
