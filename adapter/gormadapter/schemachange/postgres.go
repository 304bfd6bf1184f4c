package schemachange

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	orm "gorm.io/gorm/schema"
)

type postgresEngine struct{}

func (postgresEngine) open(q schema.ExecQuerier) (migrate.Driver, error) { return postgres.Open(q) }
func (postgresEngine) offline() migrate.PlanApplier                      { return postgres.DefaultPlan }
func (postgresEngine) attributes(*schema.Table)                          {}
func (postgresEngine) prefix(*schema.IndexPart, int)                     {} // PostgreSQL has none

func (postgresEngine) fit(context.Context, schema.ExecQuerier, []*schema.Table) error { return nil }

var collation = regexp.MustCompile(`(?i)\s+collate\s+"?([\w.-]+)"?`)

func (postgresEngine) column(c *schema.Column, sqlType string, _ *orm.Field) error {
	if m := collation.FindStringSubmatch(sqlType); m != nil {
		c.SetCollation(m[1])
		sqlType = strings.Replace(sqlType, m[0], "", 1)
	}
	var err error
	c.Type.Raw = sqlType
	c.Type.Type, err = postgres.ParseType(strings.ToLower(sqlType))
	return err
}

func (postgresEngine) index(i *schema.Index, from *orm.Index) error {
	if from.Where != "" {
		i.AddAttrs(&postgres.IndexPredicate{P: from.Where})
	}
	if from.Type != "" {
		i.AddAttrs(&postgres.IndexType{T: strings.ToUpper(from.Type)})
	}
	return onlyClass(from)
}

func postgresCondition(i *schema.Index) string {
	if p := attribute[*postgres.IndexPredicate](i.Attrs); p != nil {
		return plain(p.P)
	}
	return ""
}

func (e postgresEngine) settle(
	ctx context.Context, q schema.ExecQuerier, live, want *schema.Table,
) ([]schema.Change, error) {
	for _, w := range want.Columns {
		if l, ok := column(live, w.Name); ok {
			if _, serial := w.Type.Type.(*postgres.SerialType); serial {
				w.Type.Type, w.Default = l.Type.Type, l.Default // its sequence, or identity, is the table's own
			}
		}
	}
	if !doubtful(live, want, postgres.FormatType) {
		return nil, nil
	}
	planned, err := e.offline().PlanChanges(ctx, "cardea", []schema.Change{&schema.AddTable{T: scratch(want)}})
	if err != nil {
		return nil, err
	}
	if err := createScratch(ctx, q, planned); err != nil {
		return nil, err
	}
	wanted, err := postgresForm(ctx, q, "pg_temp."+scratchName)
	if err != nil {
		return nil, err
	}
	name := `"` + live.Name + `"`
	if live.Schema.Name != "" {
		name = `"` + live.Schema.Name + `".` + name
	}
	is, err := postgresForm(ctx, q, name)
	if err != nil {
		return nil, err
	}
	if wanted, err = again(ctx, q, is, wanted); err != nil {
		return nil, err
	}
	if err := execAll(ctx, q, "DROP TABLE pg_temp."+scratchName); err != nil {
		return nil, err
	}
	return is.settle(wanted, live, want), nil
}

// again tells PostgreSQL its own words for the checks and indexes that differ. It may rewrite them
// once more, and a table whose definition went through a dump has them so.
func again(ctx context.Context, q schema.ExecQuerier, is, wanted *form) (*form, error) {
	var statements []string
	for _, name := range differing(is.checks, wanted.checks) {
		statements = append(statements,
			fmt.Sprintf(`ALTER TABLE pg_temp.%s DROP CONSTRAINT "%s", ADD CONSTRAINT "%[2]s" %s`, scratchName, name,
				wanted.checks[name]))
	}
	for _, name := range differing(is.indexes, wanted.indexes) {
		kind := "INDEX"
		definition, unique := strings.CutPrefix(wanted.indexes[name], "true ")
		if unique {
			kind = "UNIQUE INDEX"
		}
		statements = append(statements, fmt.Sprintf(`DROP INDEX pg_temp."%s"`, name),
			fmt.Sprintf(`CREATE %s "%s" ON pg_temp.%s %s`, kind, name, scratchName,
				strings.TrimPrefix(definition, "false ")))
	}
	if len(statements) == 0 {
		return wanted, nil
	}
	if err := execAll(ctx, q, statements...); err != nil {
		return nil, err
	}
	return postgresForm(ctx, q, "pg_temp."+scratchName)
}

// postgresForm asks PostgreSQL how it writes what it knows about a table.
func postgresForm(ctx context.Context, q schema.ExecQuerier, table string) (*form, error) {
	f := &form{}
	for _, part := range []struct {
		into  *map[string]string
		query string
	}{
		{&f.types, "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = " +
			"$1::regclass AND attnum > 0 AND NOT attisdropped"},
		{&f.defaults, "SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d " +
			"JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = $1::regclass"},
		{&f.checks, "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND " +
			"contype = 'c'"},
		{&f.indexes, "SELECT c.relname, i.indisunique::text || substring(pg_get_indexdef(i.indexrelid) FROM ' USING " +
			".*') " +
			"FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::regclass AND NOT " +
			"i.indisprimary"},
	} {
		pairs, err := textPairs(ctx, q, part.query, table)
		if err != nil {
			return nil, err
		}
		*part.into = texts(pairs)
	}
	return f, nil
}

func (postgresEngine) keep(context.Context, schema.ExecQuerier, *schema.Table, *schema.Table) (kept, error) {
	return kept{}, nil
}

// complete lets the way back not fail at a constraint that went with its column.
func (postgresEngine) complete(p *migrate.Plan, _ map[string]kept) ([]Statement, bool, error) {
	for _, c := range p.Changes {
		if reverse, ok := c.Reverse.(string); ok && strings.HasPrefix(reverse, "ALTER TABLE") {
			c.Reverse = strings.ReplaceAll(reverse, `DROP CONSTRAINT "`, `DROP CONSTRAINT IF EXISTS "`)
		}
	}
	return statements(p), false, nil
}

// look waits for a change that is under way: what PostgreSQL tells about tables is not of one
// moment.
func (postgresEngine) look(ctx context.Context, conn pinned, fn func(schema.ExecQuerier) error) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("SELECT pg_advisory_xact_lock_shared(%d)", postgresLock)); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	return tracked(tx, fn)
}

// postgresLock is the number of the advisory lock: "cardea" in bytes.
const postgresLock = 0x636172646561

func (postgresEngine) change(ctx context.Context, conn pinned, fn func(schema.ExecQuerier) (*Plan, error)) error {
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", postgresLock)); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	// Who waits for a table makes everybody wait that comes later. Half a second is also less than
	// deadlock_timeout, so that it is never a visitor's request that is given up.
	if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = '500ms'"); err != nil {
		return err
	}
	var p *Plan
	if err := tracked(tx, func(q schema.ExecQuerier) (err error) { p, err = fn(q); return err }); err != nil {
		return err
	}
	if err := run(ctx, tx, p.Up); err != nil {
		return err
	}
	return tx.Commit()
}

func (postgresEngine) busy(err error) bool {
	var coded interface{ SQLState() string }
	if !errors.As(err, &coded) {
		return false
	}
	switch coded.SQLState() {
	case "55P03", "40P01", "40001": // lock not available, deadlock, serialization failure
		return true
	}
	return false
}
