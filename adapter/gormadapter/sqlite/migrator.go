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
// into a new one and dropping the old one. With foreign keys on, that deletes the rows that point
// to it. Make such a change by hand (https://www.sqlite.org/lang_altertable.html#otheralter), or
// with a tool that switches foreign keys off on the one connection that it uses.
var ErrRebuild = errors.New("needs a rebuild of the table, which this package does not do")

// Migrator creates tables, and adds columns, indexes, and constraints that an index can express. It
// returns [ErrRebuild] for changes that would rebuild a table. AutoMigrate changes nothing if the
// database has the entities already.
type Migrator struct{ migrator.Migrator }

var _ gorm.Migrator = Migrator{}

// CurrentDatabase returns main.
func (m Migrator) CurrentDatabase() string { return "main" }

// GetTables returns the names of all tables.
func (m Migrator) GetTables() (names []string, err error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
	return names, m.DB.Raw(query).Scan(&names).Error
}

// HasTable reports whether there is a table for value, an entity or a name.
func (m Migrator) HasTable(value any) bool {
	return m.count(value, func(stmt *gorm.Statement) *gorm.DB {
		return m.DB.Raw("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE",
			stmt.Table)
	}) > 0
}

// HasColumn reports whether the table has the column, given by its name or that of the field.
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

// HasIndex reports whether the table has the index.
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

// HasConstraint reports whether the table has the constraint. It looks for the name. A foreign key
// or a unique column it also recognizes without a name, because SQLite does not require names.
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

// CreateConstraint creates a unique index for a unique constraint. For others it returns
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

// DropConstraint drops the index that CreateConstraint created. For other constraints it returns
// [ErrRebuild].
func (m Migrator) DropConstraint(value any, name string) error {
	if m.HasIndex(value, name) {
		return m.DropIndex(value, name)
	}
	return fmt.Errorf("sqlite: drop constraint %s: %w", name, ErrRebuild)
}

// AddColumn adds a column with its unique index, its check and its foreign key; SQLite cannot add
// the last two later. A column that is not null needs a default.
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
		query := "ALTER TABLE ? ADD COLUMN ? ?"
		vars := []any{m.CurrentTable(stmt), clause.Column{Name: field.DBName}, m.FullDataTypeOf(field)}
		for _, check := range stmt.Schema.ParseCheckConstraints() {
			if check.Field == field {
				query += " CONSTRAINT ? CHECK (?)"
				vars = append(vars, clause.Column{Name: check.Name}, clause.Expr{SQL: check.Constraint})
			}
		}
		if key := m.foreignKey(stmt.Schema, field); key != nil {
			query += " CONSTRAINT ? REFERENCES ? (?)" +
				onChange("DELETE", key.OnDelete) + onChange("UPDATE", key.OnUpdate)
			vars = append(vars, clause.Column{Name: key.Name}, clause.Table{Name: key.ReferenceSchema.Table},
				clause.Column{Name: key.References[0].DBName})
		}
		if err := m.DB.Exec(query, vars...).Error; err != nil {
			return err
		}
		return m.MigrateColumnUnique(value, field, nil)
	})
}

// foreignKey returns the foreign key that consists of field alone, or nil if there is none or
// migrations create none.
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

// AlterColumn returns [ErrRebuild].
func (m Migrator) AlterColumn(_ any, name string) error {
	return fmt.Errorf("sqlite: alter column %s: %w", name, ErrRebuild)
}

// MigrateColumn adds a missing unique index. If the column differs in another way that matters to
// the entity, it returns [ErrRebuild].
func (m Migrator) MigrateColumn(value any, field *schema.Field, column gorm.ColumnType) error {
	if field.IgnoreMigration {
		return nil
	}
	if differs := m.differs(field, column); differs != "" {
		return fmt.Errorf("sqlite: column %s of table %s %s: %w", field.DBName, field.Schema.Table, differs, ErrRebuild)
	}
	return m.MigrateColumnUnique(value, field, column)
}

// differs describes the difference between column and entity that would make the entity fail or
// behave differently, or returns "". A default that only the database has does no harm, nor does a
// column that allows NULL.
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

// affinity returns SQLite's affinity of a declared type
// (https://www.sqlite.org/datatype3.html § 3.1). It returns NUMERIC for INTEGER too, because both
// store numbers alike.
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

// plainDefault removes parentheses and quotes that mean nothing to SQLite, so that 'A', "A" and
// ('A') are equal.
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

// MigrateColumnUnique adds the unique index of a unique field if it is missing. It never drops one.
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
