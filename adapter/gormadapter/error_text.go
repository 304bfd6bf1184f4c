package gormadapter

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/cardea-auth/cardea"
	"gorm.io/gorm"
)

// valueFreeError is an error whose text contains no value of a row. Errors of databases and drivers
// do: "Duplicate entry 'ann@example.com' for key …", "invalid input syntax for type uuid: …", the
// text of a trigger. They end up in logs. So their text is not used, whatever it says: the adapter
// describes them by code or type. errors.As still finds the original.
type valueFreeError struct {
	text string
	err  error // the original, or nil
}

// Error returns the description.
func (e *valueFreeError) Error() string { return e.text }

// Unwrap returns the original.
func (e *valueFreeError) Unwrap() error { return e.err }

// withoutValues returns err with a text that contains no value of a row. Its text stays if a part
// of it was described already.
func (c errorClassifier) withoutValues(err error) error {
	var described *valueFreeError
	if err == nil || errors.As(err, &described) {
		return err
	}
	return &valueFreeError{c.describe(err), err}
}

// withoutServerText is withoutValues for an error of a database's server. Others it returns
// unchanged.
func (c errorClassifier) withoutServerText(err error) error {
	if _, ok := describeCode(err); !ok {
		return err
	}
	return c.withoutValues(err)
}

// originalText returns the text that withoutValues has replaced.
func originalText(err error) string {
	var described *valueFreeError
	if errors.As(err, &described) && described.err != nil {
		return described.err.Error()
	}
	return err.Error()
}

// describe describes an error by its code and by the tables, columns and constraints of the adapter
// that its text mentions. Only the texts of constant errors and of network errors are used.
func (c errorClassifier) describe(err error) string {
	for _, constant := range append(constantErrors(), c.constant...) {
		if errors.Is(err, constant) {
			return constant.Error()
		}
	}
	var setting errSyncWait
	if errors.As(err, &setting) {
		return setting.Error()
	}
	text, ok := describeCode(err)
	if !ok {
		if text, ok = describeNetwork(err); ok {
			return text
		}
		text = fmt.Sprintf("error of type %T", innermost(err))
	}
	if names := c.namesIn(err.Error()); len(names) > 0 {
		text += " about " + strings.Join(names, ", ")
	}
	if cure := c.cure(err); cure != "" {
		text += ": " + cure
	}
	return text
}

// cure says what to do about an error, or returns "".
func (c errorClassifier) cure(err error) string {
	switch {
	case c.isSchemaMissing(err) && c.dialect == postgreSQLDialect:
		// PostgreSQL does not look for tables in a schema without this right.
		return "a table or column is missing; " + migrateCure +
			"; if it is there, the user of the database lacks USAGE on its schema"
	case c.isSchemaMissing(err):
		return "a table or column is missing; " + migrateCure
	case c.hasCode(err, missingRight):
		return rightCures[c.dialect]
	}
	return ""
}

// rightCures say what to do if the database's user may not do what a statement does.
var rightCures = map[dialect]string{
	postgreSQLDialect: "the user of the database lacks a right: GRANT USAGE ON SCHEMA and GRANT SELECT, INSERT, " +
		"UPDATE, DELETE ON its tables, and for Adapter.Migrate GRANT CREATE ON SCHEMA and make it the owner of the " +
		"tables; " + rightsPage,
	mySQLDialect: "the user of the database lacks a right: GRANT SELECT, INSERT, UPDATE, DELETE ON the database, " +
		"and for Adapter.Migrate also CREATE, ALTER, INDEX, REFERENCES; " + rightsPage,
	sqliteDialect: "the program cannot write: let its user write the file and its folder, in which SQLite " +
		"creates files too; " + rightsPage,
}

// rightsPage is where the documentation says more.
const rightsPage = "https://github.com/cardea-auth/cardea/blob/main/docs/databases.md#rights"

// migrateCure says what to do about a table or column that the database does not have.
const migrateCure = "call Adapter.Migrate once, run your own migrations, or add Adapter.Entities to them: " +
	missingTablePage

// missingTablePage is where the documentation says more.
const missingTablePage = "https://github.com/cardea-auth/cardea/blob/main/docs/migrations.md#if-a-table-is-missing"

// constantErrors are errors whose texts are constants.
func constantErrors() []error {
	return []error{
		context.Canceled, context.DeadlineExceeded,
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
		sql.ErrConnDone, sql.ErrNoRows, sql.ErrTxDone, driver.ErrBadConn,
		cardea.ErrUserDeleted, cardea.ErrNotFound, cardea.ErrConflict, errNoTransaction,
		gorm.ErrCheckConstraintViolated, gorm.ErrDuplicatedKey, gorm.ErrForeignKeyViolated,
		gorm.ErrInvalidTransaction, gorm.ErrMissingWhereClause, gorm.ErrPrimaryKeyRequired,
		gorm.ErrRecordNotFound,
	}
}

// describeCode describes the code of a database's error. It reports false if err has none.
func describeCode(err error) (text string, ok bool) {
	var stated interface{ SQLState() string } // github.com/jackc/pgx, github.com/lib/pq
	if errors.As(err, &stated) {
		return "SQLSTATE " + stated.SQLState(), true
	}
	var numbered interface{ SQLErrorNumber() int32 } // github.com/microsoft/go-mssqldb
	if errors.As(err, &numbered) {
		return fmt.Sprintf("SQL Server error %d", numbered.SQLErrorNumber()), true
	}
	if number, ok := errorNumber(err); ok {
		return fmt.Sprintf("MySQL error %d", number), true
	}
	if code, ok := sqliteCode(err); ok {
		text := sqliteTexts[code&0xff] // of the primary code
		return strings.TrimSpace(fmt.Sprintf("SQLite error %d %s", code, text)), true
	}
	return "", false
}

// describeNetwork describes a failed connection, whose text contains addresses at most.
func describeNetwork(err error) (text string, ok bool) {
	var operation *net.OpError
	if errors.As(err, &operation) {
		return operation.Error(), true
	}
	var name *net.DNSError
	if errors.As(err, &name) {
		return name.Error(), true
	}
	return "", false
}

// innermost returns the error that others wrap. Its type says more than theirs.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

var identifier = regexp.MustCompile(`[\pL_][\pL\pN_$]*`)

// namesIn returns the names of the adapter's tables, columns and constraints that are in a text, in
// its order. A value is not among them.
func (c errorClassifier) namesIn(text string) (names []string) {
	for _, name := range identifier.FindAllString(text, -1) {
		if c.schemaNames[name] && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// schemaNames returns the names of tables, columns, indexes and constraints.
func (t tables) schemaNames() map[string]bool {
	names := map[string]bool{}
	for _, table := range t.inOrder() {
		s := table.schema
		names[s.Table[strings.LastIndexByte(s.Table, '.')+1:]] = true
		for _, column := range s.DBNames {
			names[column] = true
			for _, constraint := range constraints(s, s.FieldsByDBName[column]) {
				names[constraint] = true
			}
		}
		for _, index := range table.indexes {
			names[index] = true
		}
	}
	return names
}

// sqliteTexts are SQLite's texts of its primary result codes (https://www.sqlite.org/rescode.html).
var sqliteTexts = map[int]string{
	1: "SQL logic error", 3: "access permission denied", 4: "query aborted", 5: "database is locked",
	6: "database table is locked", 7: "out of memory", 8: "attempt to write a readonly database", 9: "interrupted",
	10: "disk I/O error", 11: "database disk image is malformed", 13: "database or disk is full",
	14: "unable to open database file", 15: "locking protocol", 17: "database schema has changed",
	18: "string or blob too big", 19: "constraint failed", 20: "datatype mismatch",
	21: "bad parameter or other API misuse",
	23: "authorization denied", 25: "column index out of range", 26: "file is not a database",
}
