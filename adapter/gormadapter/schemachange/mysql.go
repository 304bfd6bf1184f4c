package schemachange

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/schema"
	orm "gorm.io/gorm/schema"
)

// mysqlEngine has the collation of new tables, which compares byte by byte: the server's own takes
// t1 and T1 for one token.
type mysqlEngine struct{ collation string }

func (mysqlEngine) open(q schema.ExecQuerier) (migrate.Driver, error) { return mysql.Open(q) }
func (mysqlEngine) offline() migrate.PlanApplier                      { return mysql.DefaultPlan }

func (e mysqlEngine) attributes(t *schema.Table) { t.SetCharset("utf8mb4").SetCollation(e.collation) }

// fit takes the collation of the key of the users' table, without which no foreign key can refer to
// it, and where there is none yet the strictest of the server's.
func (e mysqlEngine) fit(ctx context.Context, q schema.ExecQuerier, tables []*schema.Table) error {
	users := tables[0]
	pairs, err := textPairs(ctx, q, "SELECT character_set_name, collation_name FROM information_schema.columns "+
		"WHERE table_schema = IF(? = '', DATABASE(), ?) AND table_name = ? AND column_name = ? AND collation_name "+
		"IS NOT NULL",
		users.Schema.Name, users.Schema.Name, users.Name, users.PrimaryKey.Parts[0].C.Name)
	if err == nil && len(pairs) == 0 {
		pairs, err = textPairs(ctx, q, "SELECT character_set_name, collation_name FROM information_schema.collations "+
			"WHERE collation_name IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin', 'utf8mb4_bin') ORDER BY "+
			"collation_name = 'utf8mb4_bin'")
	}
	if err != nil || len(pairs) == 0 {
		return err
	}
	for _, t := range tables {
		t.SetCharset(pairs[0][0]).SetCollation(pairs[0][1])
	}
	return nil
}

func (mysqlEngine) prefix(part *schema.IndexPart, length int) {
	part.Attrs = append(part.Attrs, &mysql.SubPart{Len: length})
}

var (
	mysqlNull    = regexp.MustCompile(`(?i)\s+(not\s+)?null\b`)
	mysqlCounts  = regexp.MustCompile(`(?i)\s+auto_increment\b`)
	mysqlCharset = regexp.MustCompile(`(?i)\s+(?:character\s+set|charset)\s+(\w+)`)
)

func (mysqlEngine) column(c *schema.Column, sqlType string, f *orm.Field) error {
	sqlType = mysqlNull.ReplaceAllString(sqlType, "")
	if mysqlCounts.MatchString(sqlType) || f.AutoIncrement {
		c.Attrs = append(c.Attrs, &mysql.AutoIncrement{})
		sqlType = mysqlCounts.ReplaceAllString(sqlType, "")
	}
	if m := mysqlCharset.FindStringSubmatch(sqlType); m != nil {
		c.SetCharset(m[1])
		sqlType = strings.Replace(sqlType, m[0], "", 1)
	}
	if m := collation.FindStringSubmatch(sqlType); m != nil {
		c.SetCollation(m[1])
		sqlType = strings.Replace(sqlType, m[0], "", 1)
	}
	var err error
	c.Type.Raw = strings.TrimSpace(sqlType)
	c.Type.Type, err = mysql.ParseType(c.Type.Raw)
	return err
}

func (mysqlEngine) index(i *schema.Index, from *orm.Index) error {
	if from.Where != "" {
		return errors.New("where: MySQL has no partial indexes")
	}
	if t := strings.ToUpper(from.Type + from.Class); t != "" && t != "UNIQUE" {
		i.AddAttrs(&mysql.IndexType{T: strings.TrimSuffix(t, "UNIQUE")})
	}
	return onlyClass(from, mysql.IndexTypeFullText, mysql.IndexTypeSpatial)
}

func (e mysqlEngine) settle(
	ctx context.Context, q schema.ExecQuerier, live, want *schema.Table,
) ([]schema.Change, error) {
	if !doubtful(live, want, mysql.FormatType) {
		return nil, nil
	}
	planned, err := e.offline().PlanChanges(ctx, "cardea", []schema.Change{&schema.AddTable{T: scratch(want)}})
	if err != nil {
		return nil, err
	}
	drop := "DROP TEMPORARY TABLE IF EXISTS " + scratchName
	if err := execAll(ctx, q, drop); err != nil {
		return nil, err
	}
	if err := createScratch(ctx, q, planned); err != nil {
		return nil, err
	}
	wanted, err := mysqlForm(ctx, q, scratchName)
	if err != nil {
		return nil, err
	}
	if err := execAll(ctx, q, drop); err != nil {
		return nil, err
	}
	name := "`" + live.Name + "`"
	if live.Schema.Name != "" {
		name = "`" + live.Schema.Name + "`." + name
	}
	is, err := mysqlForm(ctx, q, name)
	if err != nil {
		return nil, err
	}
	return is.settle(wanted, live, want), nil
}

// mysqlPart is a line of SHOW CREATE TABLE, where each column and each check is on one of its own.
var (
	mysqlColumn  = regexp.MustCompile("(?m)^  `([^`]+)` ([a-z]+(?:\\([^)]*\\))?(?: unsigned)?)(.*?),?$")
	mysqlDefault = regexp.MustCompile(`(?i) default (.*?)(?: on update | comment | check |$)`)
	mysqlCheck   = regexp.MustCompile("(?m)^  CONSTRAINT `([^`]+)` CHECK (.*?),?$")
)

func mysqlForm(ctx context.Context, q schema.ExecQuerier, table string) (*form, error) {
	pairs, err := textPairs(ctx, q, "SHOW CREATE TABLE "+table)
	if err != nil {
		return nil, err
	}
	if len(pairs) != 1 {
		return nil, fmt.Errorf("show create table: %d rows", len(pairs))
	}
	f := &form{types: make(map[string]string), defaults: make(map[string]string), checks: make(map[string]string)}
	for _, m := range mysqlColumn.FindAllStringSubmatch(pairs[0][1], -1) {
		f.types[m[1]] = m[2]
		if d := mysqlDefault.FindStringSubmatch(m[3]); d != nil && d[1] != "NULL" {
			f.defaults[m[1]] = d[1]
		}
	}
	for _, m := range mysqlCheck.FindAllStringSubmatch(pairs[0][1], -1) {
		f.checks[m[1]] = m[2]
	}
	return f, nil
}

func (mysqlEngine) keep(context.Context, schema.ExecQuerier, *schema.Table, *schema.Table) (kept, error) {
	return kept{}, nil
}

// complete writes DROP CONSTRAINT, which MySQL and MariaDB understand, for DROP CHECK, which only
// MySQL does.
func (mysqlEngine) complete(p *migrate.Plan, _ map[string]kept) ([]Statement, bool, error) {
	for _, c := range p.Changes {
		c.Cmd = strings.ReplaceAll(c.Cmd, "DROP CHECK `", "DROP CONSTRAINT `")
		if reverse, ok := c.Reverse.(string); ok {
			c.Reverse = strings.ReplaceAll(reverse, "DROP CHECK `", "DROP CONSTRAINT `")
		}
	}
	return statements(p), false, nil
}

// look waits for a change that is under way: what MySQL tells about tables is not of one moment.
func (mysqlEngine) look(ctx context.Context, conn pinned, fn func(schema.ExecQuerier) error) error {
	if err := mysqlLock(ctx, conn); err != nil {
		return err
	}
	err := tracked(conn, fn)
	if unlockErr := execAll(context.WithoutCancel(ctx), conn, "DO RELEASE_LOCK("+mysqlLockName+")"); unlockErr != nil {
		err = errors.Join(err, discard(conn))
	}
	return err
}

// mysqlLockName is one for the whole server, and at most 64 bytes long. MySQL 9.6 has no MD5 any
// more.
const mysqlLockName = "CONCAT('cardea.schema.', LEFT(SHA2(DATABASE(), 256), 32))"

func mysqlLock(ctx context.Context, conn pinned) error {
	var got sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+mysqlLockName+", 60)").Scan(&got); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if got.Int64 != 1 {
		return errors.New("lock: another process has held it for a minute")
	}
	return nil
}

// change closes the connection at its end, and so gives back the lock and the settings whatever
// happened.
func (mysqlEngine) change(ctx context.Context, conn pinned, fn func(schema.ExecQuerier) (*Plan, error)) (err error) {
	defer func() { err = errors.Join(err, discard(conn)) }()
	if err := mysqlLock(ctx, conn); err != nil {
		return err
	}
	// Strict, so that a value that does not fit is an error instead of being cut.
	if err := execAll(ctx, conn, "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
		"SET SESSION lock_wait_timeout = 2"); err != nil {
		return err
	}
	var p *Plan
	if err := tracked(conn, func(q schema.ExecQuerier) (err error) { p, err = fn(q); return err }); err != nil {
		return err
	}
	for i, s := range p.Up {
		err := ctx.Err()
		if err == nil {
			// A statement that is under way runs to its end, because the server would go on with it
			// when nobody waits for it any more.
			_, err = conn.ExecContext(context.WithoutCancel(ctx), s.SQL)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", s.Comment, err), undo(ctx, conn, p, i))
		}
	}
	return nil
}

// undo takes back the first n statements of a plan.
func undo(ctx context.Context, conn pinned, p *Plan, n int) error {
	ctx = context.WithoutCancel(ctx)
	for _, steps := range slices.Backward(p.steps[:n]) {
		for _, sql := range steps {
			if _, err := conn.ExecContext(ctx, sql); err != nil {
				return fmt.Errorf("undo what ran before: %w", err)
			}
		}
	}
	return nil
}

func (mysqlEngine) busy(err error) bool {
	text := err.Error()
	return strings.Contains(text, "Error 1205 ") || strings.Contains(text, "Error 1213 ")
}
