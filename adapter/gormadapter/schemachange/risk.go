package schemachange

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"gorm.io/gorm"
)

// Risk is a change of a [Plan] that fails, or that invents values, if a table has certain rows. The
// rows of the database with which a plan was made may be others than those where it runs.
type Risk struct {
	// Change says what the change needs, for example "column note.title is NOT NULL without a
	// default".
	Change string

	// Query counts the rows that stand in the way, before the plan runs. The change needs 0.
	Query string
}

// risks finds the risks of changes. The tables that the changes create have no rows.
type risks struct {
	db      *gorm.DB
	created []*schema.Table
	list    []Risk
}

// findRisks returns the risks of the changes of a plan, in their order.
func findRisks(db *gorm.DB, changes []schema.Change) []Risk {
	r := &risks{db: db}
	for _, c := range changes {
		if c, ok := c.(*schema.AddTable); ok {
			r.created = append(r.created, c.T)
		}
	}
	for _, c := range changes {
		if c, ok := c.(*schema.ModifyTable); ok {
			t := &tableRisks{r, c.T, nil}
			for _, part := range c.Changes {
				if part, ok := part.(*schema.AddColumn); ok {
					t.added = append(t.added, part.C)
				}
			}
			for _, part := range c.Changes {
				t.find(part)
			}
		}
	}
	return r.list
}

func (r *risks) quote(t *schema.Table) string {
	if t.Schema != nil && t.Schema.Name != "" {
		return r.db.Statement.Quote(t.Schema.Name + "." + t.Name)
	}
	return r.db.Statement.Quote(t.Name)
}

// tableRisks finds the risks of changes of one table, which may have rows.
type tableRisks struct {
	*risks
	table *schema.Table
	added []*schema.Column // those that have no values yet
}

func (t *tableRisks) find(c schema.Change) {
	switch c := c.(type) {
	case *schema.AddColumn:
		if !c.C.Type.Null && c.C.Default == nil && attribute[*sqlite.AutoIncrement](c.C.Attrs) == nil {
			t.add("SELECT count(*) FROM "+t.name(), "column %s.%s is NOT NULL without a default, and rows that exist "+
				"have no value for it (MySQL and MariaDB invent one): give it a default, or add it as nullable and "+
				"fill it first", t.table.Name, c.C.Name)
		}
	case *schema.ModifyColumn:
		t.findInColumn(c)
	case *schema.AddIndex:
		t.findInIndex(c.I)
	case *schema.ModifyIndex:
		if indexText(c.From) != indexText(c.To) {
			t.findInIndex(c.To)
		}
	case *schema.AddForeignKey:
		t.findInForeignKey(c.F)
	case *schema.ModifyForeignKey:
		if c.Change.Is(schema.ChangeColumn) || c.Change.Is(schema.ChangeRefColumn) ||
			c.Change.Is(schema.ChangeRefTable) {
			t.findInForeignKey(c.To)
		}
	case *schema.AddCheck:
		t.findInCheck(c.C)
	case *schema.ModifyCheck:
		t.findInCheck(c.To)
	}
}

func (t *tableRisks) add(query, change string, args ...any) {
	t.list = append(t.list, Risk{fmt.Sprintf(change, args...), query})
}

func (t *tableRisks) name() string { return t.quote(t.table) }

func (t *tableRisks) column(c *schema.Column) string { return t.db.Statement.Quote(c.Name) }

func (t *tableRisks) isNew(c *schema.Column) bool { return slices.Contains(t.added, c) }

func (t *tableRisks) findInColumn(c *schema.ModifyColumn) {
	name := t.column(c.To)
	where := "SELECT count(*) FROM " + t.name() + " WHERE " + name
	isSQLite := t.db.Name() == "sqlite" // whose new copy of the table gets the default for NULL, and keeps any value
	if c.Change.Is(schema.ChangeNull) && !c.To.Type.Null && !(isSQLite && c.To.Default != nil) {
		t.add(where+" IS NULL", "column %s.%s becomes NOT NULL", t.table.Name, c.To.Name)
	}
	if !c.Change.Is(schema.ChangeType) || c.From == nil || isSQLite {
		return
	}
	from, to := roomOf(c.From.Type.Type), roomOf(c.To.Type.Type)
	switch {
	case from.kind == "" || from.kind != to.kind:
		t.add(where+" IS NOT NULL", "column %s.%s changes from %s to %s, and each value must be one of the new type",
			t.table.Name, c.To.Name, typeText(c.From), typeText(c.To))
	case to.size >= from.size:
	case to.kind == "text":
		t.add(fmt.Sprintf("SELECT count(*) FROM %s WHERE char_length(%s) > %d", t.name(), name, to.size),
			"column %s.%s gets narrower, from %s to %s", t.table.Name, c.To.Name, typeText(c.From), typeText(c.To))
	default:
		limit := int64(1)<<(to.size-1) - 1
		t.add(fmt.Sprintf("SELECT count(*) FROM %s WHERE %s NOT BETWEEN %d AND %d", t.name(), name, -limit-1, limit),
			"column %s.%s gets narrower, from %s to %s", t.table.Name, c.To.Name, typeText(c.From), typeText(c.To))
	}
}

// room is how much a type holds.
type room struct {
	kind string // text or integer; "" for any other type
	size int64  // characters or bits
}

var (
	textSizes = map[string]int64{
		"tinytext": 1<<8 - 1, "text": 1<<16 - 1, "mediumtext": 1<<24 - 1, "longtext": 1<<32 - 1,
	}
	integerSizes = map[string]int64{
		"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32, "bigint": 64,
	}
)

const unlimited = 1 << 40

func roomOf(t schema.Type) room {
	switch t := t.(type) {
	case *schema.StringType:
		size := int64(t.Size)
		if size == 0 {
			size = textSizes[t.T]
		}
		if size == 0 || t.T == "text" && t.Size == 0 {
			size = max(size, unlimited) // MySQL's text has 64 kB, PostgreSQL's no limit; both are the widest usual type
		}
		return room{"text", size}
	case *schema.IntegerType:
		if size := integerSizes[strings.ToLower(t.T)]; size > 0 && !t.Unsigned {
			return room{"integer", size}
		}
	}
	return room{}
}

// findInIndex looks for rows that are the same for a unique index. NULL is never the same.
func (t *tableRisks) findInIndex(i *schema.Index) {
	if !i.Unique {
		return
	}
	var parts, conditions []string
	for _, p := range i.Parts {
		switch {
		case p.C == nil:
			text, ok := p.X.(*schema.RawExpr)
			if !ok || t.mentionsNew(text.X) {
				return
			}
			parts = append(parts, text.X)
		case !t.isNew(p.C):
			parts = append(parts, t.column(p.C))
			conditions = append(conditions, t.column(p.C)+" IS NOT NULL")
		case p.C.Type.Null && p.C.Default == nil:
			return // all rows get NULL
		}
	}
	if predicate := predicateOf(i); predicate != "" {
		if t.mentionsNew(predicate) {
			return
		}
		conditions = append(conditions, "("+predicate+")")
	}
	same := "SELECT count(*) AS same FROM " + t.name()
	if len(conditions) > 0 {
		same += " WHERE " + strings.Join(conditions, " AND ")
	}
	if len(parts) > 0 {
		same += " GROUP BY " + strings.Join(parts, ", ")
	}
	t.add("SELECT count(*) FROM ("+same+" HAVING count(*) > 1) AS doubled",
		"unique index %s of %s allows each value once: %s", i.Name, t.table.Name, indexText(i))
}

// predicateOf returns the condition of a partial index.
func predicateOf(i *schema.Index) string {
	if p := attribute[*sqlite.IndexPredicate](i.Attrs); p != nil {
		return p.P
	}
	if p := attribute[*postgres.IndexPredicate](i.Attrs); p != nil {
		return p.P
	}
	return ""
}

// findInForeignKey looks for rows that refer to no row.
func (t *tableRisks) findInForeignKey(f *schema.ForeignKey) {
	var set, same []string
	for i, c := range f.Columns {
		if t.isNew(c) {
			return // all rows get NULL, or the default, of which nobody knows whether there is such a row
		}
		set = append(set, "c."+t.column(c)+" IS NOT NULL")
		same = append(same, "p."+t.column(f.RefColumns[i])+" = c."+t.column(c))
	}
	query := "SELECT count(*) FROM " + t.name() + " AS c WHERE " + strings.Join(set, " AND ")
	if !slices.Contains(t.created, f.RefTable) {
		query += " AND NOT EXISTS (SELECT 1 FROM " + t.quote(f.RefTable) + " AS p WHERE " +
			strings.Join(same, " AND ") + ")"
	}
	t.add(query, "foreign key %s of %s: each row must refer to a row of %s", f.Symbol, t.table.Name, f.RefTable.Name)
}

// findInCheck looks for rows that a check refuses. One about a new column is about its default.
func (t *tableRisks) findInCheck(c *schema.Check) {
	if !t.mentionsNew(c.Expr) {
		t.add("SELECT count(*) FROM "+t.name()+" WHERE NOT ("+c.Expr+")", "check %s of %s: each row must fulfil %s",
			c.Name, t.table.Name, c.Expr)
	}
}

var word = regexp.MustCompile(`[\pL_][\pL\pN_$]*`)

// mentionsNew reports whether an expression may be about a column that does not exist yet.
func (t *tableRisks) mentionsNew(expression string) bool {
	words := word.FindAllString(expression, -1)
	return slices.ContainsFunc(t.added, func(c *schema.Column) bool { return slices.Contains(words, c.Name) })
}
