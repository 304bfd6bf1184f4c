package schemachange

import (
	"fmt"
	"strings"

	"ariga.io/atlas/sql/schema"
)

// differences describes changes, one line each.
func differences(changes []schema.Change) (lines []string) {
	for _, c := range changes {
		switch c := c.(type) {
		case *schema.AddSchema:
			lines = append(lines, fmt.Sprintf("schema %s is missing", c.S.Name))
		case *schema.AddTable:
			lines = append(lines, fmt.Sprintf("table %s is missing", c.T.Name))
		case *schema.ModifyTable:
			for _, part := range c.Changes {
				lines = append(lines, difference(c.T.Name, part))
			}
		}
	}
	return lines
}

func difference(table string, c schema.Change) string {
	switch c := c.(type) {
	case *schema.AddColumn:
		return fmt.Sprintf("column %s.%s is missing", table, c.C.Name)
	case *schema.ModifyColumn:
		return fmt.Sprintf("column %s.%s has a different %s", table, c.To.Name, changedParts(c))
	case *schema.AddIndex:
		return fmt.Sprintf("index %s of %s is missing: %s", c.I.Name, table, indexText(c.I))
	case *schema.ModifyIndex:
		return fmt.Sprintf("index %s of %s is different: %s", c.To.Name, table,
			change(indexText(c.From), indexText(c.To)))
	case *schema.AddForeignKey:
		return fmt.Sprintf("foreign key %s of %s is missing: %s", c.F.Symbol, table, foreignKeyText(c.F))
	case *schema.ModifyForeignKey:
		return fmt.Sprintf("foreign key %s of %s is different: %s", c.To.Symbol, table,
			change(foreignKeyText(c.From), foreignKeyText(c.To)))
	case *schema.AddCheck:
		return fmt.Sprintf("check %s of %s is missing: %s", c.C.Name, table, c.C.Expr)
	case *schema.ModifyCheck:
		return fmt.Sprintf("check %s of %s is different: %s", c.To.Name, table, change(c.From.Expr, c.To.Expr))
	}
	return fmt.Sprintf("table %s is different: %T", table, c)
}

// changedParts lists the properties of a column that change, with their values in the database and
// in the entity: "type: text, want varchar(64); null constraint: NULL, want NOT NULL".
func changedParts(c *schema.ModifyColumn) string {
	var parts []string
	for _, part := range []struct {
		kind  schema.ChangeKind
		name  string
		value func(*schema.Column) string
	}{
		{schema.ChangeType, "type", typeText},
		{schema.ChangeNull, "null constraint", nullText},
		{schema.ChangeDefault, "default", columnDefault},
		{schema.ChangeCharset | schema.ChangeCollate, "collation", collationText},
		{schema.ChangeComment, "comment", nil},
	} {
		switch {
		case !c.Change.Is(part.kind):
		case part.value == nil || c.From == nil:
			parts = append(parts, part.name)
		default:
			parts = append(parts, fmt.Sprintf("%s: %s, want %s", part.name, part.value(c.From), part.value(c.To)))
		}
	}
	if len(parts) == 0 {
		return "definition"
	}
	return strings.Join(parts, "; ")
}

// change describes a change by what the database has and what the entity wants.
func change(have, want string) string {
	if have == want {
		return want + ", with other options"
	}
	return have + ", want " + want
}

// indexText describes an index: "unique (provider, provider_account_id) where deleted_at IS NULL".
func indexText(i *schema.Index) string {
	var parts []string
	for _, p := range i.Parts {
		var text string
		switch x := p.X.(type) {
		case *schema.RawExpr:
			text = x.X
		default:
			if p.C != nil {
				text = p.C.Name
			}
		}
		if p.Desc {
			text += " DESC"
		}
		parts = append(parts, text)
	}
	text := "(" + strings.Join(parts, ", ") + ")"
	if i.Unique {
		text = "unique " + text
	}
	if predicate := predicateOf(i); predicate != "" {
		text += " where " + predicate
	}
	return text
}

// foreignKeyText describes a foreign key: "(user_id) to user (id), on update cascade, on delete
// cascade".
func foreignKeyText(f *schema.ForeignKey) string {
	action := func(o schema.ReferenceOption) string {
		if o == "" {
			o = schema.NoAction
		}
		return strings.ToLower(string(o))
	}
	return fmt.Sprintf("(%s) to %s (%s), on update %s, on delete %s", columnNames(f.Columns), f.RefTable.Name,
		columnNames(f.RefColumns), action(f.OnUpdate), action(f.OnDelete))
}

func columnNames(list []*schema.Column) string {
	var names []string
	for _, c := range list {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// typeText returns the type of a column as the database or the entity writes it, with the length,
// which PostgreSQL writes elsewhere.
func typeText(c *schema.Column) string {
	if t, ok := c.Type.Type.(*schema.StringType); ok && t.Size > 0 && !strings.Contains(c.Type.Raw, "(") {
		return fmt.Sprintf("%s(%d)", c.Type.Raw, t.Size)
	}
	return c.Type.Raw
}

func nullText(c *schema.Column) string {
	if c.Type.Null {
		return "NULL"
	}
	return "NOT NULL"
}

// columnDefault returns the default of a column. MySQL's texts are in double quotes, those of the
// entity are not.
func columnDefault(c *schema.Column) string {
	if c.Default == nil {
		return "none"
	}
	text := defaultText(c.Default)
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		text = "'" + strings.TrimSuffix(inner, `"`) + "'"
	}
	return text
}

func collationText(c *schema.Column) string {
	text := "that of the table"
	for _, a := range c.Attrs {
		if collation, ok := a.(*schema.Collation); ok {
			text = collation.V
		}
	}
	return text
}
