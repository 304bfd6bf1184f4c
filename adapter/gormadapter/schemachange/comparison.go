package schemachange

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
)

// comparison collects the changes between the live tables and those of the entities.
type comparison struct {
	engine  engine
	driver  migrate.Driver
	q       schema.ExecQuerier
	wanted  []*schema.Table
	changes []schema.Change
	extra   []string
	kept    map[string]kept
}

func (c *comparison) compare(ctx context.Context, wanted []*schema.Table) error {
	c.wanted = wanted
	lives, err := c.inspect(ctx)
	if err != nil {
		return err
	}
	for _, name := range schemaNames(wanted) {
		if lives.missing[name] {
			c.changes = append(c.changes, addSchema(name))
		}
	}
	for _, want := range wanted {
		live := lives.tables[want]
		if live == nil {
			c.changes = append(c.changes, &schema.AddTable{T: want})
			continue
		}
		if err := c.table(ctx, live, want); err != nil {
			return fmt.Errorf("table %s: %w", want.Name, err)
		}
	}
	return nil
}

func (c *comparison) table(ctx context.Context, live, want *schema.Table) error {
	checks, err := c.engine.settle(ctx, c.q, live, want)
	if err != nil {
		return err
	}
	kept, err := c.engine.keep(ctx, c.q, live, want)
	if err != nil {
		return err
	}
	c.kept[want.Name] = kept
	for _, statement := range kept.statements {
		c.extra = append(c.extra, strings.TrimPrefix(statement.Comment, "keep "))
	}
	extra, err := over(live, want)
	if err != nil {
		return err
	}
	c.extra = append(c.extra, extra...)
	changes, err := c.driver.TableDiff(live, want)
	if err != nil {
		return err
	}
	if changes = append(changes, checks...); len(changes) > 0 {
		c.changes = append(c.changes, &schema.ModifyTable{T: want, Changes: changes})
	}
	return nil
}

// back returns the changes that undo those of compare.
func (c *comparison) back(ctx context.Context) ([]schema.Change, error) {
	lives, err := c.inspect(ctx)
	if err != nil {
		return nil, err
	}
	var back []schema.Change
	for _, change := range slices.Backward(c.changes) {
		switch change := change.(type) {
		case *schema.AddTable:
			back = append(back, &schema.DropTable{T: change.T})
		case *schema.ModifyTable:
			live := lives.tables[change.T]
			if _, err := c.engine.keep(ctx, c.q, live, change.T); err != nil {
				return nil, err
			}
			changes, err := c.driver.TableDiff(change.T, live)
			if err != nil {
				return nil, err
			}
			for _, part := range change.Changes {
				if check, ok := part.(*schema.ModifyCheck); ok {
					changes = append(changes, &schema.ModifyCheck{From: check.To, To: check.From})
				}
			}
			back = append(back, &schema.ModifyTable{T: live, Changes: changes})
		}
	}
	return back, nil
}

// lives is what there is of the wanted tables, and which of their schemas are missing.
type lives struct {
	tables  map[*schema.Table]*schema.Table
	missing map[string]bool
}

func (c *comparison) inspect(ctx context.Context) (*lives, error) {
	found := &lives{make(map[*schema.Table]*schema.Table), make(map[string]bool)}
	for _, space := range schemaNames(c.wanted) {
		var names []string
		for _, t := range c.wanted {
			if t.Schema.Name == space {
				names = append(names, t.Name)
			}
		}
		s, err := c.driver.InspectSchema(ctx, space,
			&schema.InspectOptions{Mode: schema.InspectTables | schema.InspectTypes, Tables: names})
		if schema.IsNotExistError(err) && space != "" {
			found.missing[space] = true
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("inspect: %w", err)
		}
		s.Name = space // the default schema stays without a name in the statements
		for _, t := range c.wanted {
			if live, ok := s.Table(t.Name); ok && t.Schema.Name == space {
				found.tables[t] = live
			}
		}
	}
	return found, nil
}

// over adds to want what live has and no entity knows, so that nothing is left to drop, and says
// what that was.
func over(live, want *schema.Table) (extra []string, err error) {
	note := func(format string, args ...any) { extra = append(extra, fmt.Sprintf(format, args...)) }
	if err := samePrimaryKey(live, want); err != nil {
		return nil, err
	}
	want.UnsetCharset().UnsetCollation() // which are for new tables
	want.Attrs = append(want.Attrs, missing(live.Attrs, want.Attrs)...)
	overColumns(live, want, note)
	overIndexes(live, want, note)
	overForeignKeys(live, want, note)
	for _, check := range live.Checks() {
		if !slices.ContainsFunc(want.Checks(), func(c *schema.Check) bool {
			return c.Name == check.Name || c.Expr == check.Expr
		}) {
			want.AddChecks(check)
			if !strings.HasPrefix(check.Expr, "json_valid(") { // MariaDB's own, for its json columns
				note("check %s of %s", check.Name, want.Name)
			}
		}
	}
	want.PrimaryKey = own(live.PrimaryKey, want)
	return extra, nil
}

func samePrimaryKey(live, want *schema.Table) error {
	names := func(key *schema.Index) (list []string) {
		if key != nil {
			for _, part := range key.Parts {
				list = append(list, part.C.Name)
			}
		}
		slices.Sort(list) // Atlas does not know their order on SQLite
		return list
	}
	if a, b := names(live.PrimaryKey), names(want.PrimaryKey); !slices.EqualFunc(a, b, strings.EqualFold) {
		return fmt.Errorf("its primary key is (%s), the entity's (%s): change that by hand", strings.Join(a, ", "),
			strings.Join(b, ", "))
	}
	return nil
}

// missing returns the attributes of live whose kind want has none of. Checks are not among them.
func missing(live, want []schema.Attr) (list []schema.Attr) {
	for _, a := range live {
		if _, check := a.(*schema.Check); check {
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

func overColumns(live, want *schema.Table, note func(string, ...any)) {
	var columns []*schema.Column
	for _, c := range live.Columns {
		w, ok := column(want, c.Name)
		if !ok {
			w = &schema.Column{Name: c.Name, Type: c.Type, Default: c.Default, Attrs: c.Attrs}
			note("column %s.%s", want.Name, c.Name)
		} else {
			w.Name = c.Name // names of columns have no case on SQLite and MySQL
			w.Attrs = append(w.Attrs, missing(c.Attrs, w.Attrs)...)
			if w.Default == nil && c.Default != nil {
				w.Default = c.Default
				note("default of column %s.%s", want.Name, c.Name)
			}
		}
		columns = append(columns, w)
	}
	for _, w := range want.Columns {
		if !slices.Contains(columns, w) {
			columns = append(columns, w)
		}
	}
	want.Columns = columns
}

func column(t *schema.Table, name string) (*schema.Column, bool) {
	if c, ok := t.Column(name); ok {
		return c, true
	}
	i := slices.IndexFunc(t.Columns, func(c *schema.Column) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return nil, false
	}
	return t.Columns[i], true
}

// overIndexes takes a live index that does the same for the entity's, whatever its name, and keeps
// those that no entity knows.
func overIndexes(live, want *schema.Table, note func(string, ...any)) {
	var indexes []*schema.Index
	used := make(map[*schema.Index]bool)
	for _, w := range want.Indexes {
		i := slices.IndexFunc(live.Indexes, func(l *schema.Index) bool { return l.Name == w.Name })
		if i < 0 {
			i = slices.IndexFunc(live.Indexes, func(l *schema.Index) bool { return sameIndex(l, w) })
		}
		if i >= 0 && sameIndex(live.Indexes[i], w) {
			w = own(live.Indexes[i], want)
		}
		if i >= 0 {
			used[live.Indexes[i]] = true
		}
		if !slices.ContainsFunc(indexes, func(l *schema.Index) bool { return l.Name == w.Name }) {
			indexes = append(indexes, w)
		}
	}
	for _, l := range live.Indexes {
		if !used[l] {
			indexes = append(indexes, own(l, want))
			note("index %s of %s", l.Name, want.Name)
		}
	}
	want.Indexes = indexes
}

// own copies an index of another table to t.
func own(index *schema.Index, t *schema.Table) *schema.Index {
	if index == nil {
		return nil
	}
	copied := *index
	copied.Table, copied.Parts, copied.Attrs = t, nil, slices.Clone(index.Attrs)
	for _, part := range index.Parts {
		p := *part
		if p.C != nil {
			p.C, _ = column(t, p.C.Name)
		}
		copied.Parts = append(copied.Parts, &p)
	}
	return &copied
}

// sameIndex compares what an index is on. Where it has a condition or an expression the two are the
// same only if they say so in the same words.
func sameIndex(live, want *schema.Index) bool {
	return live.Unique == want.Unique && condition(live) == condition(want) &&
		slices.EqualFunc(live.Parts, want.Parts, func(a, b *schema.IndexPart) bool {
			switch {
			case a.Desc != b.Desc || (a.C == nil) != (b.C == nil):
				return false
			case a.C != nil:
				return strings.EqualFold(a.C.Name, b.C.Name)
			}
			return plain(expression(a.X)) == plain(expression(b.X))
		})
}

func expression(x schema.Expr) string {
	if raw, ok := x.(*schema.RawExpr); ok {
		return raw.X
	}
	return ""
}

func overForeignKeys(live, want *schema.Table, note func(string, ...any)) {
	for _, l := range live.ForeignKeys {
		i := slices.IndexFunc(want.ForeignKeys, func(w *schema.ForeignKey) bool {
			return w.Symbol == l.Symbol || sameColumns(w.Columns, l.Columns) && w.RefTable.Name == l.RefTable.Name
		})
		if i >= 0 {
			want.ForeignKeys[i].Symbol = l.Symbol
			continue
		}
		key := *l
		key.Table, key.Columns = want, nil
		for _, c := range l.Columns {
			w, _ := column(want, c.Name)
			key.Columns = append(key.Columns, w)
		}
		want.ForeignKeys = append(want.ForeignKeys, &key)
		note("foreign key %s of %s", l.Symbol, want.Name)
	}
}

// plain takes away what a database adds to an expression or leaves out without changing it: blanks,
// quotes of names and outer parentheses.
func plain(expr string) string {
	var b strings.Builder
	text := false
	for _, r := range expr {
		if r == '\'' {
			text = !text
		}
		if text || !strings.ContainsRune(" \t\r\n`\"", r) {
			b.WriteRune(r)
		}
	}
	expr = b.String()
	for strings.HasPrefix(expr, "(") && closes(expr) == len(expr)-1 {
		expr = expr[1 : len(expr)-1]
	}
	return expr
}

// closes returns where the parenthesis that opens expr ends, or -1.
func closes(expr string) int {
	depth, text := 0, false
	for i, r := range expr {
		switch {
		case r == '\'':
			text = !text
		case text:
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
