// Package sqlite is GORM's dialect of SQLite in pure Go, with the settings that a web application
// wants and none of the surprises: gorm.Open takes what [Open] returns.
//
//   - Write-ahead log, synchronous=NORMAL, foreign keys on, five seconds of patience with a locked
//     database, and transactions that take the write lock at their start, because a transaction
//     that reads first and writes then fails at once when another writes in between.
//   - Times are kept as Unix milliseconds and come back in UTC, so that they compare whatever zone
//     they were in. MikroORM keeps them so too. Times that another driver wrote as text are read as
//     well.
//   - Migrations add tables, columns and indexes. What SQLite can do only by copying a table into a
//     new one is refused with an error: with foreign keys on, dropping the old table deletes the
//     rows of others that point at it.
//
// The driver is modernc.org/sqlite, which registers the name sqlite with database/sql; a program
// that also imports github.com/glebarez/sqlite panics at its start because of that.
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

// OpenDB opens a connection pool on a file, which is created in a directory that exists, or on
// ":memory:". A name that starts with file: is a URI as SQLite knows it, and its parameters replace
// the settings of this package (modernc.org/sqlite documents them).
//
// A database in memory has exactly one connection: what does not run in an open transaction waits
// for its end. What sql.Conn.Raw hands out has only the methods of a driver's connection, not those
// of modernc.org/sqlite, such as backups.
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
		conns = 1 // each connection would have a database of its own
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
	"_error_rc":            "1", // error texts that do not speak of memory when a file cannot be opened
}

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
