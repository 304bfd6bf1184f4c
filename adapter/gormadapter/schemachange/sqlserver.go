package schemachange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	orm "gorm.io/gorm/schema"
)

// sqlserverEngine writes a fresh schema, which Atlas's open library does not do for SQL Server.
// Nothing else of it is ever called.
type sqlserverEngine struct{ engine }

var _ migrate.PlanApplier = sqlserverPlan{}

func (sqlserverEngine) offline() migrate.PlanApplier  { return sqlserverPlan{} }
func (sqlserverEngine) attributes(*schema.Table)      {}
func (sqlserverEngine) prefix(*schema.IndexPart, int) {} // SQL Server has none

func (sqlserverEngine) column(c *schema.Column, sqlType string, _ *orm.Field) error {
	c.Type.Raw, c.Type.Type = sqlType, &schema.UnsupportedType{T: sqlType}
	return nil
}

// filter is the condition of an index.
type filter struct {
	schema.Attr
	where string
}

func (sqlserverEngine) index(i *schema.Index, from *orm.Index) error {
	if from.Where != "" {
		i.AddAttrs(&filter{where: from.Where})
	}
	return onlyClass(from)
}

type sqlserverPlan struct{}

func (sqlserverPlan) ApplyChanges(context.Context, []schema.Change, ...migrate.PlanOption) error {
	return errors.ErrUnsupported
}

// PlanChanges creates schemas and tables, and the foreign keys after all tables.
func (sqlserverPlan) PlanChanges(
	_ context.Context, name string, changes []schema.Change, _ ...migrate.PlanOption,
) (*migrate.Plan, error) {
	p := &migrate.Plan{Name: name, Transactional: true, Reversible: true}
	var keys []*migrate.Change
	for _, c := range changes {
		switch c := c.(type) {
		case *schema.AddSchema:
			p.Changes = append(p.Changes,
				&migrate.Change{Cmd: fmt.Sprintf("IF SCHEMA_ID(%s) IS NULL EXEC(%s)", literal(c.S.Name),
					literal("CREATE SCHEMA "+bracket(c.S.Name))),
					Reverse: "DROP SCHEMA " + bracket(c.S.Name), Comment: "create schema " + c.S.Name})
		case *schema.AddTable:
			p.Changes = append(p.Changes, createTable(c.T))
			for _, i := range c.T.Indexes {
				p.Changes = append(p.Changes, createIndex(c.T, i))
			}
			for _, key := range c.T.ForeignKeys {
				keys = append(keys, createKey(c.T, key))
			}
		default:
			return nil, fmt.Errorf("%T: %w", c, errors.ErrUnsupported)
		}
	}
	p.Changes = append(p.Changes, keys...)
	return p, nil
}

func createTable(t *schema.Table) *migrate.Change {
	var lines []string
	for _, c := range t.Columns {
		line := bracket(c.Name) + " " + c.Type.Raw + " NOT NULL"
		if c.Type.Null {
			line = strings.TrimSuffix(line, " NOT NULL") + " NULL"
		}
		if c.Default != nil {
			line += " CONSTRAINT " + bracket(t.Name+"_"+c.Name+"_default") + " DEFAULT " + sqlserverDefault(c.Default)
		}
		lines = append(lines, line)
	}
	if t.PrimaryKey != nil {
		lines = append(lines, "CONSTRAINT "+bracket(t.Name+"_pkey")+" PRIMARY KEY"+nonclustered(t.PrimaryKey)+" ("+
			parts(t.PrimaryKey)+")")
	}
	for _, check := range t.Checks() {
		lines = append(lines, "CONSTRAINT "+bracket(check.Name)+" CHECK ("+check.Expr+")")
	}
	return &migrate.Change{Cmd: "CREATE TABLE " + qualified(t) + " (\n\t" + strings.Join(lines, ",\n\t") + "\n)",
		Reverse: "DROP TABLE " + qualified(t), Comment: "create table " + t.Name}
}

// nonclustered is said of a key that may have more than the 900 bytes which SQL Server allows to a
// clustered one. Others may have 1700.
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

// sqlserverDefault writes a boolean as the bit that it is.
func sqlserverDefault(x schema.Expr) string {
	if l, ok := x.(*schema.Literal); ok {
		switch l.V {
		case "true":
			return "1"
		case "false":
			return "0"
		}
		return l.V
	}
	return expression(x)
}

// createIndex leaves NULL out of what is unique, as the other databases do: here two NULLs are the
// same value.
func createIndex(t *schema.Table, i *schema.Index) *migrate.Change {
	unique, where := "", ""
	if f := attribute[*filter](i.Attrs); f != nil {
		where = " WHERE " + f.where
	} else if i.Unique && slices.ContainsFunc(i.Parts, func(p *schema.IndexPart) bool {
		return p.C != nil && p.C.Type.Null
	}) {
		var conditions []string
		for _, part := range i.Parts {
			if part.C != nil && part.C.Type.Null {
				conditions = append(conditions, bracket(part.C.Name)+" IS NOT NULL")
			}
		}
		where = " WHERE " + strings.Join(conditions, " AND ")
	}
	if i.Unique {
		unique = "UNIQUE "
	}
	return &migrate.Change{Cmd: fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)%s", unique, bracket(i.Name), qualified(t),
		parts(i), where),
		Reverse: "DROP INDEX " + bracket(i.Name) + " ON " + qualified(t), Comment: "create index " + i.Name}
}

func createKey(t *schema.Table, key *schema.ForeignKey) *migrate.Change {
	sql := fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s)", qualified(t),
		bracket(key.Symbol), columns(key.Columns),
		qualified(key.RefTable), columns(key.RefColumns))
	if key.OnUpdate != "" {
		sql += " ON UPDATE " + string(key.OnUpdate)
	}
	if key.OnDelete != "" {
		sql += " ON DELETE " + string(key.OnDelete)
	}
	return &migrate.Change{
		Cmd: sql, Reverse: "ALTER TABLE " + qualified(t) + " DROP CONSTRAINT " + bracket(key.Symbol),
		Comment: "create foreign key " + key.Symbol,
	}
}

func parts(i *schema.Index) string {
	var list []string
	for _, part := range i.Parts {
		text := expression(part.X)
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

func columns(list []*schema.Column) string {
	var names []string
	for _, c := range list {
		names = append(names, bracket(c.Name))
	}
	return strings.Join(names, ", ")
}

func qualified(t *schema.Table) string {
	if t.Schema != nil && t.Schema.Name != "" {
		return bracket(t.Schema.Name) + "." + bracket(t.Name)
	}
	return bracket(t.Name)
}

func bracket(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
