package schemachange

import (
	"fmt"
	"strings"

	"ariga.io/atlas/sql/schema"
)

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
		return fmt.Sprintf("column %s.%s has another %s", table, c.To.Name, kinds(c.Change))
	case *schema.AddIndex:
		return fmt.Sprintf("index %s of %s is missing", c.I.Name, table)
	case *schema.ModifyIndex:
		return fmt.Sprintf("index %s of %s is another", c.To.Name, table)
	case *schema.AddForeignKey:
		return fmt.Sprintf("foreign key %s of %s is missing", c.F.Symbol, table)
	case *schema.ModifyForeignKey:
		return fmt.Sprintf("foreign key %s of %s is another", c.To.Symbol, table)
	case *schema.AddCheck:
		return fmt.Sprintf("check %s of %s is missing", c.C.Name, table)
	case *schema.ModifyCheck:
		return fmt.Sprintf("check %s of %s is another", c.To.Name, table)
	}
	return fmt.Sprintf("table %s differs: %T", table, c)
}

func kinds(k schema.ChangeKind) string {
	var names []string
	for _, kind := range []struct {
		kind schema.ChangeKind
		name string
	}{
		{schema.ChangeType, "type"}, {schema.ChangeNull, "null constraint"}, {schema.ChangeDefault, "default"},
		{schema.ChangeCharset | schema.ChangeCollate, "collation"}, {schema.ChangeComment, "comment"},
	} {
		if k.Is(kind.kind) {
			names = append(names, kind.name)
		}
	}
	if len(names) == 0 {
		return "shape"
	}
	return strings.Join(names, ", ")
}
