package sqlite

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
)

// ErrRebuild is wrapped by the error for a change that SQLite can make only by copying the table
// into a new one and dropping the old one. With foreign keys on, dropping it deletes the rows of
// other tables that refer to it, if their foreign keys cascade.
//
// Make such a change by hand (https://www.sqlite.org/lang_altertable.html#otheralter), or with a
// tool that switches foreign keys off on the connection that it uses, such as module schemachange.
var ErrRebuild = errors.New("needs a rebuild of the table, which this package does not do")

// Migrator creates tables and adds columns, indexes, and those constraints that SQLite can enforce
// by an index. It returns [ErrRebuild] for changes that require a copy of the table. AutoMigrate
// changes nothing if the database already has what the entities describe.
//
// The methods that report whether something exists return false if the database returns an error,
// and add the error to the *gorm.DB.
type Migrator struct{ migrator.Migrator }

var _ gorm.Migrator = Migrator{}

// CurrentDatabase returns main, which is SQLite's name for the database that was opened.
func (m Migrator) CurrentDatabase() string { return "main" }

// GetTables returns the names of all tables, except SQLite's own.
func (m Migrator) GetTables() (names []string, err error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
	return names, m.DB.Raw(query).Scan(&names).Error
}

// HasTable reports whether there is a table for value, which is an entity or the name of a table.
func (m Migrator) HasTable(value any) bool {
	return m.count(value, func(stmt *gorm.Statement) *gorm.DB {
		return m.DB.Raw("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE",
			stmt.Table)
	}) > 0
}

// HasColumn reports whether the table has the column. The name is that of the column or of the
// field.
func (m Migrator) HasColumn(value any, name string) bool {
	return m.count(value, func(stmt *gorm.Statement) *gorm.DB {
		if stmt.Schema != nil {
			if field := stmt.Schema.LookUpField(name); field != nil {
				name = field.DBName
			}
		}
		return m.DB.Raw("SELECT count(*) FROM pragma_table_xinfo(?) WHERE name = ? COLLATE NOCASE", stmt.Table, name)
	}) > 0
}

// HasIndex reports whether the table has the index. The name is that of the index or of the field.
func (m Migrator) HasIndex(value any, name string) bool {
	return m.count(value, func(stmt *gorm.Statement) *gorm.DB {
		if stmt.Schema != nil {
			if index := stmt.Schema.LookIndex(name); index != nil {
				name = index.Name
			}
		}
		return m.DB.Raw("SELECT count(*) FROM pragma_index_list(?) WHERE name = ? COLLATE NOCASE", stmt.Table, name)
	}) > 0
}

func (m Migrator) count(value any, query func(*gorm.Statement) *gorm.DB) (n int64) {
	if err := m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return query(stmt).Row().Scan(&n)
	}); err != nil {
		m.DB.AddError(err)
	}
	return n
}

// HasConstraint reports whether the table has the constraint with that name. It also accepts a
// foreign key on the same column, or a unique index on it, with another name or without one,
// because SQLite does not require names of constraints.
func (m Migrator) HasConstraint(value any, name string) (has bool) {
	err := m.RunWithValue(value, func(stmt *gorm.Statement) (err error) {
		constraint, table := m.GuessConstraintInterfaceAndTable(stmt, name)
		if constraint != nil {
			name = constraint.GetName()
		}
		switch c := constraint.(type) {
		case *schema.Constraint:
			has, err = m.hasForeignKey(table, c)
		case *schema.UniqueConstraint:
			has, err = m.hasUnique(table, c.Field.DBName)
		}
		if !has && err == nil {
			has, err = m.hasNamed(table, name)
		}
		return err
	})
	if err != nil {
		m.DB.AddError(err)
	}
	return has
}

func (m Migrator) hasForeignKey(table string, c *schema.Constraint) (bool, error) {
	if len(c.ForeignKeys) != 1 {
		return false, nil
	}
	var n int
	err := m.DB.Raw("SELECT count(*) FROM pragma_foreign_key_list(?) WHERE `from` = ? COLLATE NOCASE AND `table` = "+
		"? COLLATE NOCASE",
		table, c.ForeignKeys[0].DBName, c.ReferenceSchema.Table).Row().Scan(&n)
	return n > 0, err
}

func (m Migrator) hasUnique(table, column string) (bool, error) {
	indexes, err := m.indexes(table)
	return slices.ContainsFunc(indexes, func(i index) bool {
		return i.UniqueValue.Bool && !i.partial && len(i.ColumnList) == 1 && strings.EqualFold(i.ColumnList[0], column)
	}), err
}

func (m Migrator) hasNamed(table, name string) (bool, error) {
	var definition string
	err := m.DB.Raw("SELECT coalesce(max(sql), '') FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE",
		table).Row().Scan(&definition)
	if err != nil {
		return false, err
	}
	return regexp.MustCompile("(?i)\\bconstraint\\s+[\"'`\\[]?" + regexp.QuoteMeta(name) +
		"[\"'`\\]]?\\s").MatchString(definition), nil
}

// CreateConstraint creates a unique index for a unique constraint. For other constraints it returns
// [ErrRebuild].
func (m Migrator) CreateConstraint(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		constraint, table := m.GuessConstraintInterfaceAndTable(stmt, name)
		unique, ok := constraint.(*schema.UniqueConstraint)
		if !ok {
			return fmt.Errorf("sqlite: add constraint %s to table %s: %w", name, table, ErrRebuild)
		}
		return m.DB.Exec("CREATE UNIQUE INDEX ? ON ? (?)",
			clause.Column{Name: unique.Name}, clause.Table{Name: table}, clause.Column{Name: unique.Field.DBName}).Error
	})
}

// DropConstraint drops the index if CreateConstraint created one. For other constraints it returns
// [ErrRebuild].
func (m Migrator) DropConstraint(value any, name string) error {
	if m.HasIndex(value, name) {
		return m.DropIndex(value, name)
	}
	return fmt.Errorf("sqlite: drop constraint %s: %w", name, ErrRebuild)
}

// AddColumn adds a column with its unique index, its check and its foreign key. Check and foreign
// key must be part of the statement, because SQLite cannot add them later. A column that is NOT
// NULL needs a default.
func (m Migrator) AddColumn(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		if stmt.Schema == nil {
			return fmt.Errorf("sqlite: add column %s: no schema of table %s", name, stmt.Table)
		}
		field := stmt.Schema.LookUpField(name)
		if field == nil {
			return fmt.Errorf("sqlite: add column %s: no such field in %s", name, stmt.Schema)
		}
		if field.IgnoreMigration {
			return nil
		}
		constraints, vars := m.constraintsOf(stmt.Schema, field)
		column := []any{m.CurrentTable(stmt), clause.Column{Name: field.DBName}, m.FullDataTypeOf(field)}
		if err := m.DB.Exec("ALTER TABLE ? ADD COLUMN ? ?"+constraints, append(column, vars...)...).Error; err != nil {
			return err
		}
		return m.MigrateColumnUnique(value, field, nil)
	})
}

// constraintsOf returns the SQL of a new column's check and foreign key, with its values.
func (m Migrator) constraintsOf(s *schema.Schema, field *schema.Field) (sql string, vars []any) {
	for _, check := range s.ParseCheckConstraints() {
		if check.Field == field {
			sql += " CONSTRAINT ? CHECK (?)"
			vars = append(vars, clause.Column{Name: check.Name}, clause.Expr{SQL: check.Constraint})
		}
	}
	if key := m.foreignKey(s, field); key != nil {
		sql += " CONSTRAINT ? REFERENCES ? (?)" +
			onChange("DELETE", key.OnDelete) + onChange("UPDATE", key.OnUpdate)
		vars = append(vars, clause.Column{Name: key.Name}, clause.Table{Name: key.ReferenceSchema.Table},
			clause.Column{Name: key.References[0].DBName})
	}
	return sql, vars
}

// foreignKey returns the foreign key that consists of field alone. It returns nil if there is none,
// or if GORM is configured not to create foreign keys.
func (m Migrator) foreignKey(s *schema.Schema, field *schema.Field) *schema.Constraint {
	if m.DB.DisableForeignKeyConstraintWhenMigrating || m.DB.IgnoreRelationshipsWhenMigrating {
		return nil
	}
	for _, rel := range s.Relationships.Relations {
		if rel.Field.IgnoreMigration {
			continue
		}
		if c := rel.ParseConstraint(); c != nil && c.Schema == s && len(c.ForeignKeys) == 1 &&
			c.ForeignKeys[0] == field {
			return c
		}
	}
	return nil
}

func onChange(event, action string) string {
	if action == "" {
		return ""
	}
	return " ON " + event + " " + action
}

// AlterColumn always returns [ErrRebuild].
func (m Migrator) AlterColumn(_ any, name string) error {
	return fmt.Errorf("sqlite: alter column %s: %w", name, ErrRebuild)
}

// MigrateColumn adds the unique index of the column if it is missing. If the column differs from
// the field in another way that would make the entity fail or behave differently, it returns
// [ErrRebuild].
func (m Migrator) MigrateColumn(value any, field *schema.Field, column gorm.ColumnType) error {
	if field.IgnoreMigration {
		return nil
	}
	if differs := m.differs(field, column); differs != "" {
		return fmt.Errorf("sqlite: column %s of table %s %s: %w", field.DBName, field.Schema.Table, differs, ErrRebuild)
	}
	return m.MigrateColumnUnique(value, field, column)
}

// differs describes how the column differs from the field, if that would make the entity fail or
// behave differently. Otherwise it returns "". It accepts a default that only the database has, and
// a column that allows NULL.
func (m Migrator) differs(field *schema.Field, column gorm.ColumnType) string {
	want := m.DataTypeOf(field)
	declared, _ := column.ColumnType()
	if affinity(declared) != affinity(want) {
		return fmt.Sprintf("is %s, the entity has %s", declared, want)
	}
	if nullable, _ := column.Nullable(); !nullable && !field.NotNull && !field.PrimaryKey {
		return "is not null, the entity allows null"
	}
	_, wantDefault, ok := strings.Cut(m.FullDataTypeOf(field).SQL, " DEFAULT ")
	if ok && !field.PrimaryKey {
		if have, _ := column.DefaultValue(); plainDefault(have) != plainDefault(wantDefault) {
			return fmt.Sprintf("has default %q, the entity %q", plainDefault(have), plainDefault(wantDefault))
		}
	}
	return ""
}

// affinity returns SQLite's affinity of a declared type (https://www.sqlite.org/datatype3.html §
// 3.1), but NUMERIC for INTEGER, because both store numbers in the same way.
func affinity(declared string) string {
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
	}
	return "NUMERIC"
}

// plainDefault removes the parentheses and quotes around a default, so that 'A', "A" and ('A') are
// equal, and returns 1 and 0 for true and false.
func plainDefault(sql string) string {
	for len(sql) > 1 && sql[0] == '(' && sql[len(sql)-1] == ')' {
		sql = sql[1 : len(sql)-1]
	}
	if len(sql) > 1 && (sql[0] == '\'' || sql[0] == '"') && sql[0] == sql[len(sql)-1] {
		quote := sql[:1]
		return strings.ReplaceAll(sql[1:len(sql)-1], quote+quote, quote)
	}
	switch strings.ToLower(sql) {
	case "true":
		return "1"
	case "false":
		return "0"
	case "null":
		return ""
	}
	return sql
}

// MigrateColumnUnique adds the unique index of a unique field if it is missing. It never drops an
// index.
func (m Migrator) MigrateColumnUnique(value any, field *schema.Field, _ gorm.ColumnType) error {
	if !field.Unique || field.PrimaryKey {
		return nil
	}
	has, err := m.hasUnique(field.Schema.Table, field.DBName)
	if has || err != nil {
		return err
	}
	return m.CreateConstraint(value, m.DB.NamingStrategy.UniqueName(field.Schema.Table, field.DBName))
}
