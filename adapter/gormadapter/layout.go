package gormadapter

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"
)

// layout is what the database says about the adapter's tables. They may have been made by other
// programs, with narrower columns than the entities have.
type layout struct {
	columns    map[*schema.Field]column
	foldsEmail string // the SQL function (lower, upper) of the unique index on the e-mail; "" for none
	complete   bool   // every table but that of authenticators exists
	read       time.Time
}

// column is a column as the database has it.
type column struct {
	characters int    // the longest text, in characters; 0 for no limit
	bytes      int    // the longest text, in bytes; 0 for no limit
	charset    string // MySQL's name of the character set; "" for any other database
	collation  string // MySQL's name of the collation
	nullable   bool
}

// layouts reads the layout when it is first needed, because the tables may not exist when the
// adapter is made.
type layouts struct {
	db     *database
	tables tables

	mu     sync.Mutex
	known  *layout // nil if nothing is known
	warned map[*schema.Field]bool
}

// layoutMaxAge is how old the layout may be when a value is left out because of it. The column may
// have been widened since.
const layoutMaxAge = time.Minute

// current returns what is known about the tables, and reads it if it is not known. It returns an
// empty layout if it cannot be read.
func (s *layouts) current(ctx context.Context) *layout { return s.since(ctx, time.Time{}) }

// since is current, but what was read before oldest is read again.
func (s *layouts) since(ctx context.Context, oldest time.Time) *layout {
	s.mu.Lock()
	known := s.known
	s.mu.Unlock()
	if known != nil && known.complete && !known.read.Before(oldest) {
		return known
	}
	l, err := s.readLayout(ctx)
	if err != nil { // the statement for which it is read fails too, or works without it
		return &layout{}
	}
	s.mu.Lock()
	s.known = l
	s.mu.Unlock()
	s.warnOfNarrowColumns(ctx, l)
	return l
}

// readLayout asks the database about its tables.
func (s *layouts) readLayout(ctx context.Context) (*layout, error) {
	l := &layout{columns: map[*schema.Field]column{}, complete: true, read: time.Now()}
	db := s.db.session(ctx)
	for _, table := range s.tables.inOrder() {
		found, err := s.readColumns(db, table)
		if err != nil {
			return nil, err
		}
		l.complete = l.complete && (found != nil || table == s.tables.authenticator || table == s.tables.limit)
		for name, c := range found {
			if field := table.schema.FieldsByDBName[name]; field != nil {
				l.columns[field] = c
			}
		}
	}
	if !l.complete {
		return l, nil
	}
	definitions, err := s.readDefinitions(db, s.tables.user)
	l.foldsEmail = foldingFunction(definitions, s.tables.user.byName["Email"].DBName)
	return l, err
}

// readColumns returns the columns of a table by their names, or nil if there is no such table.
// SQLite keeps no limits, so for SQLite the names are enough.
func (s *layouts) readColumns(db *gorm.DB, t *table) (map[string]column, error) {
	switch s.db.dialect {
	case postgreSQLDialect:
		return readPostgreSQLColumns(db, t)
	case mySQLDialect:
		return readMySQLColumns(db, t)
	case sqliteDialect:
		if db.Migrator().HasTable(t.entity.new()) {
			return map[string]column{}, nil
		}
		return nil, nil
	}
	return map[string]column{}, nil
}

var characterType = regexp.MustCompile(`^character(?: varying)?\((\d+)\)$`)

func readPostgreSQLColumns(db *gorm.DB, t *table) (map[string]column, error) {
	var rows []struct {
		Label, Kind string
		Nullable    bool
	}
	// A column with a domain has the limit of the domain.
	err := db.Raw("SELECT a.attname AS label, NOT a.attnotnull AS nullable, "+
		"CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) "+
		"ELSE format_type(a.atttypid, a.atttypmod) END AS kind "+
		"FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "+
		"WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped",
		t.quotedName(db)).Scan(&rows).Error
	var columns map[string]column
	for _, row := range rows {
		c := column{nullable: row.Nullable}
		if size := characterType.FindStringSubmatch(row.Kind); size != nil {
			c.characters, _ = strconv.Atoi(size[1])
		}
		columns = with(columns, row.Label, c)
	}
	return columns, err
}

func readMySQLColumns(db *gorm.DB, t *table) (map[string]column, error) {
	var rows []struct {
		Label, Kind, Charset, Collation, Nullable string
		Characters, Bytes                         uint64
	}
	database, name, qualified := strings.Cut(t.schema.Table, ".")
	if !qualified {
		database, name = "", t.schema.Table
	}
	err := db.Raw("SELECT column_name AS label, data_type AS kind, "+
		"coalesce(character_set_name, '') AS charset, coalesce(collation_name, '') AS collation, "+
		"is_nullable AS nullable, coalesce(character_maximum_length, 0) AS characters, "+
		"coalesce(character_octet_length, 0) AS bytes "+
		"FROM information_schema.columns WHERE table_schema = coalesce(nullif(?, ''), DATABASE()) AND table_name = ?",
		database, name).Scan(&rows).Error
	var columns map[string]column
	for _, row := range rows {
		c := column{charset: row.Charset, collation: row.Collation, nullable: row.Nullable == "YES"}
		if row.Charset != "" && row.Bytes <= 1<<30 { // longtext has no limit that matters
			c.bytes = int(row.Bytes)
		}
		if strings.HasSuffix(row.Kind, "char") {
			c.characters = int(row.Characters)
		}
		columns = with(columns, row.Label, c)
	}
	return columns, err
}

// with adds an entry to a map, which may be nil.
func with(columns map[string]column, name string, c column) map[string]column {
	if columns == nil {
		columns = map[string]column{}
	}
	columns[name] = c
	return columns
}

// readDefinitions returns the SQL by which the unique indexes and the generated columns of a table
// were defined, one definition in each text.
func (s *layouts) readDefinitions(db *gorm.DB, t *table) (definitions []string, err error) {
	switch s.db.dialect {
	case postgreSQLDialect:
		err = db.Raw("SELECT pg_get_indexdef(indexrelid) FROM pg_index "+
			"WHERE indrelid = to_regclass(@table) AND indisunique "+
			"UNION ALL SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND "+
			"attnum = adnum WHERE adrelid = to_regclass(@table) AND attgenerated <> ''",
			map[string]any{"table": t.quotedName(db)}).Scan(&definitions).Error
	case mySQLDialect:
		var name, statement string
		err = db.Raw("SHOW CREATE TABLE ?", clause.Table{Name: t.schema.Table}).Row().Scan(&name, &statement)
		definitions = strings.Split(statement, "\n")
	case sqliteDialect:
		var statements []string
		err = db.Raw("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", t.schema.Table).
			Scan(&statements).Error
		for _, statement := range statements {
			definitions = append(definitions, strings.Split(statement, ",")...)
		}
	}
	return definitions, err
}

// foldingFunction returns the SQL function, lower or upper, through which a unique index or a
// generated column makes all spellings of an address the same, or "".
func foldingFunction(definitions []string, column string) string {
	calls := regexp.MustCompile(`(?i)\b(lower|lcase|upper|ucase)\s*\([^)]*\b` + regexp.QuoteMeta(column) + `\b`)
	for _, definition := range definitions {
		call := calls.FindStringSubmatch(definition)
		switch {
		case call == nil, strings.Contains(strings.ToUpper(definition), "CHECK"):
			continue
		case strings.HasPrefix(strings.ToLower(call[1]), "l"):
			return "lower"
		}
		return "upper"
	}
	return ""
}

// quotedName returns the name of the table as it stands in statements.
func (t *table) quotedName(db *gorm.DB) string {
	return (&gorm.Statement{DB: db}).Quote(clause.Table{Name: t.schema.Table})
}

// warnOfNarrowColumns warns of each column that is narrower than its entity. Values that do not fit
// into it are left out.
func (s *layouts) warnOfNarrowColumns(ctx context.Context, l *layout) {
	for _, t := range s.tables.inOrder() {
		for _, name := range t.schema.DBNames {
			field := t.schema.FieldsByDBName[name]
			c, known := l.columns[field]
			if known && c.characters > 0 && field.DataType == schema.String &&
				(field.Size == 0 || field.Size > c.characters) {
				s.warnOfColumn(ctx, t, field, c)
			}
		}
	}
}

// warnOfColumn warns once that a column is too narrow for some values, with the statement that
// widens it.
func (s *layouts) warnOfColumn(ctx context.Context, t *table, field *schema.Field, c column) {
	s.mu.Lock()
	again := s.warned[field]
	if s.warned == nil {
		s.warned = map[*schema.Field]bool{}
	}
	s.warned[field] = true
	s.mu.Unlock()
	if again {
		return
	}
	holds := "some characters do not fit into it"
	if c.characters > 0 {
		holds = fmt.Sprintf("it holds %d characters", c.characters)
	}
	s.db.warn(ctx, fmt.Sprintf("cardea: column %s of table %s: %s. Longer or other values are left out, or refused "+
		"if the row needs them. To widen it: %s",
		field.DBName, t.schema.Table, holds, s.wideningStatement(t, field, c)))
}

// wideningStatement returns the statement that gives a column the type of its entity, or a type
// without a limit if that is not wider.
func (s *layouts) wideningStatement(t *table, field *schema.Field, c column) string {
	stmt := &gorm.Statement{DB: s.db.gorm}
	table, name := stmt.Quote(clause.Table{Name: t.schema.Table}), stmt.Quote(clause.Column{Name: field.DBName})
	kind := "text"
	if field.Size == 0 || field.Size > c.characters {
		kind = s.db.gorm.Dialector.DataTypeOf(field)
	}
	if s.db.dialect != mySQLDialect {
		return fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s TYPE %s;", table, name, kind)
	}
	null := "NOT NULL"
	if c.nullable {
		null = "NULL"
	}
	collation := "CHARACTER SET utf8mb4"
	if strings.HasPrefix(c.collation, "utf8mb4_") {
		collation = "COLLATE " + c.collation
	}
	return fmt.Sprintf("ALTER TABLE %s MODIFY %s %s %s %s;", table, name, kind, collation, null)
}
