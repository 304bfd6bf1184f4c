package schemachange

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	orm "gorm.io/gorm/schema"
)

// engine is one kind of database. It writes the schema of an empty database.
type engine interface {
	// offlinePlanner returns the part of Atlas that writes SQL without a connection.
	offlinePlanner() migrate.PlanApplier

	// setType gives a column the type that GORM has for the field.
	setType(c *schema.Column, sqlType string, f *orm.Field) error

	// setTableOptions gives a table the options that every new table has.
	setTableOptions(t *schema.Table)

	// setIndexOptions gives an index the options of its tag. It returns an error if the database
	// does not have such an option.
	setIndexOptions(i *schema.Index, from *orm.Index) error

	// setPrefixLength makes an index use only the first characters of a column.
	setPrefixLength(part *schema.IndexPart, length int)
}

// liveEngine is an engine that can also compare and change a live database.
type liveEngine interface {
	engine

	// open returns Atlas's driver on a connection.
	open(q schema.ExecQuerier) (migrate.Driver, error)

	// matchCollation gives the tables a collation with which their foreign keys can refer to the
	// users' table, which is the first of the tables.
	matchCollation(ctx context.Context, q schema.ExecQuerier, tables []*schema.Table) error

	// normalize copies from live to want what the database treats as the same but writes in another
	// way, so that it is not reported as a difference. It returns the changes that Atlas would not
	// find: those of checks, and of types that Atlas takes for the same.
	normalize(ctx context.Context, q schema.ExecQuerier, live, want *schema.Table) ([]schema.Change, error)

	// refuses reports whether the database never changes this column to the new type, whatever the
	// rows are.
	refuses(ctx context.Context, q schema.ExecQuerier, t *schema.Table, c *schema.ModifyColumn) (bool, error)

	// preserve finds the objects that Atlas would lose when it rebuilds the table. It removes them
	// from live and returns them.
	preserve(ctx context.Context, q schema.ExecQuerier, live, want *schema.Table) (preserved, error)

	// finish turns Atlas's plan into statements, and adds those that create again what a rebuild
	// must preserve. tables has what that is, by the name of the table. If ownTransaction is true,
	// the statements must begin their own transaction.
	finish(p *migrate.Plan, tables map[string]preserved) (list []Statement, ownTransaction bool, err error)

	// planOnly calls plan while no other process changes the schema, and undoes what plan writes.
	planOnly(ctx context.Context, conn *sql.Conn, plan planFunc) (*Plan, error)

	// planAndRun calls plan and runs what it returns, under a lock that only one process can have.
	// If it returns an error, the schema is as it was.
	planAndRun(ctx context.Context, conn *sql.Conn, plan planFunc) (*Plan, error)

	// retryable reports whether planAndRun may succeed if it is called again.
	retryable(err error) bool

	// rightCure says what to grant if the user of the database lacks a right, or returns "".
	rightCure(err error) string
}

// planFunc makes a plan on a connection or a transaction.
type planFunc func(schema.ExecQuerier) (*Plan, error)

// preserved is what a rebuild of a table must not lose.
type preserved struct {
	objects []preservedObject

	// obstacle is a word of the table's definition that a rebuild would lose, or empty. If it is
	// not empty, the table cannot be rebuilt.
	obstacle string
}

// preservedObject is an index or a trigger, with the statement that creates it again.
type preservedObject struct{ name, create string }

// engineFor returns the engine for a dialect, or an error that lists the dialects.
func engineFor(dialect string) (engine, error) {
	switch dialect {
	case "sqlite":
		return sqliteEngine{}, nil
	case "postgres":
		return postgresEngine{}, nil
	case "mysql":
		return mysqlEngine{collation: "utf8mb4_0900_bin"}, nil
	case "mariadb":
		return mysqlEngine{collation: "utf8mb4_nopad_bin"}, nil
	case "sqlserver":
		return sqlserverEngine{}, nil
	}
	return nil, fmt.Errorf("schemachange: dialect %q: %w", dialect, errDialect)
}

var errDialect = errors.New("want sqlite, postgres, mysql, mariadb or sqlserver")

var nullClause = regexp.MustCompile(`(?i)\s+(not\s+)?null\s*$`)

// cutNull returns a type without the NULL or NOT NULL at its end, and sets that in the column. An
// example is the tag `gorm:"type:text NOT NULL"`.
func cutNull(c *schema.Column, sqlType string) string {
	m := nullClause.FindStringSubmatch(sqlType)
	if m == nil {
		return strings.TrimSpace(sqlType)
	}
	if m[1] != "" {
		c.Type.Null = false
	}
	return strings.TrimSpace(strings.TrimSuffix(sqlType, m[0]))
}

// checkClass returns an error if the database does not have indexes of this class.
func checkClass(index *orm.Index, known ...string) error {
	if index.Class == "" || index.Class == "UNIQUE" || slices.Contains(known, index.Class) {
		return nil
	}
	return fmt.Errorf("class %s: this database has no such indexes", index.Class)
}

func execAll(ctx context.Context, q schema.ExecQuerier, statements ...string) error {
	for _, s := range statements {
		if _, err := q.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// queryPairs runs a query for two text columns and returns its rows. NULL becomes the empty string.
func queryPairs(ctx context.Context, q schema.ExecQuerier, query string, args ...any) (pairs [][2]string, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var first, second sql.NullString
		if err := rows.Scan(&first, &second); err != nil {
			return nil, err
		}
		pairs = append(pairs, [2]string{first.String, second.String})
	}
	return pairs, rows.Err()
}
