package gormadapter

import (
	"strings"
	"unicode/utf8"
)

// dialect is GORM's name of a kind of database.
type dialect string

const (
	sqliteDialect     dialect = "sqlite"
	postgreSQLDialect dialect = "postgres"
	mySQLDialect      dialect = "mysql" // MariaDB too
	sqlServerDialect  dialect = "sqlserver"
)

// storable reports whether the database can store a text. If it cannot, no row contains the text,
// and the adapter must not use it in a statement: the database would return an error, which ends
// the transaction on PostgreSQL.
func (d dialect) storable(text string) bool {
	switch d {
	case sqliteDialect:
		return true
	case postgreSQLDialect:
		return !strings.Contains(text, "\x00") && utf8.ValidString(text)
	}
	return utf8.ValidString(text)
}

// allStorable reports whether the database can store all texts among the values.
func (d dialect) allStorable(values []any) bool {
	for _, v := range values {
		if text, ok := v.(string); ok && !d.storable(text) {
			return false
		}
	}
	return true
}
