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
func (postgresEngine) offlinePlanner() migrate.PlanApplier               { return postgres.DefaultPlan }

var collateClause = regexp.MustCompile(`(?i)\s+collate\s+"?([\w.-]+)"?`)

func (postgresEngine) setType(c *schema.Column, sqlType string, _ *orm.Field) error {
	if m := collateClause.FindStringSubmatch(sqlType); m != nil {
		c.SetCollation(m[1])
		sqlType = strings.Replace(sqlType, m[0], "", 1)
	}
	sqlType = cutNull(c, sqlType)
	c.Type.Raw = sqlType
	sqlType = lowerUnquoted(sqlType)
	parsed, err := postgres.ParseType(sqlType)
	if err != nil || strings.Contains(sqlType, `"`) {
		// Atlas does not know the spelling, such as char varying(20), or would write "Mood"[] in
		// lower case. The database decides.
		parsed = &postgres.UserDefinedType{T: sqlType}
	}
	c.Type.Type = parsed
	if _, serial := parsed.(*postgres.SerialType); serial {
		c.Type.Null = false // PostgreSQL makes it NOT NULL, whatever the tag says
	}
	return nil
}

// lowerUnquoted returns SQL in lower case, except what is in double quotes.
func lowerUnquoted(sql string) string {
	parts := strings.Split(sql, `"`)
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.ToLower(parts[i])
	}
	return strings.Join(parts, `"`)
}

func (postgresEngine) setTableOptions(*schema.Table) {}

func (postgresEngine) setIndexOptions(i *schema.Index, from *orm.Index) error {
	if from.Where != "" {
		i.AddAttrs(&postgres.IndexPredicate{P: from.Where})
	}
	if from.Type != "" {
		i.AddAttrs(&postgres.IndexType{T: strings.ToUpper(from.Type)})
	}
	return checkClass(from)
}

// setPrefixLength does nothing: PostgreSQL has no indexes on prefixes.
func (postgresEngine) setPrefixLength(*schema.IndexPart, int) {}

// matchCollation does nothing: foreign keys need no common collation.
func (postgresEngine) matchCollation(context.Context, schema.ExecQuerier, []*schema.Table) error {
	return nil
}

func (e postgresEngine) normalize(
	ctx context.Context, q schema.ExecQuerier, live, want *schema.Table,
) ([]schema.Change, error) {
	for _, w := range want.Columns {
		if _, serial := w.Type.Type.(*postgres.SerialType); !serial {
			continue
		}
		if l, ok := findColumn(live, w.Name); ok {
			w.Type.Type, w.Default = l.Type.Type, l.Default // keep the table's sequence or identity
		}
	}
	if !needsNormalizing(live, want, postgres.FormatType) {
		return nil, nil
	}
	current, err := readPostgres(ctx, q, postgresName(live))
	if err != nil {
		return nil, err
	}
	wanted, err := e.readEntity(ctx, q, current, want)
	if err != nil {
		return nil, err
	}
	changes := current.normalize(wanted, live, want)
	return append(changes, changedTypes(current, wanted, live, want)...), nil
}

// changedTypes returns the columns whose types differ although Atlas takes them for the same: two
// enumerations of the same name in two schemas, or any two types that Atlas does not know.
func changedTypes(current, wanted *normalized, live, want *schema.Table) (changes []schema.Change) {
	for _, w := range want.Columns {
		l, ok := findColumn(live, w.Name)
		if ok && !isBuiltIn(w.Type.Type) && current.types[l.Name] != wanted.types[w.Name] {
			changes = append(changes, &schema.ModifyColumn{From: l, To: w, Change: schema.ChangeType})
		}
	}
	return changes
}

func isBuiltIn(t schema.Type) bool {
	switch t.(type) {
	case *postgres.UserDefinedType, *postgres.ArrayType:
		return false
	}
	return true
}

// postgresScratch is the scratch table in the schema of temporary tables.
const postgresScratch = "pg_temp." + scratchTable

// readEntity creates the entity's table as a temporary table, reads its definition and drops it.
// current is the definition of the live table.
func (e postgresEngine) readEntity(
	ctx context.Context, q schema.ExecQuerier, current *normalized, want *schema.Table,
) (*normalized, error) {
	if err := createScratchTable(ctx, q, e.offlinePlanner(), want); err != nil {
		return nil, err
	}
	wanted, err := readPostgres(ctx, q, postgresScratch)
	if err != nil {
		return nil, err
	}
	if wanted, err = renormalize(ctx, q, current, wanted); err != nil {
		return nil, err
	}
	return wanted, execAll(ctx, q, "DROP TABLE "+postgresScratch)
}

func postgresName(t *schema.Table) string {
	if t.Schema.Name == "" {
		return `"` + t.Name + `"`
	}
	return `"` + t.Schema.Name + `"."` + t.Name + `"`
}

// renormalize compares once more the checks and indexes that differ. It creates those of the
// scratch table again from the text that PostgreSQL has for them, and reads them back. PostgreSQL
// may change its own text when it parses it, and a database that was dumped and restored has the
// changed text.
func renormalize(ctx context.Context, q schema.ExecQuerier, current, wanted *normalized) (*normalized, error) {
	var statements []string
	for _, name := range differingNames(current.checks, wanted.checks) {
		statements = append(statements,
			fmt.Sprintf(`ALTER TABLE %s DROP CONSTRAINT "%s", ADD CONSTRAINT "%[2]s" %s`,
				postgresScratch, name, wanted.checks[name]))
	}
	for _, name := range differingNames(current.indexes, wanted.indexes) {
		kind, definition, _ := strings.Cut(wanted.indexes[name], " USING ")
		statements = append(statements,
			fmt.Sprintf(`DROP INDEX pg_temp."%s"`, name),
			fmt.Sprintf(`CREATE %s "%s" ON %s USING %s`, kind, name, postgresScratch, definition))
	}
	if len(statements) == 0 {
		return wanted, nil
	}
	if err := execAll(ctx, q, statements...); err != nil {
		return nil, err
	}
	return readPostgres(ctx, q, postgresScratch)
}

// The queries of readPostgres return a name and a text for each object of a table. The text of an
// index begins with INDEX or UNIQUE INDEX, then USING.
const (
	postgresTypes = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute " +
		"WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"
	postgresDefaults = "SELECT a.attname, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d " +
		"JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum " +
		"WHERE d.adrelid = $1::regclass"
	postgresChecks = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint " +
		"WHERE conrelid = $1::regclass AND contype = 'c'"
	postgresIndexes = "SELECT c.relname, CASE WHEN i.indisunique THEN 'UNIQUE INDEX' ELSE 'INDEX' END || " +
		"substring(pg_get_indexdef(i.indexrelid) FROM ' USING .*') " +
		"FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid " +
		"WHERE i.indrelid = $1::regclass AND NOT i.indisprimary"
)

// readPostgres reads the definition of a table. The name must be quoted.
func readPostgres(ctx context.Context, q schema.ExecQuerier, table string) (*normalized, error) {
	n := &normalized{}
	for _, part := range []struct {
		into  *map[string]string
		query string
	}{
		{&n.types, postgresTypes},
		{&n.defaults, postgresDefaults},
		{&n.checks, postgresChecks},
		{&n.indexes, postgresIndexes},
	} {
		pairs, err := queryPairs(ctx, q, part.query, table)
		if err != nil {
			return nil, err
		}
		*part.into = make(map[string]string)
		for _, pair := range pairs {
			(*part.into)[pair[0]] = pair[1]
		}
	}
	return n, nil
}

// refuses changes the column in an empty copy of the table. PostgreSQL refuses a type to which it
// converts by an explicit cast only, and a default that it cannot convert.
func (postgresEngine) refuses(
	ctx context.Context, q schema.ExecQuerier, t *schema.Table, c *schema.ModifyColumn,
) (bool, error) {
	to, err := postgres.FormatType(c.To.Type.Type)
	if err != nil {
		return false, err
	}
	err = execAll(ctx, q, "SAVEPOINT cardea_scratch",
		fmt.Sprintf("CREATE TEMPORARY TABLE %s (LIKE %s INCLUDING DEFAULTS)", scratchTable, postgresName(t)))
	if err != nil {
		return false, err
	}
	refused := execAll(ctx, q, fmt.Sprintf(`ALTER TABLE %s ALTER COLUMN "%s" TYPE %s`, postgresScratch, c.To.Name, to))
	return refused != nil, execAll(ctx, q, "ROLLBACK TO SAVEPOINT cardea_scratch", "RELEASE SAVEPOINT cardea_scratch")
}

// preserve does nothing: Atlas rebuilds tables only on SQLite.
func (postgresEngine) preserve(
	context.Context, schema.ExecQuerier, *schema.Table, *schema.Table,
) (preserved, error) {
	return preserved{}, nil
}

// finish adds IF EXISTS to the statements that undo the plan, because dropping a column also drops
// its constraints.
func (postgresEngine) finish(p *migrate.Plan, _ map[string]preserved) ([]Statement, bool, error) {
	for _, c := range p.Changes {
		if reverse, ok := c.Reverse.(string); ok && strings.HasPrefix(reverse, "ALTER TABLE") {
			c.Reverse = strings.ReplaceAll(reverse, `DROP CONSTRAINT "`, `DROP CONSTRAINT IF EXISTS "`)
		}
	}
	return toStatements(p), false, nil
}

// postgresLock is the number of the advisory lock: the bytes of "cardea".
const postgresLock = 0x636172646561

// planOnly waits while another process changes the schema, because the queries on PostgreSQL's
// catalog do not all see the same snapshot.
func (postgresEngine) planOnly(ctx context.Context, conn *sql.Conn, plan planFunc) (*Plan, error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if err := execAll(ctx, tx, fmt.Sprintf("SELECT pg_advisory_xact_lock_shared(%d)", postgresLock)); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return callPlan(tx, plan)
}

func (postgresEngine) planAndRun(ctx context.Context, conn *sql.Conn, plan planFunc) (*Plan, error) {
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if err := execAll(ctx, tx, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", postgresLock)); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	// A statement that waits for a table makes all later users of the table wait too. Half a second
	// is also less than the default deadlock_timeout of one second, so in a deadlock it is this
	// transaction that fails, never a visitor's request.
	if err := execAll(ctx, tx, "SET LOCAL lock_timeout = '500ms'"); err != nil {
		return nil, err
	}
	p, err := callPlan(tx, plan)
	if err != nil {
		return nil, err
	}
	if err := run(ctx, tx, p.Up); err != nil {
		return nil, err
	}
	return p, tx.Commit()
}

func (postgresEngine) retryable(err error) bool {
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
