package schemachange

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	orm "gorm.io/gorm/schema"
)

// sqlserverEngine writes only the schema of an empty database. It is not a liveEngine, because
// Atlas's open-source library does not support SQL Server.
type sqlserverEngine struct{}

func (sqlserverEngine) offlinePlanner() migrate.PlanApplier { return sqlserverPlanner{} }

func (sqlserverEngine) setType(c *schema.Column, sqlType string, _ *orm.Field) error {
	c.Type.Raw, c.Type.Type = sqlType, &schema.UnsupportedType{T: sqlType}
	return nil
}

func (sqlserverEngine) setTableOptions(*schema.Table) {}

// sqlserverCondition is the condition of a filtered index.
type sqlserverCondition struct {
	schema.Attr
	where string
}

func (sqlserverEngine) setIndexOptions(i *schema.Index, from *orm.Index) error {
	if from.Where != "" {
		i.AddAttrs(&sqlserverCondition{where: from.Where})
	}
	return checkClass(from)
}

// setPrefixLength does nothing: SQL Server has no indexes on prefixes.
func (sqlserverEngine) setPrefixLength(*schema.IndexPart, int) {}

type sqlserverPlanner struct{}

var _ migrate.PlanApplier = sqlserverPlanner{}

// ApplyChanges always returns errors.ErrUnsupported.
func (sqlserverPlanner) ApplyChanges(context.Context, []schema.Change, ...migrate.PlanOption) error {
	return errors.ErrUnsupported
}

// PlanChanges returns the statements that create schemas and tables, and after them the foreign
// keys. It returns errors.ErrUnsupported for any other change.
func (sqlserverPlanner) PlanChanges(
	_ context.Context, name string, changes []schema.Change, _ ...migrate.PlanOption,
) (*migrate.Plan, error) {
	p := &migrate.Plan{Name: name, Transactional: true, Reversible: true}
	var keys []*migrate.Change
	for _, c := range changes {
		switch c := c.(type) {
		case *schema.AddSchema:
			p.Changes = append(p.Changes, createSchema(c.S.Name))
		case *schema.AddTable:
			p.Changes = append(p.Changes, createTable(c.T))
			for _, i := range c.T.Indexes {
				p.Changes = append(p.Changes, createIndex(c.T, i))
			}
			for _, key := range c.T.ForeignKeys {
				keys = append(keys, createForeignKey(c.T, key))
			}
		default:
			return nil, fmt.Errorf("%T: %w", c, errors.ErrUnsupported)
		}
	}
	p.Changes = append(p.Changes, keys...)
	return p, nil
}

func createSchema(name string) *migrate.Change {
	return &migrate.Change{
		Cmd: fmt.Sprintf("IF SCHEMA_ID(%s) IS NULL EXEC(%s)",
			quoteText(name), quoteText("CREATE SCHEMA "+bracket(name))),
		Reverse: "DROP SCHEMA " + bracket(name),
		Comment: "create schema " + name,
	}
}

func createTable(t *schema.Table) *migrate.Change {
	var lines []string
	for _, c := range t.Columns {
		lines = append(lines, columnDefinition(t, c))
	}
	if t.PrimaryKey != nil {
		lines = append(lines, fmt.Sprintf("CONSTRAINT %s PRIMARY KEY%s (%s)",
			bracket(t.Name+"_pkey"), nonclustered(t.PrimaryKey), partList(t.PrimaryKey)))
	}
	for _, check := range t.Checks() {
		lines = append(lines, fmt.Sprintf("CONSTRAINT %s CHECK (%s)", bracket(check.Name), check.Expr))
	}
	return &migrate.Change{
		Cmd:     "CREATE TABLE " + tableName(t) + " (\n\t" + strings.Join(lines, ",\n\t") + "\n)",
		Reverse: "DROP TABLE " + tableName(t),
		Comment: "create table " + t.Name,
	}
}

func columnDefinition(t *schema.Table, c *schema.Column) string {
	definition := bracket(c.Name) + " " + c.Type.Raw + " NOT NULL"
	if c.Type.Null {
		definition = bracket(c.Name) + " " + c.Type.Raw + " NULL"
	}
	if c.Default != nil {
		definition += fmt.Sprintf(" CONSTRAINT %s DEFAULT %s",
			bracket(t.Name+"_"+c.Name+"_default"), sqlserverDefault(c.Default))
	}
	return definition
}

// nonclustered returns NONCLUSTERED for a primary key of texts that may be longer than 900 bytes,
// which is SQL Server's limit for a clustered key. The limit for other keys is 1,700 bytes.
func nonclustered(key *schema.Index) string {
	bytes := 0
	for _, part := range key.Parts {
		var characters int
		if _, err := fmt.Sscanf(part.C.Type.Raw, "nvarchar(%d)", &characters); err == nil {
			bytes += 2 * characters
		}
	}
	if bytes > 900 {
		return " NONCLUSTERED"
	}
	return ""
}

// sqlserverDefault returns a default as SQL. It writes 1 and 0 for true and false.
func sqlserverDefault(x schema.Expr) string {
	l, ok := x.(*schema.Literal)
	if !ok {
		return expressionText(x)
	}
	switch l.V {
	case "true":
		return "1"
	case "false":
		return "0"
	}
	return l.V
}

func createIndex(t *schema.Table, i *schema.Index) *migrate.Change {
	unique := ""
	if i.Unique {
		unique = "UNIQUE "
	}
	return &migrate.Change{
		Cmd: fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)%s",
			unique, bracket(i.Name), tableName(t), partList(i), whereClause(i)),
		Reverse: "DROP INDEX " + bracket(i.Name) + " ON " + tableName(t),
		Comment: "create index " + i.Name,
	}
}

// whereClause returns the condition of an index. The condition of a unique index leaves out rows
// with NULL, because SQL Server, unlike the other databases, treats two NULLs as equal.
func whereClause(i *schema.Index) string {
	if condition := attribute[*sqlserverCondition](i.Attrs); condition != nil {
		return " WHERE " + condition.where
	}
	var conditions []string
	for _, part := range i.Parts {
		if i.Unique && part.C != nil && part.C.Type.Null {
			conditions = append(conditions, bracket(part.C.Name)+" IS NOT NULL")
		}
	}
	if len(conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

func createForeignKey(t *schema.Table, key *schema.ForeignKey) *migrate.Change {
	sql := fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s)",
		tableName(t), bracket(key.Symbol), columnList(key.Columns),
		tableName(key.RefTable), columnList(key.RefColumns))
	if key.OnUpdate != "" {
		sql += " ON UPDATE " + string(key.OnUpdate)
	}
	if key.OnDelete != "" {
		sql += " ON DELETE " + string(key.OnDelete)
	}
	return &migrate.Change{
		Cmd:     sql,
		Reverse: "ALTER TABLE " + tableName(t) + " DROP CONSTRAINT " + bracket(key.Symbol),
		Comment: "create foreign key " + key.Symbol,
	}
}

func partList(i *schema.Index) string {
	var list []string
	for _, part := range i.Parts {
		text := expressionText(part.X)
		if part.C != nil {
			text = bracket(part.C.Name)
		}
		if part.Desc {
			text += " DESC"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

func columnList(columns []*schema.Column) string {
	var names []string
	for _, c := range columns {
		names = append(names, bracket(c.Name))
	}
	return strings.Join(names, ", ")
}

func tableName(t *schema.Table) string {
	if t.Schema != nil && t.Schema.Name != "" {
		return bracket(t.Schema.Name) + "." + bracket(t.Name)
	}
	return bracket(t.Name)
}

// bracket quotes a name for SQL Server.
func bracket(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }
