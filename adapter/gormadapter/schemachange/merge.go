package schemachange

import (
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/schema"
)

// mergeExtra adds to want everything that is in live but in no entity, so that Atlas finds nothing
// to drop. It returns a description of each such object. It returns an error if the primary keys
// differ.
func mergeExtra(live, want *schema.Table) ([]string, error) {
	if err := comparePrimaryKeys(live, want); err != nil {
		return nil, err
	}
	want.UnsetCharset().UnsetCollation() // they are for new tables only
	want.Attrs = append(want.Attrs, missingAttributes(live.Attrs, want.Attrs)...)
	extra := slices.Concat(
		mergeColumns(live, want), mergeIndexes(live, want),
		mergeForeignKeys(live, want), mergeChecks(live, want),
	)
	want.PrimaryKey = copyIndex(live.PrimaryKey, want)
	return extra, nil
}

func comparePrimaryKeys(live, want *schema.Table) error {
	a, b := keyColumns(live.PrimaryKey), keyColumns(want.PrimaryKey)
	if slices.EqualFunc(a, b, strings.EqualFold) {
		return nil
	}
	return fmt.Errorf("its primary key is (%s), the entity's (%s): change that by hand",
		strings.Join(a, ", "), strings.Join(b, ", "))
}

// keyColumns returns the names of a key's columns. They are sorted, because Atlas does not know
// their order on SQLite.
func keyColumns(key *schema.Index) (names []string) {
	if key == nil {
		return nil
	}
	for _, part := range key.Parts {
		names = append(names, part.C.Name)
	}
	slices.Sort(names)
	return names
}

// missingAttributes returns the attributes of live, except checks, for which want has no attribute
// of the same Go type.
func missingAttributes(live, want []schema.Attr) (list []schema.Attr) {
	for _, a := range live {
		if _, isCheck := a.(*schema.Check); isCheck {
			continue
		}
		if !slices.ContainsFunc(want, func(b schema.Attr) bool {
			return fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b)
		}) {
			list = append(list, a)
		}
	}
	return list
}

// mergeColumns puts the columns of want into the order of live, and adds those that are only in
// live. Columns that are only in want come last.
func mergeColumns(live, want *schema.Table) (extra []string) {
	var columns []*schema.Column
	for _, l := range live.Columns {
		w, ok := findColumn(want, l.Name)
		if !ok {
			w = &schema.Column{Name: l.Name, Type: l.Type, Default: l.Default, Attrs: l.Attrs}
			extra = append(extra, fmt.Sprintf("column %s.%s", want.Name, l.Name))
		} else if mergeColumn(l, w) {
			extra = append(extra, fmt.Sprintf("default of column %s.%s", want.Name, l.Name))
		}
		columns = append(columns, w)
	}
	for _, w := range want.Columns {
		if !slices.Contains(columns, w) {
			columns = append(columns, w)
		}
	}
	want.Columns = columns
	return extra
}

// mergeColumn adds to want the attributes and the default that only live has. It reports whether it
// added a default.
func mergeColumn(live, want *schema.Column) bool {
	want.Name = live.Name // on SQLite and MySQL, case makes no difference in the names of columns
	for _, a := range missingAttributes(live.Attrs, want.Attrs) {
		if isText(want.Type.Type) || !isOfText(a) {
			want.Attrs = append(want.Attrs, a)
		}
	}
	if want.Default != nil || live.Default == nil {
		return false
	}
	want.Default = live.Default
	return true
}

// isText reports whether columns of a type have a character set and a collation.
func isText(t schema.Type) bool {
	switch t.(type) {
	case *schema.StringType, *schema.EnumType, *mysql.SetType:
		return true
	}
	return false
}

func isOfText(a schema.Attr) bool {
	switch a.(type) {
	case *schema.Charset, *schema.Collation:
		return true
	}
	return false
}

// mergeIndexes replaces an index of want by the live index on the same columns, which may have
// another name, and adds the live indexes that are in no entity.
func mergeIndexes(live, want *schema.Table) (extra []string) {
	var indexes []*schema.Index
	used := make(map[*schema.Index]bool)
	for _, w := range want.Indexes {
		if l := matchingIndex(live, w); l != nil {
			used[l] = true
			if sameIndex(l, w) {
				w = copyIndex(l, want)
			}
		}
		if !slices.ContainsFunc(indexes, func(i *schema.Index) bool { return i.Name == w.Name }) {
			indexes = append(indexes, w)
		}
	}
	for _, l := range live.Indexes {
		if !used[l] {
			indexes = append(indexes, copyIndex(l, want))
			extra = append(extra, fmt.Sprintf("index %s of %s", l.Name, want.Name))
		}
	}
	want.Indexes = indexes
	return extra
}

// matchingIndex returns the live index with the same name as want, otherwise a live index on the
// same columns, otherwise nil.
func matchingIndex(live *schema.Table, want *schema.Index) *schema.Index {
	for _, l := range live.Indexes {
		if l.Name == want.Name {
			return l
		}
	}
	for _, l := range live.Indexes {
		if sameIndex(l, want) {
			return l
		}
	}
	return nil
}

// mergeForeignKeys gives the foreign keys of want the names that they have in live, and adds those
// that are in no entity.
func mergeForeignKeys(live, want *schema.Table) (extra []string) {
	for _, l := range live.ForeignKeys {
		i := slices.IndexFunc(want.ForeignKeys, func(w *schema.ForeignKey) bool {
			return w.Symbol == l.Symbol ||
				sameColumns(w.Columns, l.Columns) && w.RefTable.Name == l.RefTable.Name
		})
		if i >= 0 {
			want.ForeignKeys[i].Symbol = l.Symbol
			continue
		}
		want.ForeignKeys = append(want.ForeignKeys, copyForeignKey(l, want))
		extra = append(extra, fmt.Sprintf("foreign key %s of %s", l.Symbol, want.Name))
	}
	return extra
}

// mergeChecks adds the live checks that are in no entity.
func mergeChecks(live, want *schema.Table) (extra []string) {
	for _, l := range live.Checks() {
		if slices.ContainsFunc(want.Checks(), func(w *schema.Check) bool {
			return w.Name == l.Name || w.Expr == l.Expr
		}) {
			continue
		}
		want.AddChecks(l)
		if !strings.HasPrefix(l.Expr, "json_valid(") { // MariaDB adds this one to its json columns
			extra = append(extra, fmt.Sprintf("check %s of %s", l.Name, want.Name))
		}
	}
	return extra
}

// findColumn finds a column by its name. If there is none, it ignores upper and lower case.
func findColumn(t *schema.Table, name string) (*schema.Column, bool) {
	if c, ok := t.Column(name); ok {
		return c, true
	}
	for _, c := range t.Columns {
		if strings.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return nil, false
}

// copyIndex returns a copy of an index for table t, or nil for nil.
func copyIndex(index *schema.Index, t *schema.Table) *schema.Index {
	if index == nil {
		return nil
	}
	copied := *index
	copied.Table, copied.Parts, copied.Attrs = t, nil, slices.Clone(index.Attrs)
	for _, part := range index.Parts {
		p := *part
		if p.C != nil {
			p.C, _ = findColumn(t, p.C.Name)
		}
		copied.Parts = append(copied.Parts, &p)
	}
	return &copied
}

// copyForeignKey returns a copy of a foreign key for table t.
func copyForeignKey(key *schema.ForeignKey, t *schema.Table) *schema.ForeignKey {
	copied := *key
	copied.Table, copied.Columns = t, nil
	for _, c := range key.Columns {
		w, _ := findColumn(t, c.Name)
		copied.Columns = append(copied.Columns, w)
	}
	return &copied
}
