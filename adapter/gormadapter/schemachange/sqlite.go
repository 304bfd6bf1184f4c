package schemachange

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	orm "gorm.io/gorm/schema"
)

type sqliteEngine struct{}

func (sqliteEngine) open(q schema.ExecQuerier) (migrate.Driver, error) { return sqlite.Open(q) }
func (sqliteEngine) offlinePlanner() migrate.PlanApplier               { return sqlite.DefaultPlan }

var sqlitePrimaryKey = regexp.MustCompile(`(?i)\s+primary\s+key(\s+autoincrement)?`)

func (sqliteEngine) setType(c *schema.Column, sqlType string, f *orm.Field) error {
	if f.AutoIncrement {
		c.Attrs = append(c.Attrs, &sqlite.AutoIncrement{})
	}
	// SQLite allows NULL in a primary key unless it is declared NOT NULL. GORM declares it only if
	// the tag does.
	c.Type.Null = !f.NotNull && !f.AutoIncrement
	var err error
	c.Type.Raw = cutNull(c, sqlitePrimaryKey.ReplaceAllString(sqlType, ""))
	c.Type.Type, err = sqlite.ParseType(c.Type.Raw)
	return err
}

func (sqliteEngine) setTableOptions(*schema.Table) {}

func (sqliteEngine) setIndexOptions(i *schema.Index, from *orm.Index) error {
	if from.Where != "" {
		i.AddAttrs(&sqlite.IndexPredicate{P: from.Where})
	}
	return checkClass(from)
}

// setPrefixLength does nothing: SQLite has no indexes on prefixes.
func (sqliteEngine) setPrefixLength(*schema.IndexPart, int) {}

// matchCollation does nothing: foreign keys need no common collation.
func (sqliteEngine) matchCollation(context.Context, schema.ExecQuerier, []*schema.Table) error {
	return nil
}

func (sqliteEngine) normalize(
	_ context.Context, _ schema.ExecQuerier, live, want *schema.Table,
) ([]schema.Change, error) {
	for _, w := range want.Columns {
		l, ok := findColumn(live, w.Name)
		if !ok {
			// A new column. Atlas would rebuild the table for the column's indexes, although it is
			// enough to create them.
			w.Indexes = nil
			continue
		}
		if attribute[*sqlite.AutoIncrement](w.Attrs) != nil {
			w.Type.Null = l.Type.Null // it never contains NULL, even if it is not declared NOT NULL
		}
		if comparisonType(l.Type.Raw) == comparisonType(w.Type.Raw) {
			w.Type.Type = l.Type.Type
		}
		if w.Default != nil && l.Default != nil && normalizeDefault(w.Default) == normalizeDefault(l.Default) {
			w.Default = l.Default
		}
	}
	return changedChecks(live, want, func(l, w *schema.Check) bool {
		return normalizeExpression(l.Expr) != normalizeExpression(w.Expr)
	}), nil
}

// refuses reports false: which values can be converted depends on the rows.
func (sqliteEngine) refuses(context.Context, schema.ExecQuerier, *schema.Table, *schema.ModifyColumn) (bool, error) {
	return false, nil
}

// comparisonType returns the part of a declared type that makes a difference: SQLite's affinity
// (https://www.sqlite.org/datatype3.html § 3.1), with two exceptions. It returns NUMERIC for
// INTEGER, because both store numbers in the same way. It returns TIME for times, because drivers
// decide by the declared type which Go type they return.
//
// Package gormadapter/sqlite has a similar function without TIME, for the changes that AutoMigrate
// must refuse. The two packages decide separately what is a difference, so they share no code.
func comparisonType(declared string) string {
	declared = strings.ToUpper(declared)
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(declared, part) })
	}
	switch {
	case has("INT"):
		return "NUMERIC"
	case has("CHAR", "CLOB", "TEXT"):
		return "TEXT"
	case has("BLOB"), declared == "":
		return "BLOB"
	case has("REAL", "FLOA", "DOUB"):
		return "REAL"
	case has("DATE", "TIME"):
		return "TIME"
	}
	return "NUMERIC"
}

// normalizeDefault returns the same text for defaults that SQLite treats as the same: 'A', "A" and
// ('A'), or true and 1.
func normalizeDefault(x schema.Expr) string {
	text := normalizeExpression(defaultText(x))
	switch strings.ToLower(text) {
	case "true":
		return "1"
	case "false":
		return "0"
	}
	return strings.Trim(text, "'")
}

// planOnly reads in a transaction and rolls it back.
func (sqliteEngine) planOnly(ctx context.Context, conn *sql.Conn, plan planFunc) (*Plan, error) {
	if err := execAll(ctx, conn, "BEGIN DEFERRED"); err != nil {
		return nil, err
	}
	p, err := callPlan(conn, plan)
	return p, errors.Join(err, execAll(context.WithoutCancel(ctx), conn, "ROLLBACK"))
}

// planAndRun switches foreign keys off, because the plan may rebuild a table, and afterwards
// restores the setting.
func (sqliteEngine) planAndRun(ctx context.Context, conn *sql.Conn, plan planFunc) (*Plan, error) {
	var foreignKeys bool
	if err := conn.QueryRowContext(ctx, "PRAGMA foreign_keys").Scan(&foreignKeys); err != nil {
		return nil, err
	}
	p, err := planAndCommit(ctx, conn, plan)
	restore := []string{"PRAGMA legacy_alter_table = OFF", "PRAGMA foreign_keys = OFF"}
	if foreignKeys {
		restore[1] = "PRAGMA foreign_keys = ON"
	}
	if restoreErr := execAll(context.WithoutCancel(ctx), conn, restore...); restoreErr != nil {
		err = errors.Join(err, discard(conn)) // the pool must not get a connection with foreign keys switched off
	}
	return p, err
}

func planAndCommit(ctx context.Context, conn *sql.Conn, plan planFunc) (*Plan, error) {
	if err := execAll(ctx, conn, "PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	p, err := callPlan(conn, plan)
	if err == nil {
		err = run(ctx, conn, p.Up)
	}
	if err == nil {
		err = execAll(ctx, conn, "COMMIT")
	}
	if err != nil {
		// Ignore the error: the driver itself may have rolled back, as it does when ctx ends.
		_ = execAll(context.WithoutCancel(ctx), conn, "ROLLBACK")
	}
	return p, err
}

// retryable reports whether the error is SQLITE_BUSY, which is 5 in the lowest byte of the result
// code.
func (sqliteEngine) retryable(err error) bool {
	var coded interface{ Code() int }
	return errors.As(err, &coded) && coded.Code()&0xff == 5 ||
		strings.Contains(err.Error(), "database is locked")
}
