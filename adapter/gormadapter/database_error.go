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

// errorClassifier turns errors of the database into ErrNotFound and ErrConflict, and recognizes
// errors after which a retry may succeed.
//
// It imports no driver, so a program links only the driver that it uses, and a connection with any
// driver can be given to New. It reads the code of an error from a method or a field that the
// driver's error type has.
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

// wrap adds the operation to an error. It replaces the error by ctx's error if ctx has ended, by
// ErrConflict if a unique key is taken, and otherwise by one whose text contains no value of a row.
// It adds ErrRefused if the database refuses a row for good.
func (c errorClassifier) wrap(ctx context.Context, op string, err error) error {
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case c.isDuplicate(err):
		err = cardea.ErrConflict
	case c.isRefusal(err):
		return fmt.Errorf("%s: %w: %w", op, cardea.ErrRefused, c.withoutValues(err))
	}
	return fmt.Errorf("%s: %w", op, c.withoutValues(err))
}

// wrapOwned is wrap for inserting a row that belongs to a user. If the user does not exist, it
// replaces the error by ErrNotFound.
func (c errorClassifier) wrapOwned(ctx context.Context, op string, err error) error {
	if ctx.Err() == nil && c.isOrphan(err) {
		err = cardea.ErrNotFound
	}
	return c.wrap(ctx, op, err)
}

// isDuplicate reports whether the database refused a row because its unique key is taken.
func (c errorClassifier) isDuplicate(err error) bool {
	return errors.Is(c.translated(err), gorm.ErrDuplicatedKey) || c.hasCode(err, duplicateKey) ||
		strings.Contains(originalText(err), "UNIQUE constraint failed")
}

// isOrphan reports whether the database refused a row because its foreign key refers to no row.
func (c errorClassifier) isOrphan(err error) bool {
	return errors.Is(c.translated(err), gorm.ErrForeignKeyViolated) || c.hasCode(err, missingParent) ||
		strings.Contains(originalText(err), "FOREIGN KEY constraint failed")
}

// isAborted reports whether the database aborted a transaction because of concurrent ones, or
// stopped waiting for one, so that it may succeed if it runs again.
func (c errorClassifier) isAborted(err error) bool {
	return c.isConflict(err) || c.hasCode(err, waitedTooLong) ||
		// github.com/mattn/go-sqlite3 has no method for the code.
		c.dialect == sqliteDialect && strings.Contains(originalText(err), "database is locked")
}

// isConflict reports whether the database aborted a transaction because it let another one win.
func (c errorClassifier) isConflict(err error) bool { return c.hasCode(err, conflict) }

// isSchemaChanged reports whether a migration failed because another process migrates the database
// too.
func (c errorClassifier) isSchemaChanged(err error) bool {
	return c.hasCode(err, changedSchema) ||
		strings.Contains(originalText(err), "errno: 121") // MariaDB: the foreign key exists
}

// isIncomparable reports whether a statement compared a column with a text that has characters
// which the character set of the column does not have. No row contains the text then. MySQL and
// MariaDB return an error. That a text of the statement is at fault, and not the collations of two
// columns, shows in MySQL's code for parameters, and in the coercibility in the other message.
func (c errorClassifier) isIncomparable(err error) bool {
	return err != nil && (c.hasCode(err, badParameter) ||
		c.hasCode(err, mixedCollations) && strings.Contains(originalText(err), "COERCIBLE)"))
}

// isReferenced reports whether MySQL refused to delete a row because another row refers to it.
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
	// Another transaction goes on, or was committed first.
	conflict = errorCodes{
		sqlStates: []string{"40001", "40P01"}, // serialization failure, deadlock
		sqlite:    []int{517},                 // SQLITE_BUSY_SNAPSHOT
		// deadlock, also with another node of a Galera cluster; MariaDB's "record has changed since
		// last read"; "table definition has changed, please retry transaction"
		mySQL:     []uint64{1213, 1020, 1412},
		sqlServer: []int32{1205}, // deadlock
	}
	// A lock, or what the other nodes have acknowledged, has not come in time. Nobody may have won.
	waitedTooLong = errorCodes{
		sqlStates: []string{"55P03"}, // lock_timeout
		sqlite:    []int{5, 261},     // SQLITE_BUSY, SQLITE_BUSY_RECOVERY
		mySQL:     []uint64{1205},
	}
	lostConnection = errorCodes{
		sqlStates: []string{
			"08000", "08001", "08003", "08004", "08006", "08P01", // connection exceptions, PgBouncer's among them
			"57P01", "57P02", "57P03", // the server is ended or starts
		},
		mySQL: []uint64{
			1053, 1152, 1158, 1159, 1160, 1161, // the server is ended; the connection was lost
			1927, // MariaDB's "connection was killed"
		},
	}
	// Tables, columns, indexes or constraints exist already, or have changed since they were read.
	changedSchema = errorCodes{
		sqlStates: []string{"42P07", "42701", "42710", "42P06"},
		mySQL:     []uint64{1050, 1060, 1061, 1412, 1684, 1826, 1213},
		sqlServer: []int32{1913, 2705, 2714},
	}
	nodeNotReady  = errorCodes{mySQL: []uint64{1047}}
	existingChild = errorCodes{mySQL: []uint64{1217, 1451}}
	// What a row breaks: NOT NULL, a check, a trigger that raises, the type or the width of a
	// column. Those of MySQL are also recognized by their SQLSTATE, those of PostgreSQL only so.
	refusedRow = errorCodes{
		// SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_CONSTRAINT_CHECK, _FOREIGNKEY, _NOTNULL, _TRIGGER,
		// _VTAB, _DATATYPE
		sqlite:    []int{18, 20, 275, 787, 1299, 1811, 2323, 3091},
		mySQL:     []uint64{1265, 1364, 1366, 1644, 3819, 4025},
		sqlServer: []int32{515, 547, 2628, 3609, 8152},
	}
	// The database's user may not use the table, the column, the schema or the database, or may not
	// write the file.
	missingRight = errorCodes{
		sqlStates: []string{"42501"},
		// SQLITE_READONLY, _RECOVERY, _CANTLOCK, _ROLLBACK, _DBMOVED, _CANTINIT, _DIRECTORY
		sqlite: []int{8, 264, 520, 776, 1032, 1288, 1544},
		mySQL:  []uint64{1044, 1142, 1143},
	}
	badParameter    = errorCodes{mySQL: []uint64{3988}}
	mixedCollations = errorCodes{mySQL: []uint64{1267}}
	missingSchema   = errorCodes{
		sqlStates: []string{"42P01", "42703"}, // undefined table, undefined column
		mySQL:     []uint64{1054, 1146},
		sqlServer: []int32{207, 208},
	}
)

// hasCode reports whether err, or an error that it wraps, has one of the codes. The method that
// returns the code differs between the drivers.
func (c errorClassifier) hasCode(err error, codes errorCodes) bool {
	switch c.dialect {
	case sqliteDialect:
		code, ok := sqliteCode(err)
		return ok && slices.Contains(codes.sqlite, code)
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

// sqliteCode returns the extended result code of the SQLite error that err is or wraps.
func sqliteCode(err error) (code int, ok bool) {
	var coded interface{ Code() int } // modernc.org/sqlite
	if errors.As(err, &coded) {
		return coded.Code(), true
	}
	// github.com/mattn/go-sqlite3 has no method for it, only the field ExtendedCode of type int.
	field, ok := fieldOf(err, "ExtendedCode", reflect.Int)
	if !ok {
		return 0, false
	}
	return int(field.Int()), true
}

// errorNumber returns the number of the MySQL error that err is or wraps. The error type of
// github.com/go-sql-driver/mysql has no method for it, only the field Number of type uint16.
func errorNumber(err error) (number uint64, ok bool) {
	field, ok := fieldOf(err, "Number", reflect.Uint16)
	if !ok {
		return 0, false
	}
	return field.Uint(), true
}

// fieldOf returns the field of a driver's error type that err is or wraps.
func fieldOf(err error, name string, kind reflect.Kind) (field reflect.Value, ok bool) {
	if v := reflect.Indirect(reflect.ValueOf(err)); v.Kind() == reflect.Struct {
		field, found := v.Type().FieldByName(name)
		if found && len(field.Index) == 1 && field.Type.Kind() == kind {
			return v.FieldByIndex(field.Index), true
		}
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		return fieldOf(wrapper.Unwrap(), name, kind)
	case interface{ Unwrap() []error }:
		for _, err := range wrapper.Unwrap() {
			if field, ok := fieldOf(err, name, kind); ok {
				return field, true
			}
		}
	}
	return reflect.Value{}, false
}
