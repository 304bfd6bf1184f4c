package schemachange

import (
	"errors"
	"fmt"
	"strings"
)

// rightsPage is where the documentation says more about rights.
const rightsPage = "https://github.com/cardea-auth/cardea/blob/main/docs/databases.md#rights"

// describe adds what the errors of Diff and Apply have in common: the package, and what to grant if
// the user of the database lacks a right.
func (d *liveDatabase) describe(err error) error {
	if cure := d.engine.rightCure(err); cure != "" {
		return fmt.Errorf("schemachange: %w; %s; %s", withoutValues(err), cure, rightsPage)
	}
	return fmt.Errorf("schemachange: %w", withoutValues(err))
}

// rightCure knows three errors. PostgreSQL skips a schema that the user may not use, so that no
// schema is left, and hides a table on which the user has no right, so that it seems to be missing
// until it is created.
func (postgresEngine) rightCure(err error) string {
	state := ""
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		state = coded.SQLState()
	}
	noSchema := strings.Contains(err.Error(), "current_schema() defined in search_path was not found")
	if state != "42501" && state != "42P07" && !noSchema {
		return ""
	}
	return "the user of the database lacks a right: GRANT USAGE, CREATE ON SCHEMA and make it the owner of the " +
		"tables; if the database does not allow it to everybody, also GRANT TEMPORARY ON DATABASE"
}

func (mysqlEngine) rightCure(err error) string {
	if !hasMySQLError(err, 1044, 1142, 1143) {
		return ""
	}
	return "the user of the database lacks a right: GRANT SELECT, CREATE, ALTER, INDEX, REFERENCES, DROP, CREATE " +
		"TEMPORARY TABLES ON the database"
}

// rightCure knows SQLITE_READONLY, which is 8 in the lowest byte of the result code.
func (sqliteEngine) rightCure(err error) string {
	var coded interface{ Code() int }
	if !(errors.As(err, &coded) && coded.Code()&0xff == 8) &&
		!strings.Contains(err.Error(), "attempt to write a readonly database") {
		return ""
	}
	return "the program cannot write: let its user write the file and its folder, in which SQLite creates files too"
}
