package gormadapter

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
)

// The classifier imports no driver, and finds the codes in the errors of the drivers, however they
// are wrapped.
func TestCodesOfDrivers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		dialect    dialect
		code       errorCodes
		err, other error
	}{
		"PostgreSQL": {postgreSQLDialect, duplicateKey, &pgconn.PgError{Code: "23505"}, &pgconn.PgError{Code: "23503"}},
		"another dialect with SQLSTATE": {
			"cockroachdb", conflict, &pgconn.PgError{Code: "40001"}, &pgconn.PgError{Code: "23505"},
		},
		"MySQL": {
			mySQLDialect, duplicateKey, &mysql.MySQLError{Number: 1062}, &mysql.MySQLError{Number: 1452},
		},
		"MySQL, a referenced row": {
			mySQLDialect, existingChild, &mysql.MySQLError{Number: 1451}, &mysql.MySQLError{Number: 1452},
		},
		"MySQL's error in another dialect": {
			sqliteDialect, duplicateKey, nil, &mysql.MySQLError{Number: 1062},
		},
	} {
		c := errorClassifier{dialect: row.dialect}
		wrapped := []error{row.err, fmt.Errorf("run: %w", row.err), errors.Join(errors.New("first"), row.err)}
		for _, err := range wrapped {
			if row.err != nil && !c.hasCode(err, row.code) {
				t.Errorf("%s: %v has the code", name, err)
			}
		}
		if c.hasCode(row.other, row.code) || c.hasCode(nil, row.code) || c.hasCode(errors.New("lost"), row.code) {
			t.Errorf("%s: another error has the code", name)
		}
	}
}
