// Package sqlite opens SQLite for gormadapter.Open: see [Driver]. It is also a GORM dialect for
// SQLite without cgo, with settings for web applications. To use it without gormadapter.Open, pass
// what [Open] returns to gorm.Open.
//
//   - The settings are: write-ahead log, synchronous=NORMAL, foreign keys on, and a wait of at most
//     five seconds for a locked database. A transaction takes the write lock when it begins. If it
//     first read and then wrote, it would fail at once if another transaction had written in
//     between.
//   - Times are stored as Unix milliseconds, as MikroORM does it, and are read in UTC. They
//     therefore compare correctly whatever their time zone was. Times that another driver wrote as
//     text can be read too.
//   - Migrations add tables, columns and indexes. They refuse, with [ErrRebuild], the changes that
//     SQLite can make only by copying the table: dropping the old table would delete the rows of
//     other tables that refer to it, if their foreign keys cascade.
//
// The SQL driver is modernc.org/sqlite, which registers the name sqlite with database/sql. A
// program that also imports github.com/glebarez/sqlite, which registers the same name, panics when
// it starts.
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

// OpenDB returns a connection pool on a file, or on a database in memory if file is ":memory:". The
// file is created if it is missing; its directory must exist. A name that starts with file: is a
// URI as SQLite defines it. Its parameters, which modernc.org/sqlite documents, replace the
// settings of this package.
//
// The pool has eight connections, or two for each of GOMAXPROCS if that is more. A database in
// memory has exactly one connection, so statements outside an open transaction wait until it ends.
//
// OpenDB returns an error if the directory does not exist or the parameters cannot be parsed. Other
// errors come from the first statement, because OpenDB does not connect.
//
// The connections that [database/sql.Conn.Raw] gives have only the methods of database/sql/driver,
// not those of modernc.org/sqlite, such as backups.
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
		conns = 1 // a second connection would have another database
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
	"_error_rc":            "1", // otherwise the error for a file that cannot be opened is "out of memory"
}

// dataSource returns the DSN of modernc.org/sqlite for a file, and whether the database is in
// memory.
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

// checkDirectory returns an error if the directory of the file is missing, because the error of
// SQLite would not say so.
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
