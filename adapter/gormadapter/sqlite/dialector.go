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

// Dialector is GORM's dialect for SQLite. [Open] and [New] make one. Its methods may be called
// concurrently.
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

// Open returns the dialect for a file. gorm.Open then opens a connection pool with [OpenDB] and
// returns its error. To close the pool, close what gorm.DB's method DB returns.
func Open(file string) *Dialector { return &Dialector{file: file} }

// New returns the dialect on a connection pool that the caller made with [OpenDB]. The caller
// closes the pool.
func New(db *sql.DB) *Dialector { return &Dialector{db: db} }

// Name returns sqlite.
func (*Dialector) Name() string { return "sqlite" }

// Apply makes GORM set its own timestamps, such as CreatedAt, in UTC and milliseconds, so that they
// are equal to what is read back later. It keeps a NowFunc of the application.
func (*Dialector) Apply(c *gorm.Config) error {
	if c.NowFunc == nil {
		c.NowFunc = func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
	}
	return nil
}

// Initialize opens the connection pool if [Open] made the dialect, and registers GORM's callbacks.
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

// clauseBuilders has the clauses that GORM would write in a way that SQLite does not understand.
func clauseBuilders() map[string]clause.ClauseBuilder {
	return map[string]clause.ClauseBuilder{"INSERT": buildInsert, "LIMIT": buildLimit, "FOR": buildFor}
}

// buildInsert writes INSERT OR IGNORE and similar clauses. The modifier of an insert may be IGNORE,
// as in MySQL, or OR IGNORE.
func buildInsert(c clause.Clause, b clause.Builder) {
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
}

// buildLimit writes a LIMIT before each OFFSET, because SQLite has no OFFSET without LIMIT.
func buildLimit(c clause.Clause, b clause.Builder) {
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
}

// buildFor leaves out FOR UPDATE and FOR SHARE, because SQLite does not lock rows.
func buildFor(c clause.Clause, b clause.Builder) {
	if _, locking := c.Expression.(clause.Locking); !locking {
		c.Build(b)
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

// DefaultValueOf returns the SQL for a missing value in an insert of several rows: NULL for a
// column that SQLite numbers. For other columns it is DEFAULT, which SQLite does not allow there,
// so the insert fails.
func (*Dialector) DefaultValueOf(field *schema.Field) clause.Expression {
	if field.AutoIncrement {
		return clause.Expr{SQL: "NULL"}
	}
	return clause.Expr{SQL: "DEFAULT"}
}

// BindVarTo writes the placeholder of a value.
func (*Dialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { w.WriteByte('?') }

// QuoteTo quotes a name. If the name has dots, it quotes each part. It uses backticks, because
// SQLite reads a name in double quotes as a text if there is no such column.
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

// Explain returns a statement with its values in it, for logs and for defaults in the definition of
// a table. It is not for running.
func (*Dialector) Explain(sql string, vars ...any) string {
	return logger.ExplainSQL(sql, nil, `'`, vars...)
}

// SavePoint sets a savepoint.
func (*Dialector) SavePoint(tx *gorm.DB, name string) error {
	return tx.Exec("SAVEPOINT " + name).Error
}

// RollbackTo undoes what was done after the savepoint. The savepoint stays.
func (*Dialector) RollbackTo(tx *gorm.DB, name string) error {
	return tx.Exec("ROLLBACK TO SAVEPOINT " + name).Error
}

// Translate returns GORM's error for an error of SQLite that says that a constraint was violated.
// It returns other errors unchanged.
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
