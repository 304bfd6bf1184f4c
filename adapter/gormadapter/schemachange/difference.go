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
		return fmt.Sprintf("column %s.%s has a different %s", table, c.To.Name, changedParts(c.Change))
	case *schema.AddIndex:
		return fmt.Sprintf("index %s of %s is missing", c.I.Name, table)
	case *schema.ModifyIndex:
		return fmt.Sprintf("index %s of %s is different", c.To.Name, table)
	case *schema.AddForeignKey:
		return fmt.Sprintf("foreign key %s of %s is missing", c.F.Symbol, table)
	case *schema.ModifyForeignKey:
		return fmt.Sprintf("foreign key %s of %s is different", c.To.Symbol, table)
	case *schema.AddCheck:
		return fmt.Sprintf("check %s of %s is missing", c.C.Name, table)
	case *schema.ModifyCheck:
		return fmt.Sprintf("check %s of %s is different", c.To.Name, table)
	}
	return fmt.Sprintf("table %s is different: %T", table, c)
}

// changedParts lists the properties of a column that change, for example "type, default".
func changedParts(changed schema.ChangeKind) string {
	var names []string
	for _, part := range []struct {
		kind schema.ChangeKind
		name string
	}{
		{schema.ChangeType, "type"},
		{schema.ChangeNull, "null constraint"},
		{schema.ChangeDefault, "default"},
		{schema.ChangeCharset | schema.ChangeCollate, "collation"},
		{schema.ChangeComment, "comment"},
	} {
		if changed.Is(part.kind) {
			names = append(names, part.name)
		}
	}
	if len(names) == 0 {
		return "definition"
	}
	return strings.Join(names, ", ")
}
