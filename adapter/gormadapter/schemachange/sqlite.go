package schemachange

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	orm "gorm.io/gorm/schema"
)

type sqliteEngine struct{}

func (sqliteEngine) open(q schema.ExecQuerier) (migrate.Driver, error) { return sqlite.Open(q) }
func (sqliteEngine) offline() migrate.PlanApplier                      { return sqlite.DefaultPlan }
func (sqliteEngine) attributes(*schema.Table)                          {}
func (sqliteEngine) prefix(*schema.IndexPart, int)                     {} // SQLite has none

func (sqliteEngine) fit(context.Context, schema.ExecQuerier, []*schema.Table) error { return nil }

var sqliteKey = regexp.MustCompile(`(?i)\s+primary\s+key(\s+autoincrement)?`)

func (sqliteEngine) column(c *schema.Column, sqlType string, f *orm.Field) error {
	if f.AutoIncrement {
		c.Attrs = append(c.Attrs, &sqlite.AutoIncrement{})
	}
	c.Type.Null = !f.NotNull && !f.AutoIncrement // SQLite lets a key be NULL unless told otherwise, and so does GORM
	var err error
	c.Type.Raw = sqliteKey.ReplaceAllString(sqlType, "")
	c.Type.Type, err = sqlite.ParseType(c.Type.Raw)
	return err
}

func (sqliteEngine) index(i *schema.Index, from *orm.Index) error {
	if from.Where != "" {
		i.AddAttrs(&sqlite.IndexPredicate{P: from.Where})
	}
	return onlyClass(from)
}

func onlyClass(from *orm.Index, known ...string) error {
	if from.Class == "" || from.Class == "UNIQUE" || slices.Contains(known, from.Class) {
		return nil
	}
	return fmt.Errorf("class %s: this database has none", from.Class)
}

func condition(i *schema.Index) string {
	if p := attribute[*sqlite.IndexPredicate](i.Attrs); p != nil {
		return plain(p.P)
	}
	return postgresCondition(i)
}

func (sqliteEngine) settle(_ context.Context, _ schema.ExecQuerier, live, want *schema.Table) ([]schema.Change, error) {
	for _, w := range want.Columns {
		l, ok := column(live, w.Name)
		if !ok {
			w.Indexes = nil // Atlas would rebuild the table to make them, where creating them is enough
			continue
		}
		if attribute[*sqlite.AutoIncrement](w.Attrs) != nil {
			w.Type.Null = l.Type.Null // it never is NULL, whatever its declaration
		}
		if affinity(l.Type.Raw) == affinity(w.Type.Raw) {
			w.Type.Type = l.Type.Type
		}
		if w.Default != nil && l.Default != nil && plainDefault(w.Default) == plainDefault(l.Default) {
			w.Default = l.Default
		}
	}
	return changedChecks(live, want, func(l, w *schema.Check) bool { return plain(l.Expr) != plain(w.Expr) }), nil
}

// changedChecks compares the checks of one name.
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

// affinity is what SQLite makes of a declared type (https://www.sqlite.org/datatype3.html § 3.1).
// Columns of times are told apart from numbers, because drivers go by the declaration.
func affinity(declared string) string {
	declared = strings.ToUpper(declared)
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(declared, part) })
	}
	switch {
	case has("INT"):
		return "NUMERIC"
	case has("CHAR", "CLOB", "TEXT"):
		return "TEXT"
	case has("BLOB"), declared == "":
		return "BLOB"
	case has("REAL", "FLOA", "DOUB"):
		return "REAL"
	case has("DATE", "TIME"):
		return "TIME"
	}
	return "NUMERIC"
}

// plainDefault is a default as SQLite reads it: 'A', "A" and ('A') are one, as are true and 1.
func plainDefault(x schema.Expr) string {
	v := plain(written(x))
	switch strings.ToLower(v) {
	case "true":
		return "1"
	case "false":
		return "0"
	}
	return strings.Trim(v, "'")
}

// lost are the words of a table's definition that Atlas does not read.
var (
	lost   = regexp.MustCompile(`(?i)\b(collate|deferrable|conflict|match)\b`)
	quoted = regexp.MustCompile("(?s)'[^']*'|\"[^\"]*\"|`[^`]*`|\\[[^]]*\\]|--[^\n]*|/\\*.*?\\*/")
)

func (sqliteEngine) keep(ctx context.Context, q schema.ExecQuerier, live, want *schema.Table) (kept, error) {
	k := kept{}
	if create := attribute[*sqlite.CreateStmt](live.Attrs); create != nil {
		k.obstacle = lost.FindString(quoted.ReplaceAllString(create.S, ""))
	}
	for _, l := range live.Indexes {
		nameConstraint(l, want)
	}
	live.Indexes = slices.DeleteFunc(live.Indexes, func(l *schema.Index) bool {
		create, origin := attribute[*sqlite.CreateStmt](l.Attrs), attribute[*sqlite.IndexOrigin](l.Attrs)
		if create == nil || origin == nil || origin.O != "c" {
			return false
		}
		for _, w := range want.Indexes {
			if w.Name == l.Name || sameIndex(l, w) {
				return false
			}
		}
		k.statements = append(k.statements, Statement{create.S, fmt.Sprintf("keep index %s of %s", l.Name, live.Name)})
		return true
	})
	triggers, err := textPairs(
		ctx, q, "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? ORDER BY name", live.Name,
	)
	for _, trigger := range triggers {
		k.statements = append(k.statements,
			Statement{trigger[1], fmt.Sprintf("keep trigger %s of %s", trigger[0], live.Name)})
	}
	return k, err
}

// nameConstraint gives the index of a UNIQUE in the table's definition the name that it has after a
// rebuild, because its own is SQLite's to give.
func nameConstraint(l *schema.Index, want *schema.Table) {
	if !strings.HasPrefix(l.Name, "sqlite_autoindex_") {
		return
	}
	for _, w := range want.Indexes {
		if sameIndex(l, w) {
			l.Name = w.Name
			return
		}
	}
	l.Name = want.Name
	for _, part := range l.Parts {
		l.Name += "_" + part.C.Name
	}
}

// textPairs returns the rows of a query for two texts.
func textPairs(ctx context.Context, q schema.ExecQuerier, query string, args ...any) (pairs [][2]string, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var a, b sql.NullString
		if err := rows.Scan(&a, &b); err != nil {
			return nil, err
		}
		pairs = append(pairs, [2]string{a.String, b.String})
	}
	return pairs, rows.Err()
}

// What a rebuild begins and ends with. Foreign keys are off because dropping the old table would
// delete the rows that refer to it, and can be switched only outside of a transaction. Where a tool
// opened one all the same, the guard fails before anything is dropped.
var (
	enterRebuild = []Statement{
		{"PRAGMA foreign_keys = OFF", "needs a connection of its own, and no transaction around it"},
		{"BEGIN IMMEDIATE", "take the write lock"},
	}
	leaveRebuild = []Statement{
		{"COMMIT", "all or nothing"},
		{"PRAGMA foreign_keys = ON", "as before"},
	}
	beginGuard = []Statement{
		{"PRAGMA legacy_alter_table = ON", "views and triggers that name the table stay as they are"},
		{"CREATE TEMP TABLE cardea_guard (fine INTEGER NOT NULL CHECK (fine), violations INTEGER NOT NULL)",
			"fails where the two next do not hold"},
		{"INSERT INTO cardea_guard SELECT (SELECT foreign_keys FROM pragma_foreign_keys) = 0, (SELECT count(*) FROM " +
			"pragma_foreign_key_check)",
			"foreign keys are off"},
	}
	endGuard = []Statement{
		{"INSERT INTO cardea_guard SELECT (SELECT count(*) FROM pragma_foreign_key_check) <= violations, 0 FROM " +
			"cardea_guard",
			"no row points at nothing that did not before"},
		{"DROP TABLE cardea_guard", "the guard goes"},
		{"PRAGMA legacy_alter_table = OFF", "as before"},
	}
)

func (sqliteEngine) complete(p *migrate.Plan, keep map[string]kept) (list []Statement, apart bool, err error) {
	var again []Statement
	for _, change := range p.Changes {
		if strings.HasPrefix(change.Cmd, "PRAGMA foreign_keys") {
			apart = true
			continue
		}
		list = append(list, Statement{change.Cmd, change.Comment})
		if add, ok := change.Source.(*schema.AddTable); ok {
			list = append(list, sequence(add.T)...)
		}
		if rebuilt, ok := change.Source.(*schema.ModifyTable); ok && strings.HasPrefix(change.Cmd, "DROP TABLE") {
			k := keep[rebuilt.T.Name]
			if k.obstacle != "" {
				return nil, false, fmt.Errorf("table %s has to be rebuilt, and its %s would be lost: change it by hand",
					rebuilt.T.Name, k.obstacle)
			}
			again = append(again, k.statements...)
		}
	}
	if apart {
		list = slices.Concat(beginGuard, list, again, endGuard)
	}
	return list, apart, nil
}

// sequence lets the numbers of a rebuilt table go on where they were, so that none is given twice.
func sequence(t *schema.Table) []Statement {
	name, rebuilt := strings.CutPrefix(t.Name, "new_")
	counts := slices.ContainsFunc(t.Columns, func(c *schema.Column) bool {
		return attribute[*sqlite.AutoIncrement](c.Attrs) != nil
	})
	if !rebuilt || !counts {
		return nil
	}
	literal := func(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
	return []Statement{{"INSERT INTO sqlite_sequence (name, seq) SELECT " + literal(t.Name) +
		", seq FROM sqlite_sequence WHERE name = " + literal(name),
		"numbers go on where they were"}}
}

func (sqliteEngine) look(ctx context.Context, conn pinned, fn func(schema.ExecQuerier) error) error {
	if err := execAll(ctx, conn, "BEGIN DEFERRED"); err != nil {
		return err
	}
	return errors.Join(tracked(conn, fn), execAll(context.WithoutCancel(ctx), conn, "ROLLBACK"))
}

func (sqliteEngine) change(ctx context.Context, conn pinned, fn func(schema.ExecQuerier) (*Plan, error)) (err error) {
	var on bool
	if err := conn.QueryRowContext(ctx, "PRAGMA foreign_keys").Scan(&on); err != nil {
		return err
	}
	defer func() {
		undo := []string{"PRAGMA legacy_alter_table = OFF", "PRAGMA foreign_keys = OFF"}
		if on {
			undo[1] = "PRAGMA foreign_keys = ON"
		}
		if restoreErr := execAll(context.WithoutCancel(ctx), conn, undo...); restoreErr != nil {
			err = errors.Join(err, discard(conn)) // rather no connection than one without foreign keys
		}
	}()
	if err := execAll(ctx, conn, "PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	var p *Plan
	if err = tracked(conn, func(q schema.ExecQuerier) (err error) { p, err = fn(q); return err }); err == nil {
		err = run(ctx, conn, p.Up)
	}
	if err == nil {
		err = execAll(ctx, conn, "COMMIT")
	}
	if err != nil {
		// The driver may have rolled back itself, as it does when ctx ends.
		_ = execAll(context.WithoutCancel(ctx), conn, "ROLLBACK")
	}
	return err
}

func execAll(ctx context.Context, q schema.ExecQuerier, statements ...string) error {
	for _, s := range statements {
		if _, err := q.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// discard closes a connection instead of giving it back to the pool.
func discard(conn pinned) error {
	err := conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) {
		return nil
	}
	return err
}

func (sqliteEngine) busy(err error) bool {
	var coded interface{ Code() int }
	return errors.As(err, &coded) && coded.Code()&0xff == 5 || strings.Contains(err.Error(), "database is locked")
}
