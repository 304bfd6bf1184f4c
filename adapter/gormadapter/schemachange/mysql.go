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

// mysqlEngine is the engine for MySQL and MariaDB.
type mysqlEngine struct {
	// collation is the collation of new tables, unless matchCollation finds another one. It
	// compares byte by byte. With the server's default collation the tokens t1 and T1 would be
	// equal.
	collation string
}

func (mysqlEngine) open(q schema.ExecQuerier) (migrate.Driver, error) {
	driver, err := mysql.Open(q)
	return mysqlDriver{driver}, err
}

func (mysqlEngine) offlinePlanner() migrate.PlanApplier { return mysql.DefaultPlan }

func (e mysqlEngine) setTableOptions(t *schema.Table) {
	t.SetCharset("utf8mb4").SetCollation(e.collation)
}

func (mysqlEngine) setIndexOptions(i *schema.Index, from *orm.Index) error {
	if from.Where != "" {
		return errors.New("where: MySQL has no partial indexes")
	}
	if t := strings.ToUpper(from.Type + from.Class); t != "" && t != "UNIQUE" {
		i.AddAttrs(&mysql.IndexType{T: strings.TrimSuffix(t, "UNIQUE")})
	}
	return checkClass(from, mysql.IndexTypeFullText, mysql.IndexTypeSpatial)
}

func (mysqlEngine) setPrefixLength(part *schema.IndexPart, length int) {
	part.Attrs = append(part.Attrs, &mysql.SubPart{Len: length})
}

const (
	mysqlKeyCollation = "SELECT character_set_name, collation_name FROM information_schema.columns " +
		"WHERE table_schema = IF(? = '', DATABASE(), ?) AND table_name = ? AND column_name = ? " +
		"AND collation_name IS NOT NULL"
	mysqlBinaryCollations = "SELECT character_set_name, collation_name FROM information_schema.collations " +
		"WHERE collation_name IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin', 'utf8mb4_bin') " +
		"ORDER BY collation_name = 'utf8mb4_bin'"
)

// matchCollation uses the collation of the users' primary key, because a foreign key can refer only
// to a column with the same collation. If the users' table does not exist yet, it uses the
// strictest collation of the server. utf8mb4_bin is the last choice, because it ignores spaces at
// the end.
func (mysqlEngine) matchCollation(ctx context.Context, q schema.ExecQuerier, tables []*schema.Table) error {
	users := tables[0]
	found, err := queryPairs(ctx, q, mysqlKeyCollation,
		users.Schema.Name, users.Schema.Name, users.Name, users.PrimaryKey.Parts[0].C.Name)
	if err == nil && len(found) == 0 {
		found, err = queryPairs(ctx, q, mysqlBinaryCollations)
	}
	if err != nil || len(found) == 0 {
		return err
	}
	charset, collation := found[0][0], found[0][1]
	for _, t := range tables {
		t.SetCharset(charset).SetCollation(collation)
	}
	return nil
}

func (e mysqlEngine) normalize(
	ctx context.Context, q schema.ExecQuerier, live, want *schema.Table,
) ([]schema.Change, error) {
	for _, w := range want.Columns {
		if l, ok := findColumn(live, w.Name); ok {
			sameCharset(l, w)
		}
	}
	if !needsNormalizing(live, want, mysql.FormatType) {
		return nil, nil
	}
	wanted, err := e.readEntity(ctx, q, want)
	if err != nil {
		return nil, err
	}
	current, err := readMySQL(ctx, q, mysqlName(live))
	if err != nil {
		return nil, err
	}
	return current.normalize(wanted, live, want), nil
}

// readEntity creates the entity's table as a temporary table, reads its definition and drops it.
func (e mysqlEngine) readEntity(ctx context.Context, q schema.ExecQuerier, want *schema.Table) (*normalized, error) {
	const drop = "DROP TEMPORARY TABLE IF EXISTS " + scratchTable
	if err := execAll(ctx, q, drop); err != nil {
		return nil, err
	}
	if err := createScratchTable(ctx, q, e.offlinePlanner(), want); err != nil {
		return nil, err
	}
	wanted, err := readMySQL(ctx, q, scratchTable)
	if err != nil {
		return nil, err
	}
	return wanted, execAll(ctx, q, drop)
}

func mysqlName(t *schema.Table) string {
	if t.Schema.Name == "" {
		return "`" + t.Name + "`"
	}
	return "`" + t.Schema.Name + "`.`" + t.Name + "`"
}

// Lines of SHOW CREATE TABLE, which has one line for each column and each check.
var (
	mysqlColumn = regexp.MustCompile("(?m)^  `([^`]+)` " +
		`([a-z]+(?:\((?:[^')]|'[^']*')*\))?(?: unsigned)?(?: zerofill)?)(.*?),?$`)
	mysqlDefault = regexp.MustCompile(`(?i) default (.*?)(?: on update | comment | check |$)`)
	mysqlCheck   = regexp.MustCompile("(?m)^  CONSTRAINT `([^`]+)` CHECK (.*?),?$")
)

// readMySQL reads the definition of a table, without its indexes. The name must be quoted if it is
// not a plain word.
func readMySQL(ctx context.Context, q schema.ExecQuerier, table string) (*normalized, error) {
	pairs, err := queryPairs(ctx, q, "SHOW CREATE TABLE "+table)
	if err != nil {
		return nil, err
	}
	if len(pairs) != 1 {
		return nil, fmt.Errorf("show create table: got %d rows, want 1", len(pairs))
	}
	definition := pairs[0][1]
	n := &normalized{
		types:    make(map[string]string),
		defaults: make(map[string]string),
		checks:   make(map[string]string),
	}
	for _, m := range mysqlColumn.FindAllStringSubmatch(definition, -1) {
		n.types[m[1]] = m[2]
		if d := mysqlDefault.FindStringSubmatch(m[3]); d != nil && d[1] != "NULL" {
			n.defaults[m[1]] = d[1]
		}
	}
	for _, m := range mysqlCheck.FindAllStringSubmatch(definition, -1) {
		n.checks[m[1]] = m[2]
	}
	return n, nil
}

// refuses reports false: which values can be converted depends on the rows.
func (mysqlEngine) refuses(context.Context, schema.ExecQuerier, *schema.Table, *schema.ModifyColumn) (bool, error) {
	return false, nil
}

// preserve does nothing: Atlas rebuilds tables only on SQLite.
func (mysqlEngine) preserve(
	context.Context, schema.ExecQuerier, *schema.Table, *schema.Table,
) (preserved, error) {
	return preserved{}, nil
}

// finish replaces DROP CHECK, which MariaDB does not understand, with DROP CONSTRAINT, which both
// understand.
func (mysqlEngine) finish(p *migrate.Plan, _ map[string]preserved) ([]Statement, bool, error) {
	for _, c := range p.Changes {
		c.Cmd = strings.ReplaceAll(c.Cmd, "DROP CHECK `", "DROP CONSTRAINT `")
		if reverse, ok := c.Reverse.(string); ok {
			c.Reverse = strings.ReplaceAll(reverse, "DROP CHECK `", "DROP CONSTRAINT `")
		}
	}
	return toStatements(p), false, nil
}

// planOnly waits while another process changes the schema, because the queries on MySQL's schema do
// not all see the same snapshot.
func (mysqlEngine) planOnly(ctx context.Context, conn *sql.Conn, plan planFunc) (*Plan, error) {
	inGalera, err := isGalera(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if inGalera { // the lock would change the schema
		if err := waitForCluster(ctx, conn); err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
		return callPlan(conn, plan)
	}
	if err := lockServer(ctx, conn); err != nil {
		return nil, err
	}
	p, err := callPlan(conn, plan)
	if unlockErr := (serverLock{conn}).release(context.WithoutCancel(ctx)); unlockErr != nil {
		err = errors.Join(err, discard(conn)) // the lock ends with the connection
	}
	return p, err
}

// planAndRun closes the connection at its end, which discards the settings of the session.
func (mysqlEngine) planAndRun(ctx context.Context, conn *sql.Conn, plan planFunc) (p *Plan, err error) {
	defer func() { err = errors.Join(err, discard(conn)) }()
	lock, err := lockMySQL(ctx, conn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.release(context.WithoutCancel(ctx))) }()
	// In strict mode a value that does not fit is an error. Otherwise MySQL truncates it.
	if err := execAll(ctx, conn,
		"SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')",
		"SET SESSION lock_wait_timeout = 2",
	); err != nil {
		return nil, err
	}
	if p, err = callPlan(conn, plan); err != nil {
		return nil, err
	}
	for i, s := range p.Up {
		// Without the lock nothing is undone: another process may rely on it.
		if err := lock.keep(context.WithoutCancel(ctx)); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Comment, err)
		}
		if err := runMySQL(ctx, conn, s); err != nil {
			return nil, errors.Join(err, undo(ctx, conn, p.undo[:i]))
		}
	}
	return p, nil
}

// runMySQL runs a statement. It waits for the end of the statement even if ctx ends, because the
// server would finish it anyway.
func runMySQL(ctx context.Context, conn *sql.Conn, s Statement) error {
	err := ctx.Err()
	if err == nil {
		_, err = conn.ExecContext(context.WithoutCancel(ctx), s.SQL)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Comment, err)
	}
	return nil
}

// undo runs the statements that undo the steps, the last step first, even if ctx has ended.
func undo(ctx context.Context, conn *sql.Conn, steps [][]string) error {
	ctx = context.WithoutCancel(ctx)
	for _, statements := range slices.Backward(steps) {
		if err := execAll(ctx, conn, statements...); err != nil {
			return fmt.Errorf("undo the statements before: %w", err)
		}
	}
	return nil
}

// retryable reports whether the error is 1205, a lock wait that timed out, or 1213, a deadlock, or
// says that somebody else has changed the schema since it was read.
func (mysqlEngine) retryable(err error) bool {
	return errors.Is(err, errLockLost) || hasMySQLError(err, 1205, 1213, 1412, 1050, 1060, 1061)
}
