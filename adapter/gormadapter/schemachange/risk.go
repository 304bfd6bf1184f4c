package schemachange

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/mysql"
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

	// Query counts rows, before the plan runs. Kind says what their number means.
	Query string

	// Kind says whether the rows that Query counts stand in the way.
	Kind RiskKind
}

// RiskKind says what the rows mean that [Risk.Query] counts.
type RiskKind int

const (
	// RiskRows means that each of the rows stands in the way. The query must return 0.
	RiskRows RiskKind = iota

	// RiskValues means that the database converts a value of each of the rows. The change fails if
	// it cannot convert one of them, which only the database knows.
	RiskValues

	// RiskAlways means that the change fails in any case, also without rows. It needs a migration
	// that you write.
	RiskAlways

	// RiskTable means that the rows belong to those of another table than the entity says, such as
	// users in a table of the application. The plan would succeed, and new rows would then fail or
	// belong to nobody. Query counts the rows.
	RiskTable
)

// risks finds the risks of changes. The tables that the changes create have no rows.
type risks struct {
	db      *gorm.DB
	refused func(*schema.Table, *schema.ModifyColumn) (bool, error)
	created []*schema.Table
	list    []Risk
}

// findRisks returns the risks of the changes of a plan, in their order. refused reports whether the
// database never changes a column to the new type.
func findRisks(
	db *gorm.DB, changes []schema.Change, refused func(*schema.Table, *schema.ModifyColumn) (bool, error),
) ([]Risk, error) {
	r := &risks{db: db, refused: refused}
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
				if err := t.find(part); err != nil {
					return nil, err
				}
			}
		}
	}
	return r.list, nil
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

func (t *tableRisks) find(c schema.Change) error {
	switch c := c.(type) {
	case *schema.AddColumn:
		if !c.C.Type.Null && c.C.Default == nil && attribute[*sqlite.AutoIncrement](c.C.Attrs) == nil {
			t.add("SELECT count(*) FROM "+t.name(), "column %s.%s is NOT NULL without a default, and rows that exist "+
				"have no value for it (MySQL and MariaDB invent one): give it a default, or add it as nullable and "+
				"fill it first", t.table.Name, c.C.Name)
		}
	case *schema.ModifyColumn:
		return t.findInColumn(c)
	case *schema.AddIndex:
		t.findInIndex(c.I)
	case *schema.ModifyIndex:
		if indexText(c.From) != indexText(c.To) {
			t.findInIndex(c.To)
		}
	case *schema.AddForeignKey:
		for _, kept := range t.table.ForeignKeys {
			if sameColumns(kept.Columns, c.F.Columns) {
				t.findOtherTable(kept, c.F)
			}
		}
		t.findInForeignKey(c.F)
	case *schema.ModifyForeignKey:
		t.findOtherTable(c.From, c.To)
		if c.Change.Is(schema.ChangeColumn) || c.Change.Is(schema.ChangeRefColumn) ||
			c.Change.Is(schema.ChangeRefTable) {
			t.findInForeignKey(c.To)
		}
	case *schema.AddCheck:
		t.findInCheck(c.C)
	case *schema.ModifyCheck:
		t.findInCheck(c.To)
	}
	return nil
}

func (t *tableRisks) add(query, change string, args ...any) {
	t.list = append(t.list, Risk{fmt.Sprintf(change, args...), query, RiskRows})
}

func (t *tableRisks) name() string { return t.quote(t.table) }

func (t *tableRisks) column(c *schema.Column) string { return t.db.Statement.Quote(c.Name) }

func (t *tableRisks) isNew(c *schema.Column) bool { return slices.Contains(t.added, c) }

func (t *tableRisks) findInColumn(c *schema.ModifyColumn) error {
	where := "SELECT count(*) FROM " + t.name() + " WHERE "
	name := t.column(c.To)
	isSQLite := t.db.Name() == "sqlite" // whose new copy of the table gets the default for NULL, and keeps any value
	if c.Change.Is(schema.ChangeNull) && !c.To.Type.Null && !(isSQLite && c.To.Default != nil) {
		t.add(where+name+" IS NULL", "column %s.%s becomes NOT NULL", t.table.Name, c.To.Name)
	}
	if !c.Change.Is(schema.ChangeType) || c.From == nil || isSQLite {
		return nil
	}
	change := fmt.Sprintf("column %s.%s changes from %s to %s",
		t.table.Name, c.To.Name, typeText(c.From), typeText(c.To))
	refused, err := t.refused(t.table, c)
	if err != nil {
		return err
	}
	if refused {
		change += ", which the database does not do by itself: write a migration with " +
			"ALTER COLUMN … TYPE … USING, after DROP DEFAULT if there is one"
		t.list = append(t.list, Risk{change, where + name + " IS NOT NULL", RiskAlways})
		return nil
	}
	switch misfit, known := t.misfit(name, c.From.Type.Type, c.To.Type.Type); {
	case !known:
		t.list = append(t.list, Risk{change, where + name + " IS NOT NULL", RiskValues})
	case misfit != "":
		t.add(where+misfit, "%s, which is narrower", change)
	}
	return nil
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
			part := t.column(p.C)
			if prefix := attribute[*mysql.SubPart](p.Attrs); prefix != nil {
				part = fmt.Sprintf("left(%s, %d)", part, prefix.Len)
			}
			parts = append(parts, part)
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

// findOtherTable finds a foreign key to another table than the entity's.
func (t *tableRisks) findOtherTable(from, to *schema.ForeignKey) {
	if from.RefTable.Name == to.RefTable.Name {
		return
	}
	change := fmt.Sprintf("foreign key %s of %s leads to table %s, and that of the entity to %s: if the users of this "+
		"site are in %[3]s, run a program of yours that passes the entities, as examples/schema does",
		from.Symbol, t.table.Name, from.RefTable.Name, to.RefTable.Name)
	t.list = append(t.list, Risk{change, "SELECT count(*) FROM " + t.name(), RiskTable})
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
