package gormadapter

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"gorm.io/gorm"
)

// isRefusal reports whether the database refuses a row for good: the same row would be refused
// again, until somebody changes the schema. A unique key that is taken is not meant.
func (c errorClassifier) isRefusal(err error) bool {
	if err == nil || c.isAborted(err) || c.isBroken(err) || c.isNodeNotReady(err) {
		return false
	}
	if state, ok := c.sqlState(err); ok && refusesRow(c.dialect, state) {
		return true
	}
	return c.hasCode(err, refusedRow) || errors.Is(c.translated(err), gorm.ErrCheckConstraintViolated)
}

// sqlState returns the SQLSTATE of an error.
func (c errorClassifier) sqlState(err error) (state string, ok bool) {
	var stated interface{ SQLState() string } // github.com/jackc/pgx, github.com/lib/pq
	if errors.As(err, &stated) {
		return stated.SQLState(), true
	}
	// github.com/go-sql-driver/mysql has no method for it, only the field SQLState of type [5]byte.
	if field, ok := fieldOf(err, "SQLState", reflect.Array); ok && c.dialect == mySQLDialect {
		return fmt.Sprintf("%s", field.Interface()), true
	}
	return "", false
}

// refusesRow reports whether a SQLSTATE is about the row.
//
// In MySQL only four classes are: data exceptions, broken constraints, a check of a view, and what
// a trigger signals. In PostgreSQL a trigger or a function may raise any state, so every class
// counts that is not known to be about the statement, the transaction or the server.
func refusesRow(d dialect, state string) bool {
	if len(state) != 5 {
		return false
	}
	if d == mySQLDialect {
		return slices.Contains([]string{"22", "23", "44", "45"}, state[:2])
	}
	return !slices.Contains(otherClasses, state[:2])
}

// otherClasses are the classes of SQLSTATEs that PostgreSQL defines and that are not about a row
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
var otherClasses = []string{
	"00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "24", "25", "26", "28",
	"2B", "2D", "2F", "34", "3B", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "72", "F0", "HV", "XX",
}
