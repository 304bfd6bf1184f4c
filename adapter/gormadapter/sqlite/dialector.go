package sqlite

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
	"modernc.org/sqlite"
)

// Dialector is GORM's dialect for SQLite. [Open] and [New] make one.
type Dialector struct {
	file string
	db   *sql.DB
}

var (
	_ gorm.Dialector                         = (*Dialector)(nil)
	_ gorm.SavePointerDialectorInterface     = (*Dialector)(nil)
	_ gorm.ErrorTranslator                   = (*Dialector)(nil)
	_ interface{ Apply(*gorm.Config) error } = (*Dialector)(nil)
)

// Open returns the dialect for a file. gorm.Open makes its connection pool with [OpenDB].
func Open(file string) *Dialector { return &Dialector{file: file} }

// New returns the dialect on a connection pool that the caller made with [OpenDB] and closes.
func New(db *sql.DB) *Dialector { return &Dialector{db: db} }

// Name returns sqlite.
func (*Dialector) Name() string { return "sqlite" }

// Apply makes GORM's own timestamps equal to what is read back later: in UTC and milliseconds.
func (*Dialector) Apply(c *gorm.Config) error {
	if c.NowFunc == nil {
		c.NowFunc = func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
	}
	return nil
}

// Initialize opens the pool if [Open] made the dialect, and registers GORM's callbacks.
func (d *Dialector) Initialize(db *gorm.DB) error {
	pool := d.db
	if pool == nil {
		var err error
		if pool, err = OpenDB(d.file); err != nil {
			return err
		}
	}
	db.ConnPool = pool
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses:        []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses:        []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses:        []string{"DELETE", "FROM", "WHERE", "RETURNING"},
		LastInsertIDReversed: true,
	})
	for name, builder := range clauseBuilders() {
		if _, taken := db.ClauseBuilders[name]; !taken {
			db.ClauseBuilders[name] = builder
		}
	}
	return nil
}

// clauseBuilders write the clauses in which SQLite's grammar differs: INSERT OR IGNORE, no OFFSET
// without LIMIT, no locking reads. The modifier of an insert may be IGNORE, as in MySQL, or OR
// IGNORE.
func clauseBuilders() map[string]clause.ClauseBuilder {
	return map[string]clause.ClauseBuilder{
		"INSERT": func(c clause.Clause, b clause.Builder) {
			insert, ok := c.Expression.(clause.Insert)
			if stmt, isStmt := b.(*gorm.Statement); ok && isStmt && insert.Modifier != "" {
				modifier := strings.ToUpper(insert.Modifier)
				stmt.WriteString("INSERT OR " + strings.TrimPrefix(modifier, "OR ") + " INTO ")
				table := insert.Table
				if table.Name == "" {
					table.Name = clause.CurrentTable
				}
				stmt.WriteQuoted(table)
				return
			}
			c.Build(b)
		},
		"LIMIT": func(c clause.Clause, b clause.Builder) {
			limit, ok := c.Expression.(clause.Limit)
			if !ok {
				return
			}
			n := -1
			if limit.Limit != nil && *limit.Limit >= 0 {
				n = *limit.Limit
			}
			if n >= 0 || limit.Offset > 0 {
				b.WriteString("LIMIT " + strconv.Itoa(n))
			}
			if limit.Offset > 0 {
				b.WriteString(" OFFSET " + strconv.Itoa(limit.Offset))
			}
		},
		"FOR": func(c clause.Clause, b clause.Builder) {
			if _, locking := c.Expression.(clause.Locking); !locking {
				c.Build(b)
			}
		},
	}
}

// Migrator returns a [Migrator].
func (d *Dialector) Migrator(db *gorm.DB) gorm.Migrator {
	return Migrator{migrator.Migrator{Config: migrator.Config{DB: db, Dialector: d, CreateIndexAfterCreateTable: true}}}
}

// DataTypeOf returns the column type of a field: text, integer, real, numeric (for booleans),
// datetime, blob, or the type in its tag.
func (*Dialector) DataTypeOf(field *schema.Field) string {
	switch field.DataType {
	case schema.Bool:
		return "numeric"
	case schema.Int, schema.Uint:
		if field.AutoIncrement {
			return "integer PRIMARY KEY AUTOINCREMENT"
		}
		return "integer"
	case schema.Float:
		return "real"
	case schema.String:
		return "text"
	case schema.Time:
		if field.TagSettings["TYPE"] != "" {
			return field.TagSettings["TYPE"]
		}
		return "datetime"
	case schema.Bytes:
		return "blob"
	}
	return string(field.DataType)
}

// DefaultValueOf returns the SQL for a missing value in an insert of several rows. For a column
// that SQLite numbers it is NULL. SQLite has no DEFAULT there, so for other columns the insert
// fails.
func (*Dialector) DefaultValueOf(field *schema.Field) clause.Expression {
	if field.AutoIncrement {
		return clause.Expr{SQL: "NULL"}
	}
	return clause.Expr{SQL: "DEFAULT"}
}

// BindVarTo writes the placeholder of a value.
func (*Dialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { w.WriteByte('?') }

// QuoteTo quotes a name, each part of it if it has dots. Quotes are backticks, because SQLite reads
// an unknown name in double quotes as a text.
func (*Dialector) QuoteTo(w clause.Writer, name string) {
	for i, part := range strings.Split(name, ".") {
		if i > 0 {
			w.WriteByte('.')
		}
		if part == "*" {
			w.WriteByte('*')
			continue
		}
		part = strings.TrimSuffix(strings.TrimPrefix(part, "`"), "`")
		w.WriteString("`" + strings.ReplaceAll(part, "`", "``") + "`")
	}
}

// Explain returns a statement with its values, for logs and for defaults in a table's definition.
func (*Dialector) Explain(sql string, vars ...any) string {
	return logger.ExplainSQL(sql, nil, `'`, vars...)
}

// SavePoint sets a savepoint.
func (*Dialector) SavePoint(tx *gorm.DB, name string) error {
	return tx.Exec("SAVEPOINT " + name).Error
}

// RollbackTo goes back to a savepoint.
func (*Dialector) RollbackTo(tx *gorm.DB, name string) error {
	return tx.Exec("ROLLBACK TO SAVEPOINT " + name).Error
}

// Translate turns SQLite's errors for violated constraints into GORM's, and returns others
// unchanged.
func (*Dialector) Translate(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case uniqueViolation, primaryKeyViolation:
		return gorm.ErrDuplicatedKey
	case foreignKeyViolation:
		return gorm.ErrForeignKeyViolated
	case checkViolation:
		return gorm.ErrCheckConstraintViolated
	}
	return err
}

// Extended result codes of SQLite.
const (
	checkViolation      = 275
	foreignKeyViolation = 787
	primaryKeyViolation = 1555
	uniqueViolation     = 2067
)
