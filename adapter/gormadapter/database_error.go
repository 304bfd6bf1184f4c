package gormadapter

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
)

// errorClassifier turns errors of the database into errors of the contract.
//
// It imports no driver, so that a program contains only the driver that it uses, and so that it
// works on a connection given to New with any driver. It asks an error for its code by a method, if
// the driver has one, or else by a field.
type errorClassifier struct {
	dialect     dialect
	translator  gorm.ErrorTranslator // nil if GORM's dialect has none
	schemaNames map[string]bool      // of the adapter's tables, for descriptions
	constant    []error              // of the driver, see Connection.ConstantErrors
}

func newErrorClassifier(db *gorm.DB) errorClassifier {
	translator, _ := db.Dialector.(gorm.ErrorTranslator)
	return errorClassifier{dialect: dialect(db.Dialector.Name()), translator: translator}
}

// wrap turns the database's answer to op into an error of the contract, or into one whose text
// contains no value of a row.
func (c errorClassifier) wrap(ctx context.Context, op string, err error) error {
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case c.isDuplicate(err):
		err = cardea.ErrConflict
	}
	return fmt.Errorf("%s: %w", op, c.withoutValues(err))
}

// wrapOwned is wrap for a row that belongs to a user, who may not exist.
func (c errorClassifier) wrapOwned(ctx context.Context, op string, err error) error {
	if ctx.Err() == nil && c.isOrphan(err) {
		err = cardea.ErrNotFound
	}
	return c.wrap(ctx, op, err)
}

// isDuplicate reports whether a row with the same unique key exists.
func (c errorClassifier) isDuplicate(err error) bool {
	return errors.Is(c.translated(err), gorm.ErrDuplicatedKey) || c.hasCode(err, duplicateKey) ||
		strings.Contains(originalText(err), "UNIQUE constraint failed")
}

// isOrphan reports whether a row's foreign key points to a row that does not exist.
func (c errorClassifier) isOrphan(err error) bool {
	return errors.Is(c.translated(err), gorm.ErrForeignKeyViolated) || c.hasCode(err, missingParent) ||
		strings.Contains(originalText(err), "FOREIGN KEY constraint failed")
}

// isRetryable reports whether the database gave up a transaction that may well succeed when it is
// run again.
func (c errorClassifier) isRetryable(err error) bool {
	return c.hasCode(err, transactionGivenUp) ||
		// The driver github.com/mattn/go-sqlite3 has its codes elsewhere.
		c.dialect == sqliteDialect && strings.Contains(originalText(err), "database is locked")
}

// isReferenced reports whether MySQL refused to delete a row because another points to it.
func (c errorClassifier) isReferenced(err error) bool { return c.hasCode(err, existingChild) }

// isSchemaMissing reports whether a statement names a table or column that the database does not
// have.
func (c errorClassifier) isSchemaMissing(err error) bool {
	text := originalText(err)
	return c.hasCode(err, missingSchema) ||
		c.dialect == sqliteDialect && (strings.Contains(text, "no such table: ") ||
			strings.Contains(text, "no such column: ") || strings.Contains(text, " has no column named "))
}

func (c errorClassifier) translated(err error) error {
	if c.translator == nil {
		return err
	}
	return c.translator.Translate(err)
}

// errorCodes are the codes of one kind of error in each database.
type errorCodes struct {
	sqlStates []string // PostgreSQL
	sqlite    []int    // extended result codes
	mySQL     []uint64
	sqlServer []int32
}

var (
	duplicateKey = errorCodes{
		sqlStates: []string{"23505"},
		sqlite:    []int{2067, 1555}, // SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY
		mySQL:     []uint64{1062, 1586},
		sqlServer: []int32{2601, 2627},
	}
	missingParent = errorCodes{
		sqlStates: []string{"23503"},
		sqlite:    []int{787}, // SQLITE_CONSTRAINT_FOREIGNKEY
		mySQL:     []uint64{1216, 1452},
		sqlServer: []int32{547},
	}
	transactionGivenUp = errorCodes{
		sqlStates: []string{"40001", "40P01"}, // serialization failure, deadlock
		sqlite:    []int{5, 261, 517},         // SQLITE_BUSY, SQLITE_BUSY_RECOVERY, SQLITE_BUSY_SNAPSHOT
		mySQL:     []uint64{1213, 1020},       // deadlock; MariaDB's "record has changed since last read"
		sqlServer: []int32{1205},              // deadlock
	}
	existingChild = errorCodes{mySQL: []uint64{1217, 1451}}
	missingSchema = errorCodes{
		sqlStates: []string{"42P01", "42703"}, // undefined table, undefined column
		mySQL:     []uint64{1054, 1146},
		sqlServer: []int32{207, 208},
	}
)

// hasCode reports whether the chain of err has one of the codes, in the way in which the drivers of
// the dialect keep theirs.
func (c errorClassifier) hasCode(err error, codes errorCodes) bool {
	switch c.dialect {
	case sqliteDialect:
		var coded interface{ Code() int } // modernc.org/sqlite
		return errors.As(err, &coded) && slices.Contains(codes.sqlite, coded.Code())
	case mySQLDialect:
		number, ok := errorNumber(err)
		return ok && slices.Contains(codes.mySQL, number)
	case sqlServerDialect:
		var numbered interface{ SQLErrorNumber() int32 } // github.com/microsoft/go-mssqldb
		return errors.As(err, &numbered) && slices.Contains(codes.sqlServer, numbered.SQLErrorNumber())
	}
	var stated interface{ SQLState() string } // github.com/jackc/pgx, github.com/lib/pq
	return errors.As(err, &stated) && slices.Contains(codes.sqlStates, stated.SQLState())
}

// errorNumber returns the number of MySQL's error in the chain of err. The driver
// github.com/go-sql-driver/mysql keeps it in the field Number, a uint16, and has no method for it.
func errorNumber(err error) (number uint64, ok bool) {
	if v := reflect.Indirect(reflect.ValueOf(err)); v.Kind() == reflect.Struct {
		field, found := v.Type().FieldByName("Number")
		if found && len(field.Index) == 1 && field.Type.Kind() == reflect.Uint16 {
			return v.FieldByIndex(field.Index).Uint(), true
		}
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return errorNumber(wrapper.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range wrapper.Unwrap() {
			if number, ok := errorNumber(err); ok {
				return number, true
			}
		}
	}
	return 0, false
}
