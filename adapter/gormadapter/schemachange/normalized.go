package schemachange

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
)

// form is a table in the words of its database, by the names of columns, checks and indexes. A
// database rewrites what it is told, role IN ('A', 'B') for instance, so an entity can be compared
// with a table only after the database has rewritten both. That is what the scratch table is for.
type form struct{ types, defaults, checks, indexes map[string]string }

func texts(pairs [][2]string) map[string]string {
	m := make(map[string]string)
	for _, p := range pairs {
		m[p[0]] = p[1]
	}
	return m
}

// differing returns the names that stand for one thing here and another there.
func differing(a, b map[string]string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if text, ok := b[name]; ok && text != a[name] {
			names = append(names, name)
		}
	}
	return names
}

// settle gives what is written alike in both forms to want as live has it.
func (is *form) settle(wanted *form, live, want *schema.Table) []schema.Change {
	for _, w := range want.Columns {
		l, ok := column(live, w.Name)
		if !ok {
			continue
		}
		if is.types[l.Name] == wanted.types[w.Name] {
			w.Type.Type = l.Type.Type
		}
		if w.Default != nil && is.defaults[l.Name] == wanted.defaults[w.Name] {
			w.Default = l.Default
		}
	}
	for i, w := range want.Indexes {
		if l, ok := live.Index(w.Name); ok && is.indexes[w.Name] != "" && is.indexes[w.Name] == wanted.indexes[w.Name] {
			want.Indexes[i] = own(l, want)
		}
	}
	different := differing(is.checks, wanted.checks)
	return changedChecks(live, want, func(l, w *schema.Check) bool { return slices.Contains(different, w.Name) })
}

// doubtful reports whether only the database can tell if want differs from live: it has a check, a
// condition or an expression to compare, or a type or default that is written in other words. The
// tables that nobody changed need no scratch table.
func doubtful(live, want *schema.Table, format func(schema.Type) (string, error)) bool {
	for _, w := range want.Columns {
		l, ok := column(live, w.Name)
		if !ok {
			continue
		}
		is, err := format(l.Type.Type)
		wanted, wantedErr := format(w.Type.Type)
		if err != nil || wantedErr != nil || !strings.EqualFold(is, wanted) || w.Default != nil &&
			written(l.Default) != written(w.Default) {
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

func written(x schema.Expr) string {
	if l, ok := x.(*schema.Literal); ok {
		return l.V
	}
	return expression(x)
}

const scratchName = "cardea_scratch"

// scratch is a copy of a table that stands alone.
func scratch(t *schema.Table) *schema.Table {
	copied := *t
	copied.Name, copied.Schema, copied.ForeignKeys = scratchName, schema.New(""), nil
	return &copied
}

func createScratch(ctx context.Context, q schema.ExecQuerier, p *migrate.Plan) error {
	for _, c := range p.Changes {
		create := strings.Replace(c.Cmd, "CREATE TABLE", "CREATE TEMPORARY TABLE", 1)
		if _, err := q.ExecContext(ctx, create); err != nil {
			return fmt.Errorf("ask the database about the entity: %w", err)
		}
	}
	return nil
}
