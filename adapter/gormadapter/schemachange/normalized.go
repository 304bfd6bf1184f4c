package schemachange

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
)

// normalized is the definition of a table as the database itself writes it. The keys of the maps
// are the names of columns, checks and indexes.
//
// PostgreSQL and MySQL rewrite a definition, for example role IN ('A', 'B'). Two definitions can be
// compared only after the database has rewritten both. So the entity's table is created as a
// temporary table and read back.
type normalized struct{ types, defaults, checks, indexes map[string]string }

// normalize copies from live to want the definitions that are the same in n, which is the
// normalized form of live, and in wanted, which is that of want. It returns the checks that are
// different.
func (n *normalized) normalize(wanted *normalized, live, want *schema.Table) []schema.Change {
	for _, w := range want.Columns {
		l, ok := findColumn(live, w.Name)
		if !ok {
			continue
		}
		if n.types[l.Name] == wanted.types[w.Name] {
			l.Type.Type = w.Type.Type // as the entity writes it: Atlas forgets a part of some that it has read
		} else { // the texts that the difference shows
			l.Type.Raw, w.Type.Raw = n.types[l.Name], wanted.types[w.Name]
		}
		if w.Default != nil && n.defaults[l.Name] == wanted.defaults[w.Name] {
			w.Default = l.Default
		}
	}
	for i, w := range want.Indexes {
		l, ok := live.Index(w.Name)
		if ok && n.indexes[w.Name] != "" && n.indexes[w.Name] == wanted.indexes[w.Name] {
			want.Indexes[i] = copyIndex(l, want)
		}
	}
	different := differingNames(n.checks, wanted.checks)
	return changedChecks(live, want, func(_, w *schema.Check) bool {
		return slices.Contains(different, w.Name)
	})
}

// changedChecks returns the checks that both tables have under the same name with different
// definitions.
func changedChecks(live, want *schema.Table, different func(l, w *schema.Check) bool) (changes []schema.Change) {
	for _, w := range want.Checks() {
		for _, l := range live.Checks() {
			if w.Name == l.Name && different(l, w) {
				changes = append(changes, &schema.ModifyCheck{From: l, To: w, Change: schema.ChangeAttr})
			}
		}
	}
	return changes
}

// differingNames returns the sorted names that both maps have with different texts.
func differingNames(a, b map[string]string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if text, ok := b[name]; ok && text != a[name] {
			names = append(names, name)
		}
	}
	return names
}

// needsNormalizing reports whether only the database can decide if want differs from live. That is
// so if there is a check to compare, an index that seems to be different, or a type or default with
// another text. For a table that nobody changed it usually returns false, and no temporary table is
// needed.
func needsNormalizing(live, want *schema.Table, format func(schema.Type) (string, error)) bool {
	for _, w := range want.Columns {
		if l, ok := findColumn(live, w.Name); ok && !sameColumnText(l, w, format) {
			return true
		}
	}
	for _, w := range want.Indexes {
		if l, ok := live.Index(w.Name); ok && !sameIndex(l, w) {
			return true
		}
	}
	return slices.ContainsFunc(want.Checks(), func(w *schema.Check) bool {
		return slices.ContainsFunc(live.Checks(), func(l *schema.Check) bool { return l.Name == w.Name })
	})
}

func sameColumnText(live, want *schema.Column, format func(schema.Type) (string, error)) bool {
	liveType, err := format(live.Type.Type)
	if err != nil {
		return false
	}
	wantType, err := format(want.Type.Type)
	if err != nil {
		return false
	}
	return reflect.TypeOf(live.Type.Type) == reflect.TypeOf(want.Type.Type) && strings.EqualFold(liveType, wantType) &&
		(want.Default == nil || defaultText(live.Default) == defaultText(want.Default))
}

// scratchTable is the name of the temporary table for the definition of an entity.
const scratchTable = "cardea_scratch"

// createScratchTable creates the temporary table with the definition of want, without foreign keys.
func createScratchTable(
	ctx context.Context, q schema.ExecQuerier, planner migrate.PlanApplier, want *schema.Table,
) error {
	scratch := *want
	scratch.Name, scratch.Schema, scratch.ForeignKeys = scratchTable, schema.New(""), nil
	planned, err := planner.PlanChanges(ctx, "cardea", []schema.Change{&schema.AddTable{T: &scratch}})
	if err != nil {
		return err
	}
	for _, c := range planned.Changes {
		create := strings.Replace(c.Cmd, "CREATE TABLE", "CREATE TEMPORARY TABLE", 1)
		if _, err := q.ExecContext(ctx, create); err != nil {
			return fmt.Errorf("create the entity's table as a temporary table: %w", err)
		}
	}
	return nil
}
